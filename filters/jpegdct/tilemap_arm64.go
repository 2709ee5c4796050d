//go:build !noasm

package jpegdct

// matrixLanes is how often an element of a matrix is stored: instructions can multiply a
// vector by one of its elements.
const matrixLanes = 1

// transformNEON is transformGo with NEON. The results are identical.
//
//go:noescape
func transformNEON(t *tileMap, in *coefs, sum *[64]float32, out *coefBlock) (nonzero uint64)

// transform converts the lowest frequencies of a tile to a block, to which it adds sum if
// that is not nil. Bit i of nonzero is set if out[i] is not 0.
func (t *tileMap) transform(in *coefs, sum *[64]float32, out *coefBlock) (nonzero uint64) {
	return transformNEON(t, in, sum, out)
}

// addHighNEON is addHighGo with NEON. The results are identical.
//
//go:noescape
func addHighNEON(t *tileMap, sum *[64]float32, c *coefs, columns, rows *product)

// addHigh adds to sum what the higher frequencies of a block add to the new block. c is
// column by column.
func (t *tileMap) addHigh(sum *[64]float32, c *coefs, columns, rows *product) {
	addHighNEON(t, sum, c, columns, rows)
}
