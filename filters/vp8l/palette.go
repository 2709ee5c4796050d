package vp8l

import "slices"

// palette returns the colours of an image if there are at most 256, in ascending order,
// else nil.
func (s *source) palette() []uint32 {
	seen := map[uint32]bool{}
	for y := range s.Height {
		for x, p := range s.read(y) {
			if x > 0 && p == s.pixels[x-1] || seen[p] {
				continue
			}
			if len(seen) == 256 {
				return nil
			}
			seen[p] = true
		}
	}
	colours := make([]uint32, 0, len(seen))
	for p := range seen {
		colours = append(colours, p)
	}
	slices.Sort(colours)
	return colours
}

// encodeIndexed writes an image as indices of a palette. Of at most 16 colours several
// indices share a pixel (section 4.4).
func (s *source) encodeIndexed(palette []uint32) []byte {
	bits := 8 // of an index
	switch n := len(palette); {
	case n <= 2:
		bits = 1
	case n <= 4:
		bits = 2
	case n <= 16:
		bits = 4
	}
	w := s.header()
	w.putTransform(transformColourIndex)
	w.put(uint64(len(palette)-1), 8)
	stored := make([]uint32, len(palette))
	before := uint32(0)
	for i, p := range palette {
		stored[i] = subtract(p, before)
		before = p
	}
	w.putPixels(stored, len(palette))
	w.putBool(false) // no other transform

	perPixel := 8 / bits
	width := (s.Width + perPixel - 1) / perPixel
	pix := make([]uint32, 0, width*s.Height)
	index := make(map[uint32]uint32, len(palette))
	for i, p := range palette {
		index[p] = uint32(i)
	}
	for y := range s.Height {
		last, at := palette[0], uint32(0)
		packed := uint32(0)
		for x, p := range s.read(y) {
			if p != last {
				last, at = p, index[p]
			}
			k := x % perPixel
			packed |= at << (8 + bits*k) // the index is the green channel
			if k == perPixel-1 || x == s.Width-1 {
				pix = append(pix, packed)
				packed = 0
			}
		}
	}
	w.putImage(pix, width)
	return w.finish()
}
