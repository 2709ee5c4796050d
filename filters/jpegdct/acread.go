package jpegdct

// A valueTable reads AC coefficients: up to two symbols with their values at
// once, if they lie wholly in the index. An entry is for the next bits of the
// data and holds, from the low end: the bits to pass (6 bits), the zigzag
// advance of the first symbol (7, from 8) and of both (7, from 16), the bits of
// the first symbol (4, from 24), the size of a value that goes beyond the index and
// must still be read and added (4, from 28), and the first value (from 32) and
// the last one (from 48). Where there is but one symbol, it is both.
type valueTable struct {
	entries [1 << valueIndexBits]uint64
	ac      *lookup
}

const (
	valueIndexBits  = 11
	valueEnd        = 1 << 15 // the block ends here
	valueSlow       = 1 << 23 // the index ends before the code does, or before the value's sign
	valueSizeShift  = 28
	valueEOBAdvance = 64 // advance of EOB: the place of what it stores is a tile's junk
	// valuePairs is from where on a pair of symbols might begin in this block and
	// end in the next.
	valueLastPair = 63 - 16
)

// acTables makes each component's tables to read AC coefficients by, and to
// skip them if that is wanted.
func (sc *scan) acTables(indexBits int, skip bool) (values []*valueTable, skips []*skipTable) {
	skips = make([]*skipTable, len(sc.comps))
	if skip {
		skips = sc.skipTables(indexBits, false)
	}
	values = make([]*valueTable, len(sc.comps))
	for i, c := range sc.comps {
		for j := range i {
			if sc.comps[j].ac == c.ac {
				values[i] = values[j]
			}
		}
		if values[i] == nil {
			values[i] = newValueTable(c.ac)
		}
	}
	return values, skips
}

func newValueTable(ac *huffman) *valueTable {
	t := &valueTable{ac: ac.lookupTable()}
	for i := range t.entries {
		t.entries[i] = valueSlow
	}
	ac.eachCode(func(symbol byte, code uint32, length int) {
		spare, size := valueIndexBits-length, int(symbol&15)
		if spare < min(size, 1) {
			return
		}
		entries := t.entries[code<<spare:][:1<<spare]
		for i := range entries {
			switch {
			case size <= spare:
				entries[i] = valueEntry(symbol, length, uint64(i)<<(64-spare)) | uint64(length+size)<<24
			case i>>(spare-1) == 0:
				// Negative: the bits to be added count from -(1<<size - 1).
				entries[i] = valueEntry(symbol, length, 0) | uint64(size)<<valueSizeShift
			default:
				entries[i] = valueEntry(symbol, length, 0)&^(0xFFFFFFFF<<32) | uint64(size)<<valueSizeShift
			}
		}
	})
	for i, e := range &t.entries {
		t.entries[i] = t.pair(e, i)
	}
	return t
}

// valueEntry makes the entry of a symbol of which the code has length bits; w
// begins with what follows.
func valueEntry(symbol byte, length int, w uint64) uint64 {
	run, size := int(symbol>>4), int(symbol&15)
	if size == 0 && run < 15 {
		return valueEOBAdvance<<16 | valueEOBAdvance<<8 | valueEnd | uint64(length)
	}
	advance, v := uint64(run+1), uint64(uint16(extend(w, size)))
	return v<<48 | v<<32 | advance<<16 | advance<<8 | uint64(length+size)
}

// pair extends e, the entry of the index i, by the symbol that follows if that
// lies wholly in the index too.
func (t *valueTable) pair(e uint64, i int) uint64 {
	length := e & 63
	if e&valueEnd != 0 || e>>24&15 == 0 {
		return e
	}
	// What follows may be a pair by now: its first half is wanted.
	next := t.entries[i<<length&(1<<valueIndexBits-1)]
	bits, advance, v := next>>24&15, next>>8&127, next>>32&0xFFFF
	if bits == 0 || length+bits > valueIndexBits {
		return e
	}
	if advance == valueEOBAdvance {
		e |= valueEnd
	}
	return e&^(0xFFFF<<48|127<<16|63) | v<<48 | (e>>8&127+advance)<<16 | (length + bits)
}

// symbolEntry makes the entry of the one symbol at the head of w, or 0 if there is no
// such code.
func (t *valueTable) symbolEntry(w uint64) uint64 {
	symbol, length := t.ac.symbol(w)
	if length == 0 {
		return 0
	}
	return valueEntry(symbol, length, w<<length)
}

// readLowGo is low in plain Go, with from coefficients read before.
func (t *valueTable) readLowGo(buf []byte, pos, from, limit int, skip *skipTable, to *tile, place *places) int {
	k, e := from, uint64(0) // of the coefficient read last
	pairs := min(limit, valueLastPair)
	for w := window(buf, pos); k < pairs; {
		// The window for the next step is loaded before this one's length is
		// known: loading it is not waited for.
		ahead := window(buf, pos)
		e = t.entries[w>>(64-valueIndexBits)]
		if e&(valueSlow|15<<valueSizeShift) != 0 {
			if e = t.symbolEntry(ahead); e == 0 {
				return -1
			}
		}
		w = ahead << (e & 63)
		pos += int(e & 63)
		to[place[(k+int(e>>8))&127]] = int16(e >> 32)
		k += int(e >> 16 & 127)
		to[place[k&127]] = int16(e >> 48)
	}
	for k < limit {
		if e = t.symbolEntry(window(buf, pos)); e == 0 {
			return -1
		}
		pos += int(e & 63)
		k += int(e >> 16 & 127)
		to[place[k&127]] = int16(e >> 48)
	}
	switch {
	case e&valueEnd != 0 || k == 63:
		return pos
	case k > 63:
		return -1
	}
	return skip.skipRest(buf, pos, k+1)
}
