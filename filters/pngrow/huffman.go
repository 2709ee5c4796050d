package pngrow

import (
	"math/bits"
	"sync"
)

// A huffmanTable decodes the symbols of one alphabet (RFC 1951, section 3.2.2).
//
// The root table is indexed by the next root bits of the stream, the first of
// which is the lowest. Codes longer than root bits have an entry there that
// points to a subtable, which is indexed by the bits after the root's. The
// subtables follow the root table in entries.
//
// An entry consists of the flags below and
//
//	bits 0 to 5    length of the code; in a subtable, without the root bits
//	bits 8 to 11   number of extra bits; of a subtable pointer, the subtable's index bits
//	bits 16 to 30  literal, or base of a length or distance; of a subtable pointer, where the subtable begins
//
// The entry of a code that is not used is entryExceptional alone.
type huffmanTable struct {
	root    int // index bits of the root table
	entries []uint32
}

const (
	entryLiteral     = 1 << 31
	entryExceptional = 1 << 15 // neither a literal nor a length nor a distance
	entrySubtable    = 1 << 14 // with entryExceptional: points to a subtable
	entryEnd         = 1 << 13 // with entryExceptional: end of the block

	maxCodeBits = 15

	// The root bits of the three tables.
	literalRoot    = 11 // literals and lengths
	distanceRoot   = 8
	codeLengthRoot = 7
)

// build makes the table from the code lengths of an alphabet. The argument symbols
// holds the entry of each symbol without its code length. As in zlib, the codes
// must form a complete prefix code; if incompleteOK is set, a single code of one
// bit, or no code, is accepted too. build reports whether the codes are valid.
func (t *huffmanTable) build(lengths []uint8, symbols []uint32, root int, incompleteOK bool) bool {
	var count [maxCodeBits + 1]int
	for _, n := range lengths {
		count[n]++
	}
	longest := maxCodeBits
	for longest > 0 && count[longest] == 0 {
		longest--
	}
	left := 1 // unused codes of length n
	for n := 1; n <= maxCodeBits; n++ {
		if left = 2*left - count[n]; left < 0 {
			return false
		}
	}
	if left > 0 && (!incompleteOK || longest > 1) {
		return false
	}

	t.root = root
	if cap(t.entries) < 1<<root {
		t.entries = make([]uint32, 1<<root, 2<<root)
	}
	t.entries = t.entries[:1<<root]
	if left > 0 {
		for i := range t.entries {
			t.entries[i] = entryExceptional
		}
	}

	// Sort the symbols by their codes.
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

	var code, reversed uint32 // reversed: the code as in the stream, first bit lowest
	pointer := -1             // index of the root entry whose subtable is being filled
	indexBits := 0            // of that subtable
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
				if at := int(reversed & (1<<root - 1)); at != pointer {
					pointer = at
					indexBits = subtableBits(count[:], n, root)
					t.entries[at] = entryExceptional | entrySubtable | uint32(len(t.entries))<<16 | uint32(indexBits)<<8 | uint32(root)
					t.entries = append(t.entries, make([]uint32, 1<<indexBits)...)
				}
				base := t.entries[pointer] >> 16
				entry |= uint32(n - root)
				for i := reversed >> root; i < 1<<indexBits; i += 1 << (n - root) {
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

// subtableBits returns the number of index bits of a subtable whose shortest code
// has length n: the smallest number that the remaining codes can fill.
func subtableBits(count []int, n, root int) int {
	size := n - root
	for left := 1<<size - count[n]; left > 0 && root+size < maxCodeBits; {
		size++
		left = 2*left - count[root+size]
	}
	return size
}

// The entries of the alphabets without code lengths: RFC 1951, section 3.2.5, and
// for code lengths section 3.2.7. makeSymbols fills them; newInflater calls it, since
// most programs that link this package read no PNG.
var (
	literalSymbols    [288]uint32
	distanceSymbols   [32]uint32
	codeLengthSymbols [19]uint32

	makeSymbols sync.Once
)

func fillSymbols() {
	literalSymbols, distanceSymbols, codeLengthSymbols = makeLiterals(), makeDistances(), makeCodeLengths()
}

func makeLiterals() (s [288]uint32) {
	for i := range 256 {
		s[i] = entryLiteral | uint32(i)<<16
	}
	s[256] = entryExceptional | entryEnd
	base := uint32(3)
	for i := 257; i < 285; i++ {
		extra := uint32(max(0, (i-261)/4))
		s[i] = base<<16 | extra<<8
		base += 1 << extra
	}
	s[285] = 258 << 16
	s[286], s[287] = entryExceptional, entryExceptional
	return s
}

func makeDistances() (s [32]uint32) {
	base := uint32(1)
	for i := range 30 {
		extra := uint32(max(0, (i-2)/2))
		s[i] = base<<16 | extra<<8
		base += 1 << extra
	}
	s[30], s[31] = entryExceptional, entryExceptional
	return s
}

func makeCodeLengths() (s [19]uint32) {
	for i := range s {
		s[i] = uint32(i) << 16
	}
	return s
}
