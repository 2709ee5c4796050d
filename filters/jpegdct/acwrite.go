package jpegdct

import (
	"encoding/binary"
	"math/bits"
	"sync"
)

// acCodes are the tables to encode AC coefficients (T.81, F.1.2.2).
type acCodes struct {
	codes [256]uint32 // by symbol (run<<4 | size): code<<5 | length of the code
	*acShared
}

// acShared has the tables that do not depend on the Huffman table.
type acShared struct {
	values [2048]uint16   // by value + 1024: (bits after the code)<<4 | size
	masks  [8][256]uint64 // by byte of a mask of positions: the mask of zigzag indices
}

// newACShared makes these tables once.
var newACShared = sync.OnceValue(func() *acShared {
	s := new(acShared)
	for i := range s.values {
		v := int32(i) - 1024
		size := category(v)
		s.values[i] = uint16(valueBits(v, size)<<4 | uint32(size))
	}
	for i := range s.masks {
		s.masks[i][0] = 0 // a read before the first write would fault the page in once more
		for m := 1; m < 256; m++ {
			s.masks[i][m] = s.masks[i][m&(m-1)] | 1<<unzigzag[i*8+bits.TrailingZeros(uint(m))]
		}
	}
	return s
})

// newACCodes makes the tables for a Huffman table.
func newACCodes(h *huffman) *acCodes {
	c := &acCodes{acShared: newACShared()}
	h.eachCode(func(symbol byte, code uint32, length int) {
		c.codes[symbol] = code<<5 | uint32(length)
	})
	return c
}

// zigzagMask converts a mask of positions, row*8+column, to a mask of zigzag indices.
func (s *acShared) zigzagMask(m uint64) uint64 {
	z := &s.masks
	return z[0][m&255] | z[1][m>>8&255] | z[2][m>>16&255] | z[3][m>>24&255] |
		z[4][m>>32&255] | z[5][m>>40&255] | z[6][m>>48&255] | z[7][m>>56]
}

// writeAC appends the AC coefficients of a block, which must be -1023..1023. Bit i of
// nonzero is set if block[i] is not 0.
func (b *bitWriter) writeAC(c *acCodes, block *coefBlock, nonzero uint64) {
	b.makeRoom()
	order := c.zigzagMask(nonzero &^ 1)
	if b.writeACSymbols(c, block, order) < 63 {
		b.writeCode(c.codes[0])
	}
}

// writeACSymbolsGo is writeACSymbols in Go. The state of the writer is in local
// variables. After every symbol 8 bytes are stored, from the first unfinished byte on,
// so that no branch depends on the number of whole bytes.
func (b *bitWriter) writeACSymbolsGo(c *acCodes, block *coefBlock, order uint64) (last int) {
	data, at, acc, have := b.data, b.n, b.acc, b.have
	for ; order != 0; order &= order - 1 {
		k := bits.TrailingZeros64(order)
		run := k - last - 1
		last = k
		for ; run > 15; run -= 16 {
			e := c.codes[0xF0]
			acc = acc<<(e&31) | uint64(e>>5)
			have += uint(e & 31)
			binary.BigEndian.PutUint64(data[at:at+8], acc<<(-have&63))
			at += int(have >> 3)
			have &= 7
		}
		v := c.values[(int(block[zigzag[k&63]&63])+1024)&2047]
		size := uint(v & 15)
		e := c.codes[(uint(run)<<4|size)&255]
		n := uint(e&31) + size
		acc = acc<<(n&63) | uint64(e>>5)<<size | uint64(v>>4)
		have += n
		binary.BigEndian.PutUint64(data[at:at+8], acc<<(-have&63))
		at += int(have >> 3)
		have &= 7
	}
	b.n, b.acc, b.have = at, acc, have
	return last
}

// writeCode appends a code from acCodes.codes.
func (b *bitWriter) writeCode(e uint32) { b.writeBits(uint64(e>>5), uint(e&31)) }
