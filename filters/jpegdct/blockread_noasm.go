//go:build !amd64 || noasm

package jpegdct

// read reads a block: the coefficient with the zigzag index k, up to limit, into
// to[place[k]]. It skips those above limit, but some of them it may store too. If a
// coefficient exceeds its bound in weak, the block is strong, and all are stored. read
// returns the position after the block, or readInvalid.
func (r *blockReader) read(buf []byte, pos int, to *coefs) (next int, strong bool) {
	return r.readGo(buf, pos, to)
}

// exceeded reports whether a coefficient exceeds its bound.
func (b *bounds) exceeded(c *coefs) bool { return b.exceededGo(c) }
