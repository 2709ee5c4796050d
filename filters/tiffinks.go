package filters

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
	"slices"

	"golang.org/x/image/tiff"
)

// A tiffLayout is how a page's samples are stored, as far as x/image/tiff doesn't
// know it: CMYK, which it refuses, and planes one after another, which it takes
// for something else.
type tiffLayout struct {
	photometric int
	bits        int // of each sample
	samples     int // of a pixel
	extra       int // what the one behind the colours is
	planes      bool
}

// layout reads the page's at an offset.
func (t tiffData) layout(offset int) tiffLayout {
	l := tiffLayout{bits: 1, samples: 1}
	order := t.order()
	t.entries(offset, func(entry []byte) {
		switch order.Uint16(entry) {
		case tagPhotometric:
			l.photometric = t.value(entry)
		case tagBitsPerSample:
			l.bits = t.value(entry)
			if at := int(order.Uint32(entry[8:])); order.Uint32(entry[4:]) > 2 && at+2 <= len(t) {
				l.bits = int(order.Uint16(t[at:]))
			}
		case tagSamplesPerPixel:
			l.samples = t.value(entry)
		case tagExtraSamples:
			l.extra = t.value(entry)
		case tagPlanar:
			l.planes = t.value(entry) == planarSeparate
		}
	})
	l.planes = l.planes && l.samples > 1
	return l
}

// foreign tells whether x/image/tiff needs help.
func (l tiffLayout) foreign() bool { return l.planes || l.photometric == photometricInks }

// check refuses what decode can't.
func (l tiffLayout) check() error {
	colours := map[int]int{photometricBlackIsZero: 1, photometricRGB: 3, photometricInks: 4}[l.photometric]
	alpha := l.extra == extraAssociated || l.extra == extraUnassociated
	if l.bits != 8 && l.bits != 16 || colours == 0 || l.samples != colours && !(l.samples == colours+1 && colours < 4 && alpha) {
		return fmt.Errorf("%d samples of %d bits of photometric interpretation %d, which isn't read", l.samples, l.bits, l.photometric)
	}
	return nil
}

// decode reads the page at an offset of t, which has this layout.
func (l tiffLayout) decode(t tiffData, offset int) (image.Image, error) {
	m, err := l.stored(t, offset)
	if err != nil {
		return nil, err
	}
	r := rasterOf(m)
	for y := range m.Bounds().Dy() {
		row := r.pix[y*r.stride:][:m.Bounds().Dx()*r.pixelBytes()]
		switch {
		case l.photometric == photometricInks && l.bits == 8:
			inksToRGB(row)
		case l.photometric == photometricInks:
			inksToRGB16(row)
		case l.extra == extraAssociated && l.samples == r.size && r.size%2 == 0:
			unpremultiplyRow(row, r.size, r.depth)
		}
	}
	return m, nil
}

// stored is the page's samples as an image of as many, whatever they mean.
func (l tiffLayout) stored(t tiffData, offset int) (image.Image, error) {
	if !l.planes {
		return tiff.Decode(l.source(t, offset, 0))
	}
	var out image.Image
	var to raster
	for k := range l.samples {
		m, err := tiff.Decode(l.source(t, offset, k))
		if err != nil {
			return nil, err
		}
		size, from := m.Bounds().Size(), rasterOf(m)
		if k == 0 {
			out, _ = rowForm{size, l.samples, l.bits}.image()
			to = rasterOf(out)
		}
		width := l.bits / 8
		for y := range size.Y {
			dst, src := to.pix[y*to.stride:], from.pix[y*from.stride:]
			for x := range size.X {
				copy(dst[x*to.pixelBytes()+k*width:][:width], src[x*width:][:width])
				if l.samples == 3 && k == 0 {
					copy(dst[x*to.pixelBytes()+3*width:][:width], "\xff\xff")
				}
			}
		}
	}
	return out, nil
}

// source is the file as x/image/tiff has to see it to read the page: RGB with
// alpha for inks, gray for plane k.
func (l tiffLayout) source(t tiffData, offset, k int) io.Reader {
	if !l.planes {
		return t.as(offset, map[uint16]int{tagPhotometric: photometricRGB, tagExtraSamples: extraUnassociated}, nil)
	}
	numbers := map[uint16]int{tagPhotometric: photometricBlackIsZero, tagBitsPerSample: l.bits, tagSamplesPerPixel: 1, tagPlanar: 1}
	return t.as(offset, numbers, func(n int) (first, count int) { return k * (n / l.samples), n / l.samples })
}

// A tiffView is a file whose header names a directory behind its end.
type tiffView struct {
	data   tiffData
	header [8]byte
	behind []byte
}

