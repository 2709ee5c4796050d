//go:build !amd64 || noasm

package jpegdct

// skipBlocks passes blocks from the beginning of an MCU on, until ends is full, and notes
// where each ends. It gives how many do up to safe; if that's less than wanted, the
// next one goes beyond, or isn't one.
func (m mcuSkipper) skipBlocks(buf []byte, pos, safe int, ends []int32) int {
	return m.skipBlocksGo(buf, pos, safe, ends)
}

// readLow reads a block's AC coefficients up to the zigzag index limit and puts the
// k-th at to[place[k]]; the others are skipped. It gives the position after the
// block, or -1 if the data make no sense.
func (t *valueTable) readLow(buf []byte, pos, limit int, skip *skipTable, to *tile, place *places) int {
	return t.readLowGo(buf, pos, 0, limit, skip, to, place)
}
