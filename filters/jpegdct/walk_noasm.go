//go:build !amd64 || noasm

package jpegdct

// skipBlocks passes an MCU of blocks, each by its table, and notes the position
// after each. It reports whether there were such codes.
func skipBlocks(tables []*skipTable, buf []byte, pos int, ends *[mcuBlocks]int) bool {
	return skipBlocksGo(tables, buf, pos, ends)
}

// low reads a block's AC coefficients up to the zigzag index limit and puts the
// k-th at to[place[k]]; the others are skipped. It gives the position after the
// block, or -1 if the data make no sense.
func (t *valueTable) low(buf []byte, pos, limit int, skip *skipTable, to *tile, place *places) int {
	return t.lowGo(buf, pos, 0, limit, skip, to, place)
}
