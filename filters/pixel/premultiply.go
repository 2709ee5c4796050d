package pixel

import "encoding/binary"

// premultiply multiplies a row's samples by their alpha, which is the last of 2
// or 4 samples of a pixel, as a part of white.
func premultiply(row []float32, samples int, white float32) {
	if samples == 2 {
		for i := 0; i < len(row); i += 2 {
			row[i] *= row[i+1] / white
		}
		return
	}
	for i := 0; i < len(row); i += 4 {
		p := row[i : i+4 : i+4]
		a := p[3] / white
		p[0], p[1], p[2] = p[0]*a, p[1]*a, p[2]*a
	}
}

// divideByAlpha is the inverse of premultiply. Pixels without alpha stay as they
// are.
func divideByAlpha(row []float32, samples int, white float32) {
	for ; len(row) > 0; row = row[samples:] {
		if a := row[samples-1]; a > 0 {
			for k := range row[:samples-1] {
				row[k] *= white / a
			}
		}
	}
}

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
