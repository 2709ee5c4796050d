package jpegdct

// A skipTable walks over the AC coefficients of blocks whose values nobody
// wants, several symbols at a step. An entry is for the next bits of the data
// and says how many bits to pass (low 6) and how far k, the zigzag index of the
// next coefficient, gets (the rest, plus skipEnd if the block ends there).
//
// An entry of several symbols may hold more than is left of the block; the
// walk then takes one symbol the slow way.
type skipTable struct {
	acEntries [1 << skipBits]uint16
	dcEntries [1 << skipBits]uint16 // from DC on, where k is 0; only where wanted
	dc, ac    *lookup
}

const (
	skipBits       = 12
	skipMaxBits    = 22  // such a step leaves an index in a window
	skipMaxAdvance = 127 // the most that entries without EOB advance k by
	skipEnd        = 256 // added to k by EOB
	skipUnknown    = 512
)

// skipTables makes the tables to skip each component's blocks by, from their
// DC on if that is wanted.
func (sc *scan) skipTables(indexBits int, dcToo bool) []*skipTable {
	tables := make([]*skipTable, len(sc.comps))
	for i, c := range sc.comps {
		for j, other := range sc.comps[:i] {
			if other.ac == c.ac && (!dcToo || other.dc == c.dc) {
				tables[i] = tables[j]
			}
		}
		dc := c.dc
		if !dcToo {
			dc = nil
		}
		if tables[i] == nil {
			tables[i] = newSkipTable(dc, c.ac, indexBits)
		}
	}
	return tables
}

// skipIndexBits chooses between a table that is quick to make and one that is
// quick to use.
func (r *Reader) skipIndexBits() int {
	if r.hdr.Width*r.hdr.Height < 1<<19 {
		return 10
	}
	return skipBits
}

// newSkipTable makes a table for AC codes, and if dc is not nil for blocks
// whose DC difference is skipped with them. Only indexBits of an index, at most
// skipBits, are made use of: fewer take less time to make, more resolve more
// symbols at once.
func newSkipTable(dc, ac *huffman, indexBits int) *skipTable {
	t := &skipTable{ac: ac.lookupTable()}
	single := make([]uint16, 1<<indexBits)
	for i := range single {
		single[i] = skipUnknown << 6
	}
	fillSkip(single, ac, indexBits, func(symbol byte) (bits, advance int) {
		run, size := int(symbol>>4), int(symbol&15)
		switch {
		case size > 0 || run == 15:
			return size, run + 1
		default:
			return 0, skipEnd
		}
	})
	size := 1 << indexBits
	for i := range size {
		spread(&t.acEntries, i, indexBits, joinSkips(single[i], single, i, indexBits))
	}
	if dc != nil {
		t.dc = dc.lookupTable()
		heads := make([]uint16, size)
		for i := range heads {
			heads[i] = skipUnknown << 6
		}
		fillSkip(heads, dc, indexBits, func(symbol byte) (bits, advance int) { return int(symbol), 1 })
		for i := range heads {
			spread(&t.dcEntries, i, indexBits, joinSkips(heads[i], single, i, indexBits))
		}
	}
	return t
}

// fillSkip enters every code that is short enough.
func fillSkip(to []uint16, h *huffman, indexBits int, meaning func(symbol byte) (bits, advance int)) {
	h.eachCode(func(symbol byte, code uint32, length int) {
		bits, advance := meaning(symbol)
		if length > indexBits || length+bits > skipMaxBits {
			return
		}
		entry := uint16(advance<<6 | length + bits)
		first := code << (indexBits - length)
		for i := range uint32(1) << (indexBits - length) {
			to[first+i] = entry
		}
	})
}

// joinSkips extends e, the entry of index i, by the symbols that lie wholly
// within the index too.
func joinSkips(e uint16, single []uint16, i, indexBits int) uint16 {
	for {
		length := int(e & 63)
		if length == 0 || length >= indexBits || e>>6 >= skipEnd {
			return e
		}
		next := single[i<<length&(1<<indexBits-1)]
		if next>>6 >= skipUnknown || length+int(next&63) > indexBits || e>>6+next>>6&skipMaxAdvance > skipMaxAdvance {
			return e
		}
		e += next
	}
}

// spread puts e where the first indexBits of the index are i.
func spread(to *[1 << skipBits]uint16, i, indexBits int, e uint16) {
	n := 1 << (skipBits - indexBits)
	for j := range to[i*n:][:n] {
		to[i*n+j] = e
	}
}

// skipRest passes the rest of a block from the k-th coefficient on; k is 1..63.
func (t *skipTable) skipRest(buf []byte, pos, k int) int {
	var e uint16
	for w := window(buf, pos); k < 64; {
		// The window for the next step is loaded before this one's length is
		// known: loading it is not waited for.
		ahead := window(buf, pos)
		e = t.acEntries[w>>(64-skipBits)]
		w = ahead << (e & 63)
		pos += int(e & 63)
		k += int(e >> 6)
	}
	if k == 64 || k >= skipEnd && k < skipEnd+64 {
		return pos
	}
	return t.skipRestSlow(buf, pos-int(e&63), k-int(e>>6))
}

// skipRestSlow passes the rest of a block whose next symbol no entry knows. It gives
// the position after it, or -1 if there is no such code.
func (t *skipTable) skipRestSlow(buf []byte, pos, k int) int {
	switch pos, k = t.skipSymbol(buf, pos, k); {
	case k < 64:
		return t.skipRest(buf, pos, k)
	case k > 64:
		return -1
	}
	return pos
}

// skipSymbol passes one symbol, of DC if k is 0; k is 64 at the block's end and more if
// that is past.
func (t *skipTable) skipSymbol(buf []byte, pos, k int) (int, int) {
	w := window(buf, pos)
	if k == 0 {
		symbol, length := t.dc.symbol(w)
		if length == 0 {
			return pos, 65
		}
		return pos + length + int(symbol), 1
	}
	symbol, length := t.ac.symbol(w)
	run, size := int(symbol>>4), int(symbol&15)
	switch {
	case length == 0:
		return pos, 65
	case size == 0 && run < 15:
		return pos + length, 64
	}
	return pos + length + size, k + run + 1
}
