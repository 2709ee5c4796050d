package bmp

import (
	"encoding/binary"
	"math/bits"
)

// A field is one sample of a pixel of 16 or 32 bits.
type field struct {
	mask  uint32
	shift int
	scale [256]uint8 // maps a value of the field, or its 8 highest bits, to 0 to 255
}

// newField returns the field of a mask, which has no gap. A field without bits is 0.
func newField(mask uint32) field {
	f := field{mask: mask, shift: bits.TrailingZeros32(mask)}
	width := bits.OnesCount32(mask)
	if width > 8 {
		f.shift, width = f.shift+width-8, 8
	}
	for v := 1; v < 1<<width; v++ {
		most := 1<<width - 1
		f.scale[v] = uint8((v*255 + most/2) / most)
	}
	return f
}

// defaultFields returns the fields of pixels that have no masks.
func defaultFields(depth int) [4]field {
	if depth == 16 {
		return [4]field{newField(0x7c00), newField(0x03e0), newField(0x001f), newField(0)}
	}
	return [4]field{newField(0xff0000), newField(0x00ff00), newField(0x0000ff), newField(0)}
}

// of returns the sample of a pixel, 0 to 255.
func (f *field) of(pixel uint32) uint8 { return f.scale[uint8(pixel&f.mask>>f.shift)] }

// expand16 splits pixels of 16 bits into samples.
func (r *Reader) expand16(dst, src []byte) {
	for i := 0; len(dst) > 0; i += 2 {
		dst = r.split(dst, uint32(binary.LittleEndian.Uint16(src[i:])))
	}
}

// expand32 splits pixels of 32 bits into samples.
func (r *Reader) expand32(dst, src []byte) {
	for i := 0; len(dst) > 0; i += 4 {
		dst = r.split(dst, binary.LittleEndian.Uint32(src[i:]))
	}
}

// split writes the samples of a pixel, and returns the rest of dst.
func (r *Reader) split(dst []byte, pixel uint32) []byte {
	dst[0], dst[1], dst[2] = r.fields[0].of(pixel), r.fields[1].of(pixel), r.fields[2].of(pixel)
	if r.channels == 4 {
		dst[3] = r.fields[3].of(pixel)
	}
	return dst[r.channels:]
}

// expand24 reverses the samples of each pixel: blue, green and red become red, green and
// blue, and the other way round.
func expand24(dst, src []byte) {
	for i := 0; i+3 <= len(dst); i += 3 {
		s, d := src[i:i+3:i+3], dst[i:i+3:i+3]
		d[0], d[1], d[2] = s[2], s[1], s[0]
	}
}

// lookUp writes the colours of indices of 1, 2, 4 or 8 bits. The first index is in the
// high bits of the first byte.
func (r *Reader) lookUp(dst, src []byte, depth int) {
	if depth == 8 {
		r.lookUpBytes(dst, src)
		return
	}
	mask, shift := byte(1<<depth-1), 8
	for x := 0; len(dst) > 0; dst = dst[r.channels:] {
		shift -= depth
		copy(dst[:r.channels], r.colours[src[x]>>shift&mask][:])
		if shift == 0 {
			shift, x = 8, x+1
		}
	}
}

// lookUpBytes is lookUp for indices of 8 bits.
func (r *Reader) lookUpBytes(dst, src []byte) {
	if r.channels == 1 {
		for i := range dst {
			dst[i] = r.colours[src[i]][0]
		}
		return
	}
	for i, x := 0, 0; i+3 <= len(dst); i, x = i+3, x+1 {
		c, d := &r.colours[src[x]], dst[i:i+3:i+3]
		d[0], d[1], d[2] = c[0], c[1], c[2]
	}
}
