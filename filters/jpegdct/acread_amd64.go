//go:build !noasm

package jpegdct

import "imgpipe/filters/internal/x86"

// skipBlocksBMI2 is the loop of pass: it passes n blocks, the first from its k-th
// coefficient on by the table from, until one goes beyond safe or a table knows no
// further.
//
//go:noescape
func skipBlocksBMI2(at *skipBlock, from *uint16, buf *byte, pos, safe, k int, ends *int32, n int) (done, next, newK int)

// readLowBMI2 is the loops of lowGo, with from coefficients read before. It gives
// k = 64 at the block's end, or where the tables know no further and k, the
// coefficients read.
//
//go:noescape
func readLowBMI2(t *valueTable, skip *skipTable, buf *byte, pos, from, limit int, to *tile, place *places) (next, k int)

// skipBlocks passes blocks from the beginning of an MCU on, until ends is full, and notes
// where each ends. It gives how many do up to safe; if that's less than wanted, the
// next one goes beyond, or isn't one.
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

// readLow reads a block's AC coefficients up to the zigzag index limit and puts the
// k-th at to[place[k]]; the others are skipped. It gives the position after the
// block, or -1 if the data make no sense.
func (t *valueTable) readLow(buf []byte, pos, limit int, skip *skipTable, to *tile, place *places) int {
	if !x86.HasBMI2 || limit > valueLastPair {
		return t.readLowGo(buf, pos, 0, limit, skip, to, place)
	}
	_ = buf[pos>>3+maxBlockBytes-1]
	next, k := readLowBMI2(t, skip, &buf[0], pos, 0, limit, to, place)
	if k == 64 {
		return next
	}
	return t.readLowGo(buf, next, k, limit, skip, to, place)
}
