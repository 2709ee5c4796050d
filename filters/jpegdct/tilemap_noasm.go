//go:build !amd64 || noasm

package jpegdct

// transform converts the lowest frequencies of a tile, and its terms, to a block. Bit i of
// nonzero is set if out[i] is not 0.
func (t *tileMap) transform(in *coefs, out *coefBlock) (nonzero uint64) {
	return t.transformGo(in, out)
}

// nonzero returns a mask with bit i set if the coefficient at position i is not 0.
func (c *coefs) nonzero() uint64 { return c.nonzeroGo() }
