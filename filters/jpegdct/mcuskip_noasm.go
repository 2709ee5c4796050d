//go:build !(amd64 || arm64) || noasm

package jpegdct

// skipBlocks skips blocks from pos on, which is the beginning of an MCU, until ends is
// full, and sets ends to the positions where they end. It returns the number of blocks
// that end at safe or before. If that is less than len(ends), the next block ends
// beyond safe or is invalid.
func (m mcuSkipper) skipBlocks(buf []byte, pos, safe int, ends []int32) int {
	return m.skipBlocksGo(buf, pos, safe, ends)
}
