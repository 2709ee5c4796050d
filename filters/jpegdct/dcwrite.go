package jpegdct

import "math/bits"

// A dcCode is the Huffman code for a category of DC differences.
type dcCode struct {
	code   uint32
	length uint8 // in bits
}

// dcCodes returns the codes for the categories 0 to 11 of T.81, table F.1, which 8-bit
// samples need.
func dcCodes(h *huffman) (codes [12]dcCode) {
	h.eachCode(func(symbol byte, code uint32, length int) {
		if symbol < 12 {
			codes[symbol] = dcCode{code, uint8(length)}
		}
	})
	return codes
}

// writeDC appends a DC difference (T.81, F.1.2.1). It returns false if the difference is
// out of range.
func (b *bitWriter) writeDC(codes *[12]dcCode, diff int32) bool {
	size := category(diff)
	if size >= len(codes) {
		return false
	}
	b.writeBits(dcBits(&codes[size], diff, size))
	return true
}

// dcBits returns the code and the value of a DC difference of category size as n bits,
// at most 20 with the tables of T.81, K.3.
func dcBits(c *dcCode, diff int32, size int) (v uint64, n uint) {
	return uint64(c.code)<<(size&15) | uint64(valueBits(diff, size)), uint(c.length) + uint(size)
}

// category returns the category of v (T.81, table F.1): the number of bits of |v|.
func category(v int32) int {
	return bits.Len32(uint32(max(v, -v)))
}

// valueBits returns the bits that follow the code of a category (T.81, F.1.2.1): v if
// it is positive, v-1 if it is negative, in size bits.
func valueBits(v int32, size int) uint32 {
	return uint32(v+v>>31) & (1<<(size&15) - 1)
}
