package filters

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"io"
	"strings"

	"golang.org/x/image/tiff"
)

// Tags of TIFF 6.0 (section 8 and, for the predictor, 14).
const (
	tagSubfile         = 254
	tagWidth           = 256
	tagLength          = 257
	tagBitsPerSample   = 258
	tagCompression     = 259
	tagPhotometric     = 262
	tagStripOffsets    = 273
	tagSamplesPerPixel = 277
	tagRowsPerStrip    = 278
	tagStripByteCounts = 279
	tagXResolution     = 282
	tagYResolution     = 283
	tagPlanar          = 284
	tagResolutionUnit  = 296
	tagPredictor       = 317
	tagTileWidth       = 322
	tagTileOffsets     = 324
	tagTileByteCounts  = 325
	tagExtraSamples    = 338
	tagXMP             = 700
	tagICC             = 34675
)

const (
	photometricBlackIsZero = 1
	photometricRGB         = 2
	photometricInks        = 5
	planarSeparate         = 2
	extraAssociated        = 1 // premultiplied alpha
	extraUnassociated      = 2
	compressionDeflate     = 8
	predictorHorizontal    = 2
)

// decodeTIFF reads every page. x/image/tiff reads only the one that the header
// names; so the header is made to name each in turn.
func decodeTIFF(data []byte, l Limits) (*Picture, error) {
	t := tiffData(data)
	order := t.order()
	if order == nil {
		return nil, io.ErrUnexpectedEOF
	}
	p := &Picture{}
	about := newFieldReader(t)
	seen := map[int]bool{}
	left := l.pixels()
	entries := 0 // of all directories
	for offset := t.ifd0(); offset != 0; {
		if seen[offset] {
			return nil, errors.New("its pages are linked in a circle")
		}
		seen[offset] = true
		if err := l.checkFrames(len(seen)); err != nil {
			return nil, err
		}
		link := t.entries(offset, func([]byte) { entries++ })
		if 12*entries > len(t) {
			return nil, errors.New("its pages share directories")
		}
		order.PutUint32(data[4:], uint32(offset))
		layout := t.layout(offset)
		gray := t.takeGrayAlpha(offset)
		source, size := io.Reader(bytes.NewReader(data)), 8
		if layout.foreign() {
			if err := layout.check(); err != nil {
				return nil, err
			}
			source, size = layout.source(t, offset, 0), 16
		}
		c, err := tiff.DecodeConfig(source)
		if err != nil {
			return nil, err
		}
		if gray != nil {
			c.Width, size = c.Width/2, 4
		}
		if err := l.admit(c.Width, c.Height, 1, size); err != nil {
			return nil, err
		}
		if left -= int64(c.Width) * int64(c.Height); left < 0 {
			return nil, beyond("%d pages have more pixels than the limit of %d (-max-pixels)", len(seen), l.pixels())
		}
		var m image.Image
		if layout.foreign() {
			m, err = layout.decode(t, offset)
		} else {
			m, err = tiff.Decode(bytes.NewReader(data))
		}
		if err != nil && strings.Contains(err.Error(), "missing End-of-Line") {
			err = errors.New("this kind of Group 3 fax isn't read")
		}
		if err != nil {
			return nil, err
		}
		if gray != nil {
			m = gray.restore(m)
		}
		f, meta := Frame{Image: canonical(m)}, about.metadata(offset)
		if len(seen) == 1 {
			p.Meta = meta
		} else {
			f.meta = &meta
		}
		p.Frames = append(p.Frames, f)
		if link < 0 || link+4 > len(data) {
			break // a file that ends without its last link is whole all the same
		}
		offset = int(order.Uint32(data[link:]))
	}
	if len(p.Frames) == 0 {
		return nil, errors.New("no page in it")
	}
	return p, nil
}

