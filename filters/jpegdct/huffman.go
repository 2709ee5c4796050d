package jpegdct

import "encoding/binary"

// A huffman is a Huffman table as in a DHT segment (T.81, B.2.4.2).
type huffman struct {
	counts [16]byte // number of codes of each length 1..16 (BITS)
	values []byte   // symbols in the order of their codes (HUFFVAL)
	lookup *lookup  // made when first needed
}

// newHuffman makes a table. It returns an error if there are more codes of some
// length than possible. A code of all ones is accepted, though T.81 reserves it.
func newHuffman(counts, values []byte) (*huffman, error) {
	h := &huffman{values: append([]byte(nil), values...)}
	copy(h.counts[:], counts)
	code := 0
	for i, n := range h.counts {
		if code += int(n); code > 1<<(i+1) {
			return nil, corrupt("Huffman table has too many codes of length %d", i+1)
		}
		code <<= 1
	}
	return h, nil
}

// checkDC checks that every symbol is at most 15: the number of bits of a DC difference
// (T.81, table F.1).
func (h *huffman) checkDC() error {
	for _, v := range h.values {
		if v > 15 {
			return corrupt("DC Huffman table has the symbol %d, more than 15", v)
		}
	}
	return nil
}

// eachCode calls f for each symbol with its code and the length of the code in bits
// (T.81, C.2).
func (h *huffman) eachCode(f func(symbol byte, code uint32, length int)) {
	code, i := uint32(0), 0
	for length := 1; length <= 16; length++ {
		for n := h.counts[length-1]; n > 0; n-- {
			f(h.values[i], code, length)
			code++
			i++
		}
		code <<= 1
	}
}

// lookupBits is the length of the longest code that lookup finds in one step.
const lookupBits = 9

// A lookup decodes the symbol at the head of a window: codes of up to lookupBits
// bits in one step, longer ones as in T.81, F.2.2.3.
type lookup struct {
	short   [1 << lookupBits]uint16 // by the next bits: symbol<<8 | length; 0: the code is longer
	maxCode [17]int32               // by length: the largest code; -1: none
	delta   [17]int32               // by length: what to add to a code for the index into values
	values  [256]byte
}

// lookupTable returns the table for decoding.
func (h *huffman) lookupTable() *lookup {
	if h.lookup != nil {
		return h.lookup
	}
	t := new(lookup)
	copy(t.values[:], h.values)
	for i := range t.maxCode {
		t.maxCode[i] = -1
	}
	i := int32(0)
	h.eachCode(func(symbol byte, code uint32, length int) {
		t.maxCode[length] = int32(code)
		t.delta[length] = i - int32(code)
		i++
		if length <= lookupBits {
			first := code << (lookupBits - length)
			for n := uint32(0); n < 1<<(lookupBits-length); n++ {
				t.short[first+n] = uint16(symbol)<<8 | uint16(length)
			}
		}
	})
	h.lookup = t
	return t
}

// symbol decodes the symbol at the head of w and returns the length of its code in
// bits, 0 if there is no such code.
func (t *lookup) symbol(w uint64) (symbol byte, length int) {
	if e := t.short[w>>(64-lookupBits)]; e != 0 {
		return byte(e >> 8), int(e & 255)
	}
	return t.longSymbol(w)
}

// longSymbol decodes a symbol whose code is longer than lookupBits.
func (t *lookup) longSymbol(w uint64) (symbol byte, length int) {
	for length := lookupBits + 1; length <= 16; length++ {
		if code := int32(w >> (64 - length)); code <= t.maxCode[length] {
			return t.values[(code+t.delta[length])&255], length
		}
	}
	return 0, 0
}

// window returns the bits from bit position pos on, the first in the highest bit.
// At least 57 bits are valid.
func window(buf []byte, pos int) uint64 {
	return binary.BigEndian.Uint64(buf[pos>>3:]) << (pos & 7)
}

// extend decodes a value of s bits, 0..16, at the head of w: RECEIVE and EXTEND of
// T.81, F.2.2.1.
func extend(w uint64, s int) int32 {
	v := int32(w >> 1 >> ((63 - s) & 63))
	// A value whose first bit is 0 is negative.
	return v + (int32(w>>63)-1)&(1-int32(1)<<(s&31))
}
