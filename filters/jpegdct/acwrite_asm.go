//go:build (amd64 || arm64) && !noasm

package jpegdct

// writeACSymbolsAsm is the loop of writeACSymbolsGo. It writes n bytes to data.
//
//go:noescape
func writeACSymbolsAsm(c *acCodes, shared *acShared, block *coefBlock, order uint64, data *byte, acc uint64, have uint) (n int, newAcc uint64, newHave uint, last int)

// writeACSymbols appends the coefficients whose zigzag indices are in the mask order,
// and returns the last of these indices.
func (b *bitWriter) writeACSymbols(c *acCodes, block *coefBlock, order uint64) (last int) {
	if !hasEntropyAsm() {
		return b.writeACSymbolsGo(c, block, order)
	}
	var n int
	data := b.data[b.n : b.n+dataSlack]
	n, b.acc, b.have, last = writeACSymbolsAsm(c, c.acShared, block, order, &data[0], b.acc, b.have)
	b.n += n
	return last
}
