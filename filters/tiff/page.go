package tiff

import (
	"encoding/binary"
	"math"

	"imgpipe/filters/meta"
	"imgpipe/filters/pixel"
)

// A Page is a page whose header has been read.
type Page struct {
	Width, Height int // in pixels, at least 1
	Subfile       int // NewSubfileType: whether the page is a reduced image, a mask, …; 0 where it says nothing

	// InksToRGB converts rows of CMYK in place, 0 for no ink, to RGB with an opaque
	// alpha. It is pixel.CMYKRowToRGB unless Decode's caller sets another function.
	InksToRGB func(row []byte, depth int)

	r *Reader
	d *directory
	storage
	segments
	palette *palette // nil unless the page has one
}

// A storage says how the samples of a page are stored, and what they are.
type storage struct {
	compression int
	photometric int
	bits        int // of each sample
	samples     int // of a pixel
	format      int // SampleFormat
	predictor   int // 1: none
	planes      bool
	reversed    bool // FillOrder 2
	colours     int  // samples of a pixel that are colours, the first ones
	alpha       int  // extraAssociated or extraUnassociated if the sample behind the colours is alpha
	order       binary.ByteOrder
}

// page reads a page's header.
func (r *Reader) page(d *directory) (*Page, error) {
	p := &Page{r: r, d: d, Width: d.int(meta.TagImageWidth, 0), Height: d.int(meta.TagImageLength, 0), Subfile: d.int(tagSubfile, 0), InksToRGB: pixel.CMYKRowToRGB}
	if p.Width <= 0 || p.Height <= 0 || p.Width > math.MaxInt32 || p.Height > math.MaxInt32 {
		return nil, corrupt("a page of %d x %d pixels", p.Width, p.Height)
	}
	for _, read := range []func() error{p.readStorage, p.readColours, p.readPredictor, p.readPalette, p.readSegments} {
		if err := read(); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// readStorage reads how samples are stored.
func (p *Page) readStorage() error {
	d := p.d
	p.order = d.data.Order()
	p.compression = d.int(tagCompression, compressionNone)
	p.samples = d.int(tagSamplesPerPixel, 0)
	p.reversed = d.int(tagFillOrder, 1) == fillOrderReversed
	p.photometric = d.int(tagPhotometric, -1)
	const most = 1 << 16 // samples: the tag is a SHORT
	bits := d.ints(tagBitsPerSample, most)
	if !d.has(tagSamplesPerPixel) {
		p.samples = max(1, len(bits))
		if p.photometric == photometricRGB {
			p.samples = max(3, p.samples)
		}
	}
	if p.samples < 1 || p.samples >= most {
		return corrupt("%d samples a pixel", p.samples)
	}
	p.planes = d.int(tagPlanar, 1) == planarSeparate && p.samples > 1
	if err := p.readBits(bits); err != nil {
		return err
	}
	p.format = formatUnsigned
	for i, f := range d.ints(tagSampleFormat, p.samples) {
		if f == formatUndefined {
			f = formatUnsigned
		}
		if i > 0 && f != p.format {
			return unsupported("samples of several formats")
		}
		p.format = f
	}
	switch {
	case p.format == formatUnsigned || p.format == formatSigned:
		if p.bits > 32 {
			return unsupported("integers of %d bits", p.bits)
		}
	case p.format != formatFloat:
		return unsupported("sample format %d", p.format)
	case p.bits != 16 && p.bits != 32 && p.bits != 64:
		return unsupported("floats of %d bits", p.bits)
	}
	return nil
}

// readBits checks the values of BitsPerSample. One value may stand for all samples.
func (p *Page) readBits(bits []int) error {
	p.bits = 1
	if len(bits) > 0 {
		p.bits = bits[0]
	}
	for _, b := range bits[:min(len(bits), p.samples)] {
		if b != p.bits {
			return unsupported("samples of %d and of %d bits", p.bits, b)
		}
	}
	if p.bits < 1 || p.bits > 64 {
		return corrupt("samples of %d bits", p.bits)
	}
	if len(bits) > 0 && len(bits) < p.samples {
		return p.r.tolerate("BitsPerSample has %d values for %d samples", len(bits), p.samples)
	}
	return nil
}

// readColours reads what the samples are. Samples behind the colours are not shown,
// unless the first of them is alpha.
func (p *Page) readColours() error {
	if p.photometric < 0 {
		if err := p.r.tolerate("PhotometricInterpretation is missing"); err != nil {
			return err
		}
		p.photometric = p.usualPhotometric()
	}
	switch p.photometric {
	case photometricWhiteIsZero, photometricGray, photometricPalette, photometricMask:
		p.colours = 1
	case photometricRGB, photometricYCbCr, photometricCIELab, photometricICCLab:
		p.colours = 3
	case photometricCMYK:
		p.colours = 4
		if set := p.d.int(tagInkSet, inkSetCMYK); set != inkSetCMYK {
			return unsupported("ink set %d", set)
		}
	default:
		return unsupported("photometric interpretation %d", p.photometric)
	}
	if p.samples < p.colours {
		return corrupt("%d samples a pixel, where %d are needed", p.samples, p.colours)
	}
	extra := p.d.ints(tagExtraSamples, p.samples)
	if len(extra) > 0 && p.samples > p.colours && (extra[0] == extraAssociated || extra[0] == extraUnassociated) {
		p.alpha = extra[0]
	}
	if more := p.samples - p.colours; len(extra) != more {
		if err := p.r.tolerate("ExtraSamples has %d values for %d extra samples", len(extra), more); err != nil {
			return err
		}
	}
	whole := p.format == formatUnsigned && (p.bits == 8 || p.bits == 16 && p.photometric != photometricYCbCr)
	switch p.photometric {
	case photometricYCbCr, photometricCIELab, photometricICCLab:
		if !whole && !(p.bits <= 16 && p.photometric == photometricCIELab) || p.bits%8 != 0 {
			return unsupported("photometric interpretation %d with samples of %d bits", p.photometric, p.bits)
		}
	}
	return nil
}

// usualPhotometric returns what libtiff takes the samples for where the page does not
// say it.
func (p *Page) usualPhotometric() int {
	switch {
	case p.samples >= 3:
		return photometricRGB
	case p.isFax():
		return photometricWhiteIsZero
	}
	return photometricGray
}

// readPredictor reads Predictor, which is of compressions that find repeated bytes
// (section 14). Elsewhere it says nothing.
func (p *Page) readPredictor() error {
	p.predictor = p.d.int(tagPredictor, 1)
	switch p.compression {
	case compressionLZW, compressionDeflate, compressionZip, compressionLZMA, compressionZstd:
	default:
		if p.predictor != 1 {
			p.predictor = 1
			return p.r.tolerate("a predictor where the compression has none")
		}
	}
	switch {
	case p.predictor == 1:
	case p.predictor == predictorHorizontal && (p.bits == 8 || p.bits == 16 || p.bits == 32 || p.bits == 64):
	case p.predictor == predictorFloat && p.format == formatFloat:
	default:
		return unsupported("predictor %d of samples of %d bits", p.predictor, p.bits)
	}
	return nil
}

// isFax tells whether the page is compressed as fax.
func (s *storage) isFax() bool {
	switch s.compression {
	case compressionHuffman, compressionWords, compressionGroup3, compressionGroup4:
		return true
	}
	return false
}

// used returns how many samples of a pixel are shown: the first ones.
func (s *storage) used() int {
	if s.alpha != 0 {
		return s.colours + 1
	}
	return s.colours
}

// depth returns the bits of a sample in the image.
func (s *storage) depth() int {
	if s.bits <= 8 {
		return 8
	}
	return 16
}

// layout returns what image the page becomes.
func (p *Page) layout() pixel.Layout {
	l := pixel.Layout{Width: p.Width, Height: p.Height, Channels: 3, Depth: p.depth()}
	if p.colours == 1 && !(p.palette != nil && p.palette.coloured) {
		l.Channels = 1
	}
	if p.palette != nil {
		l.Depth = 8
	}
	if p.alpha != 0 {
		l.Channels++
	}
	return l
}

// IsCMYK tells whether the page's samples are inks.
func (p *Page) IsCMYK() bool { return p.photometric == photometricCMYK }

// Memory returns about how many bytes the page's image takes, and how many more Decode
// takes while it runs.
func (p *Page) Memory() (image, besides int64) {
	l := p.layout()
	image = int64(l.Width) * int64(l.Height) * int64(l.ImageBytes())
	return image, p.scratch()
}

// Metadata reads the page's metadata.
func (p *Page) Metadata() meta.Metadata { return p.r.fields.Metadata(p.d.ifd) }
