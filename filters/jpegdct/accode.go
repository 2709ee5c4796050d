package jpegdct

import "math/bits"

// acCodes code AC coefficients (T.81, F.1.2.2). An entry is the bits to write
// with their number in the low 5.
type acCodes struct {
	small  [16 * 64]uint32 // by run*64 + value + 32: code and value of |value| < 32
	symbol [256]uint32     // by run<<4 | size: the code alone
}

func newACCodes(h *huffman) *acCodes {
	c := new(acCodes)
	h.codes(func(symbol byte, code uint32, length int) {
		c.symbol[symbol] = code<<5 | uint32(length)
		run, size := int(symbol>>4), int(symbol&15)
		if size < 1 || size > 5 {
			return
		}
		for v := int32(1) << (size - 1); v < 1<<size; v++ {
			n := uint32(length + size)
			c.small[run*64+int(32+v)] = (code<<size|valueBits(v, size))<<5 | n
			c.small[run*64+int(32-v)] = (code<<size|valueBits(-v, size))<<5 | n
		}
	})
	return c
}

// A coefBlock is an 8x8 block of quantised coefficients, row by row, not in
// zigzag order.
type coefBlock [64]int16

// unzigzag gives the zigzag index of a place in a coefBlock.
var unzigzag = [64]uint8{
	0, 1, 5, 6, 14, 15, 27, 28,
	2, 4, 7, 13, 16, 26, 29, 42,
	3, 8, 12, 17, 25, 30, 41, 43,
	9, 11, 18, 24, 31, 40, 44, 53,
	10, 19, 23, 32, 39, 45, 52, 54,
	20, 22, 33, 38, 46, 51, 55, 60,
	21, 34, 37, 47, 50, 56, 59, 61,
	35, 36, 48, 49, 57, 58, 62, 63,
}

// ac appends a block's AC coefficients, of which those in nonzero (a bit for
// each place) are not 0. None is over 1023 in size.
func (b *bitWriter) ac(c *acCodes, block *coefBlock, nonzero uint64) {
	order := uint64(0)
	for n := nonzero &^ 1; n != 0; n &= n - 1 {
		order |= 1 << (unzigzag[bits.TrailingZeros64(n)&63] & 63)
	}
	last := 0
	for ; order != 0; order &= order - 1 {
		k := bits.TrailingZeros64(order)
		run := k - last - 1
		last = k
		for ; run > 15; run -= 16 {
			b.code(c.symbol[0xF0])
		}
		v := int32(block[zigzag[k&63]&63])
		if uint32(v+31) < 63 {
			b.code(c.small[(run*64+int(v+32))&1023])
			continue
		}
		size := category(v)
		e := c.symbol[(run<<4|size)&255]
		b.bits(uint64(e>>5)<<size|uint64(valueBits(v, size)), uint(e&31)+uint(size))
	}
	if last < 63 {
		b.code(c.symbol[0])
	}
}

func (b *bitWriter) code(e uint32) { b.bits(uint64(e>>5), uint(e&31)) }