// metadata reads what is kept of a page besides its pixels.
func (r *fieldReader) metadata(offset int) Metadata {
	t := r.data
	m := Metadata{Orientation: t.orientationAt(offset), Density: t.density(offset), EXIF: r.exif(offset)}
	t.entries(offset, func(entry []byte) {
		switch t.order().Uint16(entry) {
		case tagSubfile:
			m.subfile = t.value(entry)
		case tagICC:
			m.ICC = r.bytes(entry)
		case tagXMP:
			m.setXMP(r.bytes(entry))
		}
	})
	return m
}

// A grayAlphaPage is what x/image/tiff, which knows no gray with alpha, wasn't
// told of a page.
type grayAlphaPage struct {
	predictor  bool
	associated bool
}

// takeGrayAlpha looks for a page of gray with alpha. It rewrites such a page's
// directory so that it says gray, twice as wide: the samples are stored alike.
func (t tiffData) takeGrayAlpha(offset int) *grayAlphaPage {
	entries := map[uint16][]byte{}
	order := t.order()
	t.entries(offset, func(entry []byte) { entries[order.Uint16(entry)] = entry })
	is := func(tag uint16, value int) bool { return entries[tag] != nil && t.value(entries[tag]) == value }
	bits := entries[tagBitsPerSample]
	switch {
	case !is(tagPhotometric, photometricBlackIsZero), !is(tagSamplesPerPixel, 2),
		!is(tagExtraSamples, extraAssociated) && !is(tagExtraSamples, extraUnassociated),
		bits == nil, order.Uint32(bits[4:]) != 2, order.Uint16(bits[8:]) != order.Uint16(bits[10:]),
		is(tagPlanar, 2), entries[tagTileWidth] != nil, entries[tagWidth] == nil:
		return nil
	}
	g := &grayAlphaPage{predictor: is(tagPredictor, predictorHorizontal), associated: is(tagExtraSamples, extraAssociated)}
	order.PutUint32(bits[4:], 1)
	t.setInt(entries[tagSamplesPerPixel], 1)
	width := 2 * t.value(entries[tagWidth])
	order.PutUint16(entries[tagWidth][2:], typeLong) // twice a SHORT may be more
	order.PutUint32(entries[tagWidth][8:], uint32(width))
	if g.predictor {
		t.setInt(entries[tagPredictor], 1)
	}
	return g
}

// restore makes of the wide gray image what it was.
func (g *grayAlphaPage) restore(m image.Image) image.Image {
	r := image.Rect(0, 0, m.Bounds().Dx()/2, m.Bounds().Dy())
	switch m := m.(type) {
	case *image.Gray:
		if g.predictor {
			for y := range r.Dy() {
				row := m.Pix[y*m.Stride:][:2*r.Dx()]
				for i := 2; i < len(row); i++ {
					row[i] += row[i-2]
				}
			}
		}
		out := &GrayAlpha{m.Pix, m.Stride, r}
		if g.associated {
			for i := 0; i+1 < len(out.Pix); i += 2 {
				out.Pix[i] = uint8(unpremultiply(uint32(out.Pix[i]), uint32(out.Pix[i+1]), 255))
			}
		}
		return out
	case *image.Gray16:
		be := binary.BigEndian // as in all of Go's 16-bit images
		if g.predictor {
			for y := range r.Dy() {
				row := m.Pix[y*m.Stride:][:4*r.Dx()]
				for i := 4; i < len(row); i += 2 {
					be.PutUint16(row[i:], be.Uint16(row[i:])+be.Uint16(row[i-4:]))
				}
			}
		}
		out := &GrayAlpha16{m.Pix, m.Stride, r}
		if g.associated {
			for i := 0; i+3 < len(out.Pix); i += 4 {
				be.PutUint16(out.Pix[i:], uint16(unpremultiply(uint32(be.Uint16(out.Pix[i:])), uint32(be.Uint16(out.Pix[i+2:])), 65535)))
			}
		}
		return out
	}
	return m
}

func unpremultiply(v, alpha, most uint32) uint32 {
	if alpha == 0 {
		return 0
	}
	return min((v*most+alpha/2)/alpha, most)
}
