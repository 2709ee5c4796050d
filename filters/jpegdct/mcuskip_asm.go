//go:build (amd64 || arm64) && !noasm

package jpegdct

// skipBlocksAsm is the loop of skipBlocks. It skips n blocks from pos on, the first
// of them from zigzag index k on with the entries from, and stores in ends where they
// end. It stops when pos is beyond safe, or at a symbol that must be decoded on its
// own. It returns the number of blocks, the position, and the zigzag index there.
//
//go:noescape
func skipBlocksAsm(at *skipBlock, from *uint16, buf *byte, pos, safe, k int, ends *int32, n int) (done, next, newK int)

// skipBlocks skips blocks from pos on, which is the beginning of an MCU, until ends is
// full, and sets ends to the positions where they end. It returns the number of blocks
// that end at safe or before. If that is less than len(ends), the next block ends
// beyond safe or is invalid.
func (m mcuSkipper) skipBlocks(buf []byte, pos, safe int, ends []int32) int {
	if !hasEntropyAsm() {
		return m.skipBlocksGo(buf, pos, safe, ends)
	}
	_ = buf[max(pos, safe)>>3+23]
	for i, k := 0, 0; ; {
		b := &m[i%len(m)]
		from := &b.entries[0]
		if k == 0 {
			from = &b.table.dcEntries[0]
		}
		var done int
		done, pos, k = skipBlocksAsm(b, from, &buf[0], pos, safe, k, &ends[i], len(ends)-i)
		if i += done; i == len(ends) || pos > safe {
			return i
		}
		pos, k = m[i%len(m)].table.skipSymbol(buf, pos, k)
		if k > 64 || pos > safe {
			return i
		}
		if k == 64 {
			ends[i] = int32(pos)
			k = 0
			if i++; i == len(ends) {
				return i
			}
		}
	}
}
