//go:build !amd64 || noasm

package jpegdct

// putAC appends the coefficients of the zigzag indices in order and gives the
// last of these.
func (b *bitWriter) putAC(c *acCodes, block *coefBlock, order uint64) (last int) {
	return b.putACGo(c, block, order)
}
