//go:build !amd64 || noasm

package jpegdct

// apply converts a tile to a block. Bit i of nonzero is set if out[i] is not 0.
func (t *tileMap) apply(in *tile, out *coefBlock) (nonzero uint64) {
	return t.applyGo(in, out)
}
