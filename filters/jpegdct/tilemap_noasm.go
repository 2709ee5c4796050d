//go:build !(amd64 || arm64) || noasm

package jpegdct

// matrixLanes is how often an element of a matrix is stored.
const matrixLanes = 1

// transform converts the lowest frequencies of a tile to a block, to which it adds sum if
// that is not nil. Bit i of nonzero is set if out[i] is not 0.
func (t *tileMap) transform(in *coefs, sum *[64]float32, out *coefBlock) (nonzero uint64) {
	return t.transformGo(in, sum, out)
}

// addHigh adds to sum what the higher frequencies of a block add to the new block. c is
// column by column.
func (t *tileMap) addHigh(sum *[64]float32, c *coefs, columns, rows *product) {
	t.addHighGo(sum, c, columns, rows)
}
