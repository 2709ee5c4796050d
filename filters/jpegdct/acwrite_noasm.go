//go:build !(amd64 || arm64) || noasm

package jpegdct

// writeACSymbols appends the coefficients whose zigzag indices are in the mask order,
// and returns the last of these indices.
func (b *bitWriter) writeACSymbols(c *acCodes, block *coefBlock, order uint64) (last int) {
	return b.writeACSymbolsGo(c, block, order)
}
