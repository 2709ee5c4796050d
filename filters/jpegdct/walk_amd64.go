//go:build !noasm

package jpegdct

import "golang.org/x/sys/cpu"

var hasBMI2 = cpu.X86.HasBMI1 && cpu.X86.HasBMI2

// blocksBMI2 passes n blocks, each from its DC difference on, and notes where
// they end. It stops in block done where its table knows no further, at next
// and the coefficient k, which is 0 before DC.
//
//go:noescape
func blocksBMI2(tables **skipTable, n int, buf *byte, pos int, ends *int) (done, next, k int)

// lowBMI2 is the loops of lowGo, with from coefficients read before. It gives
// k = 64 at the block's end, or where the tables know no further and k, the
// coefficients read.
//
//go:noescape
func lowBMI2(t *valueTable, skip *skipTable, buf *byte, pos, from, limit int, to *tile, place *places) (next, k int)

// skipBlocks passes an MCU of blocks, each by its table, and notes the position
// after each. It reports whether there were such codes.
func skipBlocks(tables []*skipTable, buf []byte, pos int, ends *[mcuBlocks]int) bool {
	if !hasBMI2 {
		return skipBlocksGo(tables, buf, pos, ends)
	}
	_ = buf[pos>>3+mcuBytes-1]
	for i := 0; ; i++ {
		done, next, k := blocksBMI2(&tables[i], len(tables)-i, &buf[0], pos, &ends[i])
		if i += done; i == len(tables) {
			return true
		}
		if pos = tables[i].resume(buf, next, k); pos < 0 {
			return false
		}
		ends[i] = pos
		if i == len(tables)-1 {
			return true
		}
	}
}

// low reads a block's AC coefficients up to the zigzag index limit and puts the
// k-th at to[place[k]]; the others are skipped. It gives the position after the
// block, or -1 if the data make no sense.
func (t *valueTable) low(buf []byte, pos, limit int, skip *skipTable, to *tile, place *places) int {
	if !hasBMI2 || limit > valuePairs {
		return t.lowGo(buf, pos, 0, limit, skip, to, place)
	}
	_ = buf[pos>>3+blockBytes-1]
	next, k := lowBMI2(t, skip, &buf[0], pos, 0, limit, to, place)
	if k == 64 {
		return next
	}
	return t.lowGo(buf, next, k, limit, skip, to, place)
}
