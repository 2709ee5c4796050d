//go:build !noasm

package jpegdct

import "imgpipe/filters/internal/x86"

// skipBlocksBMI2 is the loop of skipBlocks. It skips n blocks from pos on, the first
// of them from zigzag index k on with the entries from, and stores in ends where they
// end. It stops when pos is beyond safe, or at a symbol that must be decoded on its
// own. It returns the number of blocks, the position, and the zigzag index there.
//
//go:noescape
func skipBlocksBMI2(at *skipBlock, from *uint16, buf *byte, pos, safe, k int, ends *int32, n int) (done, next, newK int)

// readLowBMI2 has the loops of readLowGo. It returns the position after the block and
// blockEnd, blockInvalid or blockLarge; or, at a symbol that must be decoded on its own,
// the position of that symbol and the zigzag index of the coefficient before it. If skip
// is nil, it reads all coefficients; limit is at most valueLastPair.
//
//go:noescape
func readLowBMI2(t *valueTable, skip *skipEntries, buf *byte, pos, from, limit int, to *coefs, place *places, bounds *valueBounds) (next, k int)

// skipBlocks skips blocks from pos on, which is the beginning of an MCU, until ends is
// full, and sets ends to the positions where they end. It returns the number of blocks
// that end at safe or before. If that is less than len(ends), the next block ends
// beyond safe or is invalid.
func (m mcuSkipper) skipBlocks(buf []byte, pos, safe int, ends []int32) int {
	if !x86.HasBMI2 {
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
		done, pos, k = skipBlocksBMI2(b, from, &buf[0], pos, safe, k, &ends[i], len(ends)-i)
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

// readLow reads the AC coefficients of a block up to the zigzag index limit, and stores
// the k-th in to[place[k]]. It skips those above limit with the table skip, which may be
// nil if limit is 63; some of them it may store too. It returns the position after the
// block; readInvalid; or readLarge if a value exceeds its bound, and then some coefficients
// may be missing.
func (t *valueTable) readLow(buf []byte, pos, limit int, skip *skipTable, to *coefs, place *places, bounds *valueBounds) int {
	if !x86.HasBMI2 {
		return t.readLowGo(buf, pos, limit, skip, to, place, bounds)
	}
	_ = buf[pos>>3+maxBlockBytes-1]
	var entries *skipEntries // nil to read the coefficients above limit too
	if limit <= valueLastPair {
		entries = skip.acEntries
	}
	for k := 0; ; {
		pos, k = readLowBMI2(t, entries, &buf[0], pos, k, min(limit, valueLastPair), to, place, bounds)
		if k < blockEnd {
			pos, k = t.readSymbol(buf, pos, k, to, place, bounds)
		}
		if k >= blockEnd {
			return blockResult(pos, k)
		}
	}
}
