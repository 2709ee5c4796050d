package tiff

import (
	"encoding/binary"
	"image"

	"imgpipe/filters/meta"
	"imgpipe/filters/pixel"
)

// A hiddenAlpha says how a page of gray with alpha is stored. Such a page is shown
// to x/image/tiff, which does not know gray with alpha, as gray alone.
type hiddenAlpha struct {
	predictor  bool // samples are differences (section 14)
	associated bool // gray is premultiplied
}

// hideAlpha looks for a page of gray with alpha. It rewrites the IFD of such a
// page to one of gray alone, twice as wide: the samples are stored alike. It
// returns nil for any other page.
func hideAlpha(t meta.TIFF, ifd int) *hiddenAlpha {
	entries := map[uint16]meta.Entry{}
	for e := range t.Entries(ifd) {
		entries[e.Tag()] = e
	}
	has := func(tag uint16) bool { _, ok := entries[tag]; return ok }
	is := func(tag uint16, value int) bool { return has(tag) && entries[tag].Int() == value }
	if !is(tagPhotometric, photometricGray) || !is(tagSamplesPerPixel, 2) ||
		!is(tagExtraSamples, extraAssociated) && !is(tagExtraSamples, extraUnassociated) ||
		is(tagPlanar, planarSeparate) || has(tagTileWidth) || !has(meta.TagImageWidth) || !has(tagBitsPerSample) {
		return nil
	}
	order := t.Order()
	bits := entries[tagBitsPerSample].Raw()
	if entries[tagBitsPerSample].Count() != 2 || order.Uint16(bits[8:]) != order.Uint16(bits[10:]) {
		return nil
	}
	order.PutUint32(bits[4:], 1)
	entries[tagSamplesPerPixel].SetInt(1)
	width := entries[meta.TagImageWidth]
	twice := 2 * width.Int()
	order.PutUint16(width.Raw()[2:], meta.TypeLong) // twice a SHORT may be more than a SHORT holds
	order.PutUint32(width.Raw()[8:], uint32(twice))
	h := &hiddenAlpha{predictor: is(tagPredictor, predictorHorizontal), associated: is(tagExtraSamples, extraAssociated)}
	if h.predictor {
		entries[tagPredictor].SetInt(1)
	}
	return h
}

// restore makes the gray image that was read an image with alpha, of half the
// width.
func (h *hiddenAlpha) restore(m image.Image) image.Image {
	r := image.Rect(0, 0, m.Bounds().Dx()/2, m.Bounds().Dy())
	switch m := m.(type) {
	case *image.Gray:
		if h.predictor {
			for y := range r.Dy() {
				row := m.Pix[y*m.Stride:][:2*r.Dx()]
				for i := 2; i < len(row); i++ {
					row[i] += row[i-2]
				}
			}
		}
		if h.associated {
			pixel.Unpremultiply(m.Pix, 2, 8)
		}
		return &pixel.GrayAlpha{Pix: m.Pix, Stride: m.Stride, Rect: r}
	case *image.Gray16:
		if h.predictor {
			be := binary.BigEndian
			for y := range r.Dy() {
				row := m.Pix[y*m.Stride:][:4*r.Dx()]
				for i := 4; i < len(row); i += 2 {
					be.PutUint16(row[i:], be.Uint16(row[i:])+be.Uint16(row[i-4:]))
				}
			}
		}
		if h.associated {
			pixel.Unpremultiply(m.Pix, 2, 16)
		}
		return &pixel.GrayAlpha16{Pix: m.Pix, Stride: m.Stride, Rect: r}
	}
	return m
}
