package pixel

import (
	"encoding/binary"
	"image"
)

// Opaque tells whether every pixel of an image is opaque. It is many times
// faster than the method of image.NRGBA, which looks at one pixel at a time.
func Opaque(m image.Image) bool {
	switch m := m.(type) {
	case *GrayAlpha:
		return allOnes(m.Pix, m.Stride, m.Rect, 2, 1)
	case *GrayAlpha16:
		return allOnes(m.Pix, m.Stride, m.Rect, 4, 2)
	case *image.NRGBA:
		return allOnes(m.Pix, m.Stride, m.Rect, 4, 1)
	case *image.NRGBA64:
		return allOnes(m.Pix, m.Stride, m.Rect, 8, 2)
	}
	return true
}

// allOnes tells whether the last n bytes of each pixel are all 0xff. A pixel has
// size bytes: 2, 4 or 8.
func allOnes(pix []uint8, stride int, r image.Rectangle, size, n int) bool {
	mask := ^uint64(0) << (64 - 8*n) // of the bytes in a word that count
	for shift := size; shift < 8; shift *= 2 {
		mask |= mask >> (8 * shift)
	}
	for y := range r.Dy() {
		row := pix[y*stride:][:r.Dx()*size]
		for ; len(row) >= 32; row = row[32:] {
			word := binary.LittleEndian.Uint64
			if word(row)&word(row[8:])&word(row[16:])&word(row[24:])&mask != mask {
				return false
			}
		}
		for ; len(row) > 0; row = row[size:] {
			for _, v := range row[size-n : size] {
				if v != 0xff {
					return false
				}
			}
		}
	}
	return true
}
