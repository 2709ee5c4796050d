//go:build !amd64 || noasm

package jpegdct

// read reads a block: the coefficient with the zigzag index k, up to limit, into
// to[place[k]]. It skips those above limit, but some of them it may store too. It returns
// the position after the block; readInvalid; or readLarge if a value exceeds its bound, and
// then some coefficients may be missing.
func (r *blockReader) read(buf []byte, pos int, to *coefs, place *places) int {
	return r.readGo(buf, pos, to, place)
}
