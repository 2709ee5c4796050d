package jpegdct

import "slices"

// grayDC returns the table for the DC differences of gray: that of T.81, K.3. If the
// source's table has categories above 11, which 8-bit samples do not need, the table has
// codes for them too: the codes of the others stay.
func grayDC(source *huffman) *huffman {
	h := standardDC(false)
	if !slices.ContainsFunc(source.values, func(category byte) bool { return category > 11 }) {
		return h
	}
	wide := &huffman{counts: h.counts, values: append(slices.Clone(h.values), 12, 13, 14, 15)}
	for length := 10; length <= 13; length++ { // the last code of h has 9 bits and is not all ones
		wide.counts[length-1] = 1
	}
	return wide
}

// grayDCCodes are the codes of the categories 0 to n-1.
type grayDCCodes struct {
	codes [16]dcCode
	n     int
}

// newGrayDCCodes returns the codes of a table that grayDC made.
func newGrayDCCodes(h *huffman) (c grayDCCodes) {
	h.eachCode(func(symbol byte, code uint32, length int) {
		c.codes[symbol&15] = dcCode{code, uint8(length)}
		c.n++
	})
	return c
}
