//go:build !noasm

package jpegdct

import "imgpipe/filters/internal/x86"

// matrixLanes is how often an element of a matrix is stored: as a vector.
const matrixLanes = 8

// transformAVX2 is transformGo with AVX2. The results are identical.
//
//go:noescape
func transformAVX2(t *tileMap, in *coefs, sum *[64]float32, out *coefBlock) (nonzero uint64)

// transform converts the lowest frequencies of a tile to a block, to which it adds sum if
// that is not nil. Bit i of nonzero is set if out[i] is not 0.
func (t *tileMap) transform(in *coefs, sum *[64]float32, out *coefBlock) (nonzero uint64) {
	if x86.HasAVX2 {
		return transformAVX2(t, in, sum, out)
	}
	return t.transformGo(in, sum, out)
}

// addHighAVX2 is addHighGo with AVX2. The results are identical.
//
//go:noescape
func addHighAVX2(t *tileMap, sum *[64]float32, c *coefs, columns, rows *product)

// addHigh adds to sum what the higher frequencies of a block add to the new block. c is
// column by column.
func (t *tileMap) addHigh(sum *[64]float32, c *coefs, columns, rows *product) {
	if x86.HasAVX2 {
		addHighAVX2(t, sum, c, columns, rows)
		return
	}
	t.addHighGo(sum, c, columns, rows)
}
