// Package vp8l writes lossless images of WebP (RFC 9649, section 3), the bitstream of a
// VP8L chunk.
//
// An image of few colours is written as indices of a palette, any other as differences
// from what its neighbours predict. Then what repeats is written as copies, and all of it
// by prefix codes.
//
//	vp8l.go       the header; which way an image is written
//	palette.go    colour indexing (section 4.4)
//	predict.go    prediction (section 4.1); predictors.go: its modes
//	entropy.go    pixels as literals, copies and indices of the colour cache (section 5)
//	match.go      finding copies; distance.go: how their distances are written
//	cache.go      the colour cache
//	histogram.go  how often each symbol comes, and what that costs
//	prefixcode.go prefix codes; codelengths.go: how they are stored (section 6.2)
package vp8l

import "errors"

// A Header describes the rows that Encode gets.
type Header struct {
	Width, Height int // 1 to 16,384
	Channels      int // 1: gray, 2: gray and alpha, 3: RGB, 4: RGB and alpha
}

const maxSide = 1 << 14

// Encode returns an image as the body of a VP8L chunk. Row returns the samples of row y,
// of 8 bits, not premultiplied; they have to be the same each time. Encode takes 4 bytes a
// pixel, less for at most 16 colours, and at most 16 together with what it returns.
func Encode(h Header, row func(y int) []byte) ([]byte, error) {
	if h.Width < 1 || h.Height < 1 || h.Width > maxSide || h.Height > maxSide {
		return nil, errors.New("an image whose sides are not 1 to 16,384 pixels long")
	}
	s := &source{Header: h, row: row, pixels: make([]uint32, h.Width)}
	palette := s.palette()
	if palette == nil {
		return s.encodePredicted(), nil
	}
	indexed := s.encodeIndexed(palette)
	if len(palette) <= 16 {
		return indexed, nil
	}
	if predicted := s.encodePredicted(); len(predicted) < len(indexed) { // a photo in gray, for example
		return predicted, nil
	}
	return indexed, nil
}

// A source gives the rows of an image as pixels. A pixel is 0xAARRGGBB.
type source struct {
	Header
	row    func(y int) []byte
	pixels []uint32 // of one row
	alpha  bool     // a pixel that was read is not opaque
}

// read returns the pixels of row y. They are valid until the next call.
func (s *source) read(y int) []uint32 {
	opaque := uint32(0xff)
	samples := s.row(y)
	switch s.Channels {
	case 1:
		for x, v := range samples {
			s.pixels[x] = 0xff<<24 | uint32(v)*0x010101
		}
	case 2:
		for x := range s.pixels {
			p := samples[2*x:][:2]
			s.pixels[x] = uint32(p[1])<<24 | uint32(p[0])*0x010101
			opaque &= uint32(p[1])
		}
	case 3:
		for x := range s.pixels {
			p := samples[3*x:][:3]
			s.pixels[x] = 0xff<<24 | uint32(p[0])<<16 | uint32(p[1])<<8 | uint32(p[2])
		}
	default:
		for x := range s.pixels {
			p := samples[4*x:][:4]
			s.pixels[x] = uint32(p[3])<<24 | uint32(p[0])<<16 | uint32(p[1])<<8 | uint32(p[2])
			opaque &= uint32(p[3])
		}
	}
	if opaque != 0xff {
		s.alpha = true
	}
	return s.pixels
}

// The types of a transform (section 4).
const (
	transformPredict       = 0
	transformSubtractGreen = 2
	transformColourIndex   = 3
)

// header begins a bitstream (section 3.4).
func (s *source) header() *bitWriter {
	w := &bitWriter{}
	w.put(0x2f, 8)
	w.put(uint64(s.Width-1), 14)
	w.put(uint64(s.Height-1), 14)
	w.putBool(s.alpha)
	w.put(0, 3) // version
	return w
}

// putTransform writes that there is a transform of the given type.
func (w *bitWriter) putTransform(kind uint64) {
	w.putBool(true)
	w.put(kind, 2)
}
