//go:build !amd64 || noasm

package jpegdct

// apply turns a tile into a block and says which coefficients are not 0.
func (t *tileMap) apply(in *tile, out *coefBlock) (nonzero uint64) {
	return t.applyGo(in, out)
}
