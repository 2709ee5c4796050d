package jpegdct

import "encoding/binary"

// A huffman is a Huffman table as a DHT segment gives it (T.81, C.2).
type huffman struct {
	counts [16]byte // codes of length 1..16
	values []byte   // symbols in the order of their codes
	lookup *lookup  // made when first needed
}

func newHuffman(counts, values []byte) (*huffman, error) {
	h := &huffman{values: append([]byte(nil), values...)}
	copy(h.counts[:], counts)
	code := 0
	for _, n := range h.counts {
		code = code<<1 + int(n)
	}
	if code > 1<<16 {
		return nil, corrupt("Huffman table has more codes than there are")
	}
	for i, code := 0, 0; i < 16; i++ {
		if code += int(h.counts[i]); code > 1<<(i+1) {
			return nil, corrupt("Huffman table has more codes than there are")
		}
		code <<= 1
	}
	return h, nil
}

// checkDC checks that every symbol is a category of DC differences.
func (h *huffman) checkDC() error {
	for _, v := range h.values {
		if v > 15 {
			return corrupt("DC Huffman table has the symbol %d", v)
		}
	}
	return nil
}

// eachCode calls f for each symbol with its code and the code's length (T.81, C.2).
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

const lookupBits = 9

// A lookup finds the symbol at the head of a window of bits: short codes in one
// step, long ones by T.81, F.2.2.3.
type lookup struct {
	short   [1 << lookupBits]uint16 // symbol<<8 | length; 0: longer
	maxCode [17]int32               // the largest code of each length; -1: none
	delta   [17]int32               // index of a code's symbol less the code
	values  [256]byte
}

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

// symbol takes the symbol at the head of w; the length 0 means that no code
// begins like w.
func (t *lookup) symbol(w uint64) (symbol byte, length int) {
	if e := t.short[w>>(64-lookupBits)]; e != 0 {
		return byte(e >> 8), int(e & 255)
	}
	return t.longSymbol(w)
}

func (t *lookup) longSymbol(w uint64) (symbol byte, length int) {
	for length := lookupBits + 1; length <= 16; length++ {
		if code := int32(w >> (64 - length)); code <= t.maxCode[length] {
			return t.values[(code+t.delta[length])&255], length
		}
	}
	return 0, 0
}

// window gives at least 57 bits from the bit position pos.
func window(buf []byte, pos int) uint64 {
	return binary.BigEndian.Uint64(buf[pos>>3:]) << (pos & 7)
}

// extend reads an s-bit value at the head of w (T.81, F.2.2.1); s is 0..16.
func extend(w uint64, s int) int32 {
	v := int32(w >> 1 >> ((63 - s) & 63))
	// A value whose first bit is 0 is negative.
	return v + (int32(w>>63)-1)&(1-int32(1)<<(s&31))
}
