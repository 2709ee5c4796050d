//go:build !noasm

package jpegdct

import "golang.org/x/sys/cpu"

var hasBMI2 = cpu.X86.HasBMI1 && cpu.X86.HasBMI2

// blockBMI2 passes a block from its DC difference on. It gives k = 64 at its
// end, or where the table knows no further and k, which is 0 before DC.
//
//go:noescape
func blockBMI2(t *skipTable, buf *byte, pos int) (next, k int)

// lowBMI2 is the loops of lowGo, with from coefficients read before. It gives
// k = 64 at the block's end, or where the tables know no further and k, the
// coefficients read.
//
//go:noescape
func lowBMI2(t *valueTable, skip *skipTable, buf *byte, pos, from, limit int, to *tile, place *places) (next, k int)

// block passes a whole block from its DC difference on. It gives the position
// after it, or -1 if there is no such code.
func (t *skipTable) block(buf []byte, pos int) int {
	if !hasBMI2 {
		return t.blockGo(buf, pos)
	}
	_ = buf[pos>>3+blockBytes-1]
	next, k := blockBMI2(t, &buf[0], pos)
	switch {
	case k == 64:
		return next
	case k == 0:
		return t.blockGo(buf, pos)
	}
	if next, k = t.step(buf, next, k); k < 64 {
		return t.walk(buf, next, k)
	} else if k > 64 {
		return -1
	}
	return next
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
