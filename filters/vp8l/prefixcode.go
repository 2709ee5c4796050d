package vp8l

import (
	"math/bits"
	"slices"
)

// A prefixCode is a canonical prefix code (section 6.2).
type prefixCode struct {
	codes   []code // of each symbol
	used    int    // symbols
	symbols [2]int // the first two that are used
}

// A code has up to 15 bits, the first one to be written as the lowest. A symbol that is
// not used has none; nor has the only one that is used.
type code struct{ bits, length uint16 }

const maxCodeLength = 15

// newPrefixCode returns the best code for symbols that come as often as counts say.
func newPrefixCode(counts []uint32) prefixCode {
	return limitedCode(counts, maxCodeLength)
}

// limitedCode returns a code without codes that are longer than limit bits.
func limitedCode(counts []uint32, limit int) prefixCode {
	c := prefixCode{codes: make([]code, len(counts))}
	for s, n := range counts {
		if n > 0 {
			if c.used < len(c.symbols) {
				c.symbols[c.used] = s
			}
			c.used++
		}
	}
	if c.used < 2 {
		return c
	}
	for least := uint32(1); !c.setLengths(counts, least, limit); least *= 2 {
		// Rare symbols count more and more, until the code is short enough.
	}
	c.setBits()
	return c
}

// A node is a symbol, or two nodes under it.
type node struct {
	count       uint64
	symbol      int // below 0: none
	left, right int // nodes
}

// setLengths sets the lengths of Huffman's code, where each symbol that is used counts at
// least least. It returns false if one is longer than limit bits.
func (c *prefixCode) setLengths(counts []uint32, least uint32, limit int) bool {
	nodes := make([]node, 0, 2*c.used)
	for s, n := range counts {
		if n > 0 {
			nodes = append(nodes, node{count: uint64(max(n, least)), symbol: s})
		}
	}
	slices.SortStableFunc(nodes, func(a, b node) int { return int(int64(a.count) - int64(b.count)) })
	leaf, inner := 0, c.used // the rarest of each that have no parent yet
	next := func() int {
		if leaf < c.used && (inner == len(nodes) || nodes[leaf].count <= nodes[inner].count) {
			leaf++
			return leaf - 1
		}
		inner++
		return inner - 1
	}
	for len(nodes) < 2*c.used-1 {
		l, r := next(), next()
		nodes = append(nodes, node{nodes[l].count + nodes[r].count, -1, l, r})
	}
	depths := make([]uint16, len(nodes)) // a parent comes behind its children
	for i := len(nodes) - 1; i >= 0; i-- {
		n := nodes[i]
		if n.symbol < 0 {
			depths[n.left], depths[n.right] = depths[i]+1, depths[i]+1
			continue
		}
		if int(depths[i]) > limit {
			return false
		}
		c.codes[n.symbol].length = depths[i]
	}
	return true
}

// setBits sets the bits by the lengths: shorter codes come first, then lower symbols.
func (c *prefixCode) setBits() {
	var next [maxCodeLength + 2]uint16 // code of each length
	for _, k := range c.codes {
		if k.length > 0 {
			next[k.length+1]++
		}
	}
	for n := 1; n < len(next); n++ {
		next[n] = (next[n-1] + next[n]) << 1
	}
	for s := range c.codes {
		if k := &c.codes[s]; k.length > 0 {
			k.bits = bits.Reverse16(next[k.length]) >> (16 - k.length)
			next[k.length]++
		}
	}
}
