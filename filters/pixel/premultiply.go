package pixel

import "encoding/binary"

// Unpremultiply divides the samples of a row by their alpha, which is the last
// of a pixel's samples, in place. Depth is 8, or 16 for big-endian samples.
func Unpremultiply(row []uint8, samples, depth int) {
	if depth == 8 {
		for ; len(row) > 0; row = row[samples:] {
			for i, v := range row[:samples-1] {
				row[i] = uint8(unpremultiply(uint32(v), uint32(row[samples-1]), 255))
			}
		}
		return
	}
	be := binary.BigEndian
	last := 2*samples - 2
	for ; len(row) > 0; row = row[last+2:] {
		for i := 0; i < last; i += 2 {
			be.PutUint16(row[i:], uint16(unpremultiply(uint32(be.Uint16(row[i:])), uint32(be.Uint16(row[last:])), 65535)))
		}
	}
}

// unpremultiply returns v / alpha, rounded, as a part of white. The colour of a
// transparent pixel is black.
func unpremultiply(v, alpha, white uint32) uint32 {
	if alpha == 0 {
		return 0
	}
	return min((v*white+alpha/2)/alpha, white)
}
