package jpegdct

// A skipTable skips coefficients without decoding their values, several symbols in
// one step. The index of an entry is the next skipBits of the data. The fields of an
// entry are, with their lowest bit and their width:
//
//	0, 5   number of bits to skip
//	5, 3   class of the last value; the other values have class 0
//	8, 8   what to add to the zigzag index of the next coefficient: the number of
//	       coefficients, and skipEnd if the block ends there
//
// An entry may cover more coefficients than the block has left. Then one symbol is
// decoded on its own. A table without entries is for pictures so small that they take
// less time than the entries.
type skipTable struct {
	acEntries *skipEntries // for k > 0
	dcEntries *skipEntries // for k = 0: DC, and AC after it; nil if dc is nil
	dc, ac    *lookup      // for longer codes
	classes   classes
}

type skipEntries [1 << skipBits]uint16

// Results of the functions that read or skip the rest of a block, other than its end.
const (
	readInvalid = -1 // the data are invalid
	readLarge   = -2 // a value exceeds its bound
)

// Zigzag indices that tell why no more coefficients of a block can be read or skipped.
const (
	blockEnd     = 64 // all have been
	blockInvalid = 65 // the data are invalid
	blockLarge   = 66 // as readLarge
)

// blockResult returns the result for a block whose reading ended with k at pos.
func blockResult(pos, k int) int {
	switch k {
	case blockEnd:
		return pos
	case blockLarge:
		return readLarge
	}
	return readInvalid
}

const (
	skipBits       = 12
	skipClassShift = 5
	skipClasses    = 7   // other than 0
	skipMaxBits    = 22  // limit on the bits of an entry: two steps leave a whole index in a window
	skipMaxAdvance = 63  // limit on the coefficients of an entry
	skipEnd        = 128 // EOB
	skipUnknown    = 192 // the code and its value do not fit in an entry
)

// skipTables makes a table for each component, with entries for DC if dcToo is set.
// weak has the bounds for the values of each component, or nil for none. Components with the
// same Huffman tables and classes share a table.
func (sc *scan) skipTables(indexBits int, dcToo bool, weak []*bounds) []*skipTable {
	tables := make([]*skipTable, len(sc.comps))
	for i, c := range sc.comps {
		for j, other := range sc.comps[:i] {
			if other.ac == c.ac && (!dcToo || other.dc == c.dc) && tables[j].classes == weak[i].skipClasses() {
				tables[i] = tables[j]
			}
		}
		dc := c.dc
		if !dcToo {
			dc = nil
		}
		if tables[i] == nil {
			tables[i] = newSkipTable(dc, c.ac, indexBits, weak[i])
		}
	}
	return tables
}

// skipIndexBits returns the number of index bits that suits the size of the picture:
// tables with fewer are faster to make, tables with more are faster to use. 0 means
// tables without entries.
func (r *Reader) skipIndexBits() int {
	switch pixels := r.hdr.Width * r.hdr.Height; {
	case pixels < 1<<12:
		return 0
	case pixels < 1<<19:
		return minSkipBits
	}
	return skipBits
}

// minSkipBits is the least number of index bits of a table with entries.
const minSkipBits = 10

// newSkipTable makes a table for AC coefficients, and for DC if dc is not nil. Only
// the first indexBits of an index, at most skipBits, are used. With indexBits = 0 the
// table has no entries. weak is as in skipTables.
func newSkipTable(dc, ac *huffman, indexBits int, weak *bounds) *skipTable {
	t := &skipTable{ac: ac.lookupTable(), classes: weak.skipClasses()}
	if dc != nil {
		t.dc = dc.lookupTable()
	}
	if indexBits == 0 {
		return t
	}
	t.acEntries = new(skipEntries)
	single := make([]uint16, 1<<indexBits)
	for i := range single {
		single[i] = skipUnknown << 8
	}
	fillSkip(single, ac, indexBits, &t.classes, func(symbol byte) (size, advance int) {
		run, size := int(symbol>>4), int(symbol&15)
		if size == 0 && run < 15 {
			return 0, skipEnd
		}
		return size, run + 1
	})
	size := 1 << indexBits
	for i := range size {
		spread(t.acEntries, i, indexBits, joinSkips(single[i], single, i, indexBits))
	}
	if dc != nil {
		t.dcEntries = new(skipEntries)
		heads := make([]uint16, size)
		for i := range heads {
			heads[i] = skipUnknown << 8
		}
		fillSkip(heads, dc, indexBits, new(classes), func(symbol byte) (size, advance int) { return int(symbol), 1 })
		for i := range heads {
			spread(t.dcEntries, i, indexBits, joinSkips(heads[i], single, i, indexBits))
		}
	}
	return t
}

