//go:build !amd64 || noasm

package jpegdct

// skipBlocks skips blocks from pos on, which is the beginning of an MCU, until ends is
// full, and sets ends to the positions where they end. It returns the number of blocks
// that end at safe or before. If that is less than len(ends), the next block ends
// beyond safe or is invalid.
func (m mcuSkipper) skipBlocks(buf []byte, pos, safe int, ends []int32) int {
	return m.skipBlocksGo(buf, pos, safe, ends)
}

// readLow reads the AC coefficients of a block up to the zigzag index limit, and stores
// the k-th in to[place[k]]. It skips those above limit with the table skip, which may be
// nil if limit is 63; some of them it may store too. It returns the position after the
// block; readInvalid; or readLarge if a value exceeds its bound, and then some coefficients
// may be missing.
func (t *valueTable) readLow(buf []byte, pos, limit int, skip *skipTable, to *coefs, place *places, bounds *valueBounds) int {
	return t.readLowGo(buf, pos, limit, skip, to, place, bounds)
}
