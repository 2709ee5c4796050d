//go:build !amd64 || noasm

package jpegdct

// writeACSymbols appends the coefficients of the zigzag indices in order and gives the
// last of these.
func (b *bitWriter) writeACSymbols(c *acCodes, block *coefBlock, order uint64) (last int) {
	return b.writeACSymbolsGo(c, block, order)
}