// ReadAt is what x/image/tiff reads by.
func (v *tiffView) ReadAt(p []byte, offset int64) (n int, err error) {
	for n < len(p) {
		var from []byte
		switch at := offset + int64(n); {
		case at < int64(len(v.header)):
			from = v.header[at:]
		case at < int64(len(v.data)):
			from = v.data[at:]
		case at < int64(len(v.data)+len(v.behind)):
			from = v.behind[at-int64(len(v.data)):]
		default:
			return n, io.EOF
		}
		n += copy(p[n:], from)
	}
	return n, nil
}

// Read isn't called where there is a ReadAt.
func (v *tiffView) Read([]byte) (int, error) { return 0, errors.ErrUnsupported }

// as is the file with other numbers in the directory at an offset. Part says
// which of the strips or tiles are the page's; nil: all.
func (t tiffData) as(offset int, numbers map[uint16]int, part func(n int) (first, count int)) io.Reader {
	order := t.order()
	var entries [][]byte
	for tag, v := range numbers {
		entry := make([]byte, 12)
		order.PutUint16(entry, tag)
		order.PutUint16(entry[2:], typeShort)
		order.PutUint32(entry[4:], 1)
		order.PutUint16(entry[8:], uint16(v))
		entries = append(entries, entry)
	}
	t.entries(offset, func(entry []byte) {
		entry = bytes.Clone(entry)
		switch tag := order.Uint16(entry); tag {
		case tagStripOffsets, tagStripByteCounts, tagTileOffsets, tagTileByteCounts:
			if part != nil {
				t.takePart(entry, part)
			}
			entries = append(entries, entry)
		case tagExtraSamples:
			// Said in numbers, or not at all.
		default:
			if _, changed := numbers[tag]; !changed {
				entries = append(entries, entry)
			}
		}
	})
	slices.SortStableFunc(entries, func(a, b []byte) int { return int(order.Uint16(a)) - int(order.Uint16(b)) })
	v := &tiffView{data: t, behind: make([]byte, len(t)%2+2)} // at an even offset
	copy(v.header[:], t)
	order.PutUint32(v.header[4:], uint32(len(t)+len(t)%2))
	order.PutUint16(v.behind[len(t)%2:], uint16(len(entries)))
	v.behind = append(append(v.behind, bytes.Join(entries, nil)...), 0, 0, 0, 0)
	return v
}

// takePart makes an entry with many offsets or lengths one with some of them.
func (t tiffData) takePart(entry []byte, part func(n int) (first, count int)) {
	order := t.order()
	size := kindSizes[typeShort]
	if order.Uint16(entry[2:]) == typeLong {
		size = kindSizes[typeLong]
	}
	n, at := int(order.Uint32(entry[4:])), int(order.Uint32(entry[8:]))
	first, count := part(n)
	order.PutUint32(entry[4:], uint32(count))
	switch {
	case n*size <= 4: // within the entry
		copy(entry[8:], bytes.Clone(entry[8+min(first*size, 4):12]))
	case count*size <= 4:
		if from := at + first*size; from+4 <= len(t) {
			copy(entry[8:], t[from:from+4])
		} else {
			copy(entry[8:], t[min(from, len(t)):])
		}
	default:
		order.PutUint32(entry[8:], uint32(at+first*size))
	}
}

// inksToRGB makes RGB of a row of CMYK, without regard to the inks' profile: each
// of C, M and Y takes its part of what K leaves.
func inksToRGB(row []uint8) {
	for ; len(row) > 0; row = row[4:] {
		k := 255 - uint32(row[3])
		for i, v := range row[:3] {
			row[i] = uint8(((255-uint32(v))*k + 127) / 255)
		}
		row[3] = 255
	}
}

// inksToRGB16 is inksToRGB for samples of two bytes.
func inksToRGB16(row []uint8) {
	be := binary.BigEndian
	for ; len(row) > 0; row = row[8:] {
		k := 65535 - uint64(be.Uint16(row[6:]))
		for i := 0; i < 6; i += 2 {
			v := 65535 - uint64(be.Uint16(row[i:]))
			be.PutUint16(row[i:], uint16((v*k+32767)/65535))
		}
		be.PutUint16(row[6:], 65535)
	}
}

// unpremultiplyRow is for pixels of n samples, the last of which is alpha.
func unpremultiplyRow(row []uint8, n, depth int) {
	if depth == 8 {
		for ; len(row) > 0; row = row[n:] {
			for i, v := range row[:n-1] {
				row[i] = uint8(unpremultiply(uint32(v), uint32(row[n-1]), 255))
			}
		}
		return
	}
	be := binary.BigEndian
	for ; len(row) > 0; row = row[2*n:] {
		for i := 0; i < 2*n-2; i += 2 {
			be.PutUint16(row[i:], uint16(unpremultiply(uint32(be.Uint16(row[i:])), uint32(be.Uint16(row[2*n-2:])), 65535)))
		}
	}
}
