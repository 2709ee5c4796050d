package pngrow

import "math/bits"

// A huffmanTable decodes one alphabet of RFC 1951 (section 3.2.2). It is
// indexed by the next bits of the stream, of which the first is the lowest;
// codes longer than the root's bits lead on to a table of their own behind it.
//
// An entry holds
//
//	bits 0 to 5    length of the code, or of its rest after the root
//	bits 8 to 11   number of extra bits; of a link, the bits of its table
//	bits 16 to 30  literal, base of a length or a distance; of a link, where its table begins
//
// and the flags below. An entry of a code that isn't there is only entryOther.
type huffmanTable struct {
	root    int
	entries []uint32
}

const (
	entryLiteral = 1 << 31
	entryOther   = 1 << 15 // none of: literal, length, distance
	entryLink    = 1 << 14 // with entryOther
	entryEnd     = 1 << 13 // with entryOther: end of the block

	maxCodeBits = 15
	litRoot     = 11
	distRoot    = 8
	preRoot     = 7
)

// build makes the table from the code lengths of the symbols, whose entries
// (but for the length) symbols gives. Like zlib it refuses what is no complete
// prefix code, except that one code of one bit, or none at all, will do where
// sparse is set.
func (t *huffmanTable) build(lengths []uint8, symbols []uint32, root int, sparse bool) bool {
	var count [maxCodeBits + 1]int
	for _, n := range lengths {
		count[n]++
	}
	longest := maxCodeBits
	for longest > 0 && count[longest] == 0 {
		longest--
	}
	left := 1 // codes not used, of the length at hand
	for n := 1; n <= maxCodeBits; n++ {
		if left = 2*left - count[n]; left < 0 {
			return false
		}
	}
	if left > 0 && (!sparse || longest > 1) {
		return false
	}

	t.root = root
	if cap(t.entries) < 1<<root {
		t.entries = make([]uint32, 1<<root, 2<<root)
	}
	t.entries = t.entries[:1<<root]
	if left > 0 {
		for i := range t.entries {
			t.entries[i] = entryOther
		}
	}

	// The symbols in the order of their codes.
	var first [maxCodeBits + 2]int
	for n := 1; n <= maxCodeBits; n++ {
		first[n+1] = first[n] + count[n]
	}
	var sorted [288]uint16
	for symbol, n := range lengths {
		if n > 0 {
			sorted[first[n]] = uint16(symbol)
			first[n]++
		}
	}

	var code, reversed uint32 // reversed: the code as the stream has it, first bit lowest
	link := -1                // the root entry whose table is being filled
	linkBits := 0
	for n, next := 1, 0; n <= longest; n++ {
		for ; count[n] > 0; count[n]-- {
			entry := symbols[sorted[next]]
			next++
			if n <= root {
				entry |= uint32(n)
				for i := reversed; i < 1<<root; i += 1 << n {
					t.entries[i] = entry
				}
			} else {
				if at := int(reversed & (1<<root - 1)); at != link {
					link = at
					linkBits = subtableBits(count[:], n, root)
					t.entries[at] = entryOther | entryLink | uint32(len(t.entries))<<16 | uint32(linkBits)<<8 | uint32(root)
					t.entries = append(t.entries, make([]uint32, 1<<linkBits)...)
				}
				base := t.entries[link] >> 16
				entry |= uint32(n - root)
				for i := reversed >> root; i < 1<<linkBits; i += 1 << (n - root) {
					t.entries[base+i] = entry
				}
			}
			code++
			reversed = bits.Reverse32(code) >> (32 - n)
		}
		code <<= 1
		reversed = bits.Reverse32(code) >> (31 - n)
	}
	return true
}

// subtableBits is the size of a table for codes from length n on whose first
// root bits are the same: the least that the remaining codes can fill.
func subtableBits(count []int, n, root int) int {
	size := n - root
	for left := 1<<size - count[n]; left > 0 && root+size < maxCodeBits; {
		size++
		left = 2*left - count[root+size]
	}
	return size
}

// The alphabets of RFC 1951, section 3.2.5, as entries.
var (
	literalSymbols  = makeLiterals()
	distanceSymbols = makeDistances()
	preSymbols      = makePre()
)

func makeLiterals() (s [288]uint32) {
	for i := range 256 {
		s[i] = entryLiteral | uint32(i)<<16
	}
	s[256] = entryOther | entryEnd
	base := uint32(3)
	for i := 257; i < 285; i++ {
		extra := uint32(max(0, (i-261)/4))
		s[i] = base<<16 | extra<<8
		base += 1 << extra
	}
	s[285] = 258 << 16
	s[286], s[287] = entryOther, entryOther
	return s
}

func makeDistances() (s [32]uint32) {
	base := uint32(1)
	for i := range 30 {
		extra := uint32(max(0, (i-2)/2))
		s[i] = base<<16 | extra<<8
		base += 1 << extra
	}
	s[30], s[31] = entryOther, entryOther
	return s
}

func makePre() (s [19]uint32) {
	for i := range s {
		s[i] = uint32(i) << 16
	}
	return s
}
