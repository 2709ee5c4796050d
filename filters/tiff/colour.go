package tiff

import (
	"bytes"
	"encoding/binary"

	"imgpipe/filters/pixel"
)

// colour returns the function that converts a row's samples to pixels of an image of
// layout l.
func (p *Page) colour(l pixel.Layout) func(dst, src []byte) {
	convert := p.convert(l)
	if p.alpha != extraAssociated || l.Channels == 3 {
		return convert
	}
	samples := l.ImageBytes() * 8 / l.Depth
	return func(dst, src []byte) {
		convert(dst, src)
		pixel.Unpremultiply(dst, samples, l.Depth)
	}
}

// convert is colour without regard to how alpha is stored.
func (p *Page) convert(l pixel.Layout) func(dst, src []byte) {
	switch p.photometric {
	case photometricWhiteIsZero:
		return func(dst, src []byte) { invert(dst, src, l) }
	case photometricPalette:
		return p.palette.lookUp(l, p.bits)
	case photometricRGB:
		return func(dst, src []byte) { addAlpha(dst, src, l) }
	case photometricCMYK:
		return func(dst, src []byte) { p.inksToRGB(dst, src, l) }
	case photometricYCbCr:
		c := p.newYCbCr()
		return func(dst, src []byte) {
			addAlpha(dst, src, l)
			c.toRGB(dst)
		}
	case photometricCIELab, photometricICCLab:
		c := newLab(p.photometric == photometricICCLab, l.Depth)
		return func(dst, src []byte) {
			addAlpha(dst, src, l)
			c.toRGB(dst)
		}
	}
	return func(dst, src []byte) { copy(dst, src) }
}

// invert copies gray samples with black and white exchanged. Alpha stays.
func invert(dst, src []byte, l pixel.Layout) {
	copy(dst, src)
	size := l.Depth / 8
	for i := 0; i < len(dst); i += l.Channels * size {
		for k := range size {
			dst[i+k] = ^dst[i+k]
		}
	}
}

// addAlpha copies pixels of three colours, which get an opaque alpha, or pixels that
// have alpha.
func addAlpha(dst, src []byte, l pixel.Layout) {
	if l.Channels == 3 {
		pixel.AddAlpha(dst, src, l.PixelBytes())
	} else {
		copy(dst, src)
	}
}

// inksToRGB converts CMYK, or CMYK and alpha.
func (p *Page) inksToRGB(dst, src []byte, l pixel.Layout) {
	if l.Channels == 3 {
		copy(dst, src)
		p.InksToRGB(dst, l.Depth)
		return
	}
	size := l.Depth / 8
	for i, j := 0, 0; i < len(dst); i, j = i+4*size, j+5*size {
		inks, alpha := src[j:j+4*size], src[j+4*size:j+5*size]
		copy(dst[i:], inks)
		p.InksToRGB(dst[i:i+4*size], l.Depth)
		copy(dst[i+3*size:], alpha)
	}
}

// A palette has the colours of a page's samples.
type palette struct {
	colours  [][3]uint8 // by the value of a sample, at least 256
	coloured bool       // some colour is not gray
	narrow   bool       // its values are of 8 bits, which some programs write
	stored   []byte
	bits     int // of a sample
}

// readPalette reads ColorMap: all reds, all greens, all blues (section 5), of 16 bits. Pages
// one after another may have the same palette, which is read once.
func (p *Page) readPalette() error {
	if p.photometric != photometricPalette {
		return nil
	}
	if p.bits > 16 || p.format != formatUnsigned {
		return unsupported("a palette with samples of %d bits", p.bits)
	}
	stored := p.d.bytesOf(tagColorMap)
	if last := p.r.palette; last == nil || last.bits != p.bits || !bytes.Equal(last.stored, stored) {
		made, err := p.newPalette(stored)
		if err != nil {
			return err
		}
		p.r.palette = made
	}
	p.palette = p.r.palette
	if p.palette.narrow && p.bits > 1 {
		return p.r.tolerate("a palette of 8 bits")
	}
	return nil
}

func (p *Page) newPalette(stored []byte) (*palette, error) {
	if err := p.r.work.palette(len(stored)); err != nil {
		return nil, err
	}
	n := 1 << p.bits
	values := p.d.ints(tagColorMap, 3*n)
	if len(values) < 3*n {
		return nil, corrupt("a palette of %d values where %d are needed", len(values), 3*n)
	}
	shift := 0
	for _, v := range values {
		if v > 255 {
			shift = 8
		}
	}
	made := &palette{colours: make([][3]uint8, max(n, 256)), narrow: shift == 0, stored: stored, bits: p.bits}
	for i := range n {
		c := &made.colours[i]
		for k := range c {
			c[k] = uint8(values[k*n+i] >> shift)
		}
		made.coloured = made.coloured || c[0] != c[1] || c[0] != c[2]
	}
	return made, nil
}

// lookUp returns the function that replaces indices, and alpha where the layout has it, by
// pixels. The bits are those of an index as it is stored.
func (p *palette) lookUp(l pixel.Layout, bits int) func(dst, src []byte) {
	if bits > 8 {
		return p.lookUpWords(l)
	}
	colours := (*[256][3]uint8)(p.colours)
	switch l.Channels {
	case 1:
		return func(dst, src []byte) {
			for i, v := range src {
				dst[i] = colours[v][0]
			}
		}
	case 2:
		return func(dst, src []byte) {
			for i := 0; i+1 < len(src); i += 2 {
				dst[i], dst[i+1] = colours[src[i]][0], src[i+1]
			}
		}
	}
	step, alpha := l.Channels-2, l.Channels == 4 // samples of a pixel
	return func(dst, src []byte) {
		for i := 0; len(src) >= step; i, src = i+4, src[step:] {
			c := &colours[src[0]]
			dst[i], dst[i+1], dst[i+2], dst[i+3] = c[0], c[1], c[2], 255
			if alpha {
				dst[i+3] = src[1]
			}
		}
	}
}

// lookUpWords is lookUp for samples of 2 bytes, big-endian. Of alpha the high byte counts.
func (p *palette) lookUpWords(l pixel.Layout) func(dst, src []byte) {
	size := l.ImageBytes() // of a pixel
	alpha := l.Channels == 2 || l.Channels == 4
	return func(dst, src []byte) {
		for ; len(dst) >= size; dst = dst[size:] {
			copy(dst, p.colours[binary.BigEndian.Uint16(src)][:min(size, 3)])
			src = src[2:]
			switch {
			case alpha:
				dst[size-1] = src[0]
				src = src[2:]
			case size == 4:
				dst[size-1] = 255
			}
		}
	}
}
