package jpegdct

import (
	"cmp"
	"math/bits"
	"slices"
)

// A keptBlock is a block that is kept between the pass that counts symbols and the pass
// that writes them.
type keptBlock struct {
	block   coefBlock
	nonzero uint64
}

// symbolCounts are the frequencies of the symbols of each Huffman table, by slot.
type symbolCounts struct {
	dc, ac [2]frequencies
}

// optimise computes the blocks of all scans, counts their symbols and makes Huffman
// tables from the counts (T.81, K.2). It returns the blocks by scan.
func (e *planeEncoder) optimise(scans [][]scanComponent) [][]keptBlock {
	var counts symbolCounts
	kept := make([][]keptBlock, len(scans))
	for i, comps := range scans {
		s := e.newScan(comps)
		s.counts = &counts
		// Nothing is written, so there is no error.
		_ = s.encodeMCUs()
		kept[i] = s.kept
	}
	for class := range counts.dc {
		dcSpec, acSpec := counts.dc[class].huffman(), counts.ac[class].huffman()
		codes, acs := dcCodes(dcSpec), newACCodes(acSpec)
		for i := range e.comps {
			if c := &e.comps[i]; c.slot == class {
				c.dcSpec, c.acSpec, c.dc, c.ac = dcSpec, acSpec, &codes, acs
			}
		}
	}
	return kept
}

// frequencies has the number of occurrences of each symbol.
type frequencies [256]int

// countAC counts the symbols that writeAC writes for a block.
func (f *frequencies) countAC(block *coefBlock, nonzero uint64) {
	order := uint64(0)
	for n := nonzero &^ 1; n != 0; n &= n - 1 {
		order |= 1 << unzigzag[bits.TrailingZeros64(n)]
	}
	last := 0
	for ; order != 0; order &= order - 1 {
		k := bits.TrailingZeros64(order)
		run := k - last - 1
		f[0xF0] += run / 16
		f[run%16<<4|category(int32(block[zigzag[k]]))]++
		last = k
	}
	if last < 63 {
		f[0]++
	}
}

// huffman makes a Huffman table for the frequencies, with codes of at most 16 bits and
// none of all ones (T.81, K.2: the procedures Code_size, Count_BITS and Adjust_BITS).
func (f *frequencies) huffman() *huffman {
	var used []int
	for symbol, n := range f {
		if n > 0 {
			used = append(used, symbol)
		}
	}
	slices.SortStableFunc(used, func(a, b int) int { return cmp.Compare(f[b], f[a]) })
	sizes := f.codeSizes(used)
	// Adjust_BITS: of two codes of the longest size, their common prefix becomes the
	// code of one symbol, and a shorter code becomes the prefix of two, for its own
	// symbol and the other one.
	for size := len(sizes) - 1; size > 16; size-- {
		for sizes[size] > 0 {
			shorter := size - 2
			for sizes[shorter] == 0 {
				shorter--
			}
			sizes[size] -= 2
			sizes[size-1]++
			sizes[shorter+1] += 2
			sizes[shorter]--
		}
	}
	// The symbol that stands for the code of all ones has a code of the longest size.
	for size := 16; size > 0; size-- {
		if sizes[size] > 0 {
			sizes[size]--
			break
		}
	}
	h := new(huffman)
	for size := 1; size <= 16; size++ {
		h.counts[size-1] = byte(sizes[size])
	}
	for _, symbol := range used {
		h.values = append(h.values, byte(symbol))
	}
	return h
}

// codeSizes returns the number of Huffman codes of each size (T.81, K.2: Code_size and
// Count_BITS) for the used symbols, the most frequent first, and one more symbol of
// frequency 0, which stands for the code of all ones.
func (f *frequencies) codeSizes(used []int) []int {
	// depth[i] is the code size of leaf i. The two groups of least weight are merged.
	type group struct {
		weight int
		leaves []int
	}
	depth := make([]int, len(used)+1)
	groups := []group{{0, []int{len(used)}}}
	for i := len(used) - 1; i >= 0; i-- {
		groups = append(groups, group{f[used[i]], []int{i}})
	}
	for len(groups) > 1 {
		a, b := groups[0], groups[1]
		merged := group{a.weight + b.weight, append(slices.Clone(a.leaves), b.leaves...)}
		for _, leaf := range merged.leaves {
			depth[leaf]++
		}
		groups = groups[2:]
		at, _ := slices.BinarySearchFunc(groups, merged.weight+1, func(g group, w int) int { return cmp.Compare(g.weight, w) })
		groups = slices.Insert(slices.Clone(groups), at, merged)
	}
	sizes := make([]int, max(17, slices.Max(depth)+1))
	for _, d := range depth {
		sizes[d]++
	}
	if len(used) == 0 {
		sizes[0], sizes[1] = 0, 1
	}
	return sizes
}