// fillSkip sets the entries of all codes that fit: of at most indexBits, and with the
// bits of the value at most skipMaxBits. symbolFields returns the number of those bits,
// and what to add to the zigzag index. DC symbols have classes that are all 0.
func fillSkip(to []uint16, h *huffman, indexBits int, classes *classes, symbolFields func(symbol byte) (size, advance int)) {
	h.eachCode(func(symbol byte, code uint32, length int) {
		size, advance := symbolFields(symbol)
		spare := indexBits - length
		if spare < 0 || length+size > skipMaxBits {
			return
		}
		for i := range uint32(1) << spare {
			class := classes[codedLevel(symbol, i, spare)]
			to[code<<spare+i] = uint16(advance<<8 | int(class)<<skipClassShift | length + size)
		}
	})
}

// joinSkips adds to e, the entry of the index i, the next symbols whose bits are all
// in the index.
func joinSkips(e uint16, single []uint16, i, indexBits int) uint16 {
	for {
		length := int(e & 31)
		if length == 0 || length >= indexBits || e>>8 >= skipEnd || e>>skipClassShift&7 > 0 {
			return e
		}
		next := single[i<<length&(1<<indexBits-1)]
		if next>>8 >= skipUnknown || length+int(next&31) > indexBits || e>>8+next>>8&skipMaxAdvance > skipMaxAdvance {
			return e
		}
		e += next
	}
}

// spread sets all entries whose index begins with i, which has indexBits, to e.
func spread(to *skipEntries, i, indexBits int, e uint16) {
	n := 1 << (skipBits - indexBits)
	for j := range to[i*n:][:n] {
		to[i*n+j] = e
	}
}

// skipRest skips the rest of a block from zigzag index k, 1..63, on. It returns the
// position after the block, or readInvalid.
func (t *skipTable) skipRest(buf []byte, pos, k int) int {
	for {
		if pos, k = t.skipKnown(buf, pos, k, &unbounded.suspect); k < blockEnd {
			pos, k = t.skipSymbol(buf, pos, k)
		}
		if k >= blockEnd {
			return blockResult(pos, k)
		}
	}
}

// skipKnown skips coefficients from zigzag index k, 1..63, on as long as their symbols are
// in the entries and not suspect. It returns the position after them and the zigzag index
// of the next coefficient, or blockEnd.
func (t *skipTable) skipKnown(buf []byte, pos, k int, suspect *suspects) (next, nextK int) {
	var e uint16
	for w := window(buf, pos); k < 64; {
		// The window is loaded before the length of this step is known, so that the
		// next step does not wait for the load.
		ahead := window(buf, pos)
		e = t.acEntries[w>>(64-skipBits)]
		w = ahead << (e & 31)
		pos += int(e & 31)
		if k += int(e >> 8); uint8(e) >= suspect[k&255] {
			return pos - int(e&31), k - int(e>>8)
		}
	}
	if k == 64 || k >= skipEnd && k < skipEnd+64 {
		return pos, blockEnd
	}
	return pos - int(e&31), k - int(e>>8)
}

// skipSymbol skips the symbol of the coefficient k and its value. It returns the
// position and the zigzag index after it, or blockEnd or blockInvalid.
func (t *skipTable) skipSymbol(buf []byte, pos, k int) (int, int) {
	w := window(buf, pos)
	if k == 0 {
		symbol, length := t.dc.symbol(w)
		if length == 0 {
			return pos, blockInvalid
		}
		return pos + length + int(symbol), 1
	}
	symbol, length := t.ac.symbol(w)
	run, size := int(symbol>>4), int(symbol&15)
	switch {
	case length == 0:
		return pos, blockInvalid
	case size == 0 && run < 15:
		return pos + length, blockEnd
	}
	if k += run + 1; k > blockEnd {
		return pos, blockInvalid
	}
	return pos + length + size, k
}
