package jpegdct

// A valueTable decodes AC coefficients (T.81, F.2.2.2): in one step up to two
// symbols with the values after them, if all their bits are in the index. The index
// of an entry is the next valueIndexBits of the data. The fields of an entry are,
// with their lowest bit and their width:
//
//	0, 6   number of bits of the symbols and their values
//	6, 2   class of the last value; the first one of two has class 0
//	8, 8   advance of the zigzag index by the first symbol
//	16, 7  advance of the zigzag index by both symbols
//	23, 1  valueEnd
//	24, 8  size of a value that is not in the entry: its bits must be read and added
//	32, 16 the first value
//	48, 16 the last value
//
// An entry of one symbol has this symbol as the first and the last. The assembly loads
// the fields by their bytes.
type valueTable struct {
	entries [1 << valueIndexBits]uint64
	first   [1 << valueIndexBits]uint8 // number of bits of the first symbol and its value; 0 if they are not all in the index
	ac      *lookup                    // for longer codes
	classes classes
}

const (
	valueIndexBits  = 11
	valueClassShift = 6
	valueClasses    = 3 // other than 0
	valueClass      = valueClasses << valueClassShift
	valueEnd        = 1 << 23        // the block ends after the last symbol
	valueEndOffset  = valueEnd >> 16 // as a part of the advance
	valueSizeShift  = 24
	valueEOBAdvance = 64 // advance of EOB, whose value 0 then goes to coefJunk
	// valueSlow is the entry of a code that is not all in the index, or of which the sign of
	// the value is not. No other entry has a low byte as large. Its value goes to coefJunk.
	valueSlow = valueEOBAdvance<<16 | valueEOBAdvance<<8 | 255
	// From the zigzag index valueLastPair on, the second symbol of a pair might belong
	// to the next block.
	valueLastPair = 63 - 16
)

// acTables makes the tables that read AC coefficients, for each component, and if
// skip is set those that skip them, else nil. weak is as in skipTables. Components with the
// same Huffman table and classes share a table.
func (sc *scan) acTables(indexBits int, skip bool, weak []*bounds) (values []*valueTable, skips []*skipTable) {
	skips = make([]*skipTable, len(sc.comps))
	if skip {
		skips = sc.skipTables(max(indexBits, minSkipBits), false, weak)
	}
	values = make([]*valueTable, len(sc.comps))
	for i, c := range sc.comps {
		for j := range i {
			if sc.comps[j].ac == c.ac && values[j].classes == weak[i].valueClasses() {
				values[i] = values[j]
			}
		}
		if values[i] == nil {
			values[i] = newValueTable(c.ac, weak[i])
		}
	}
	return values, skips
}

// newValueTable makes the table for an AC Huffman table. weak has the bounds for the values,
// or is nil for none.
func newValueTable(ac *huffman, weak *bounds) *valueTable {
	t := &valueTable{ac: ac.lookupTable(), classes: weak.valueClasses()}
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
				entries[i] = valueEntry(symbol, length, uint64(i)<<(64-spare))
				t.first[int(code)<<spare+i] = uint8(length + size)
			case i>>(spare-1) == 0:
				// The value is negative: its bits are added to -(1<<size - 1).
				entries[i] = valueEntry(symbol, length, 0) | uint64(size)<<valueSizeShift
			default:
				entries[i] = valueEntry(symbol, length, 0)&^(0xFFFFFFFF<<32) | uint64(size)<<valueSizeShift
			}
			entries[i] |= uint64(t.classes[codedLevel(symbol, uint32(i), spare)]) << valueClassShift
		}
	})
	for i, e := range &t.entries {
		t.entries[i] = t.pair(e, i)
	}
	return t
}

// valueEntry returns the entry of one symbol, with class 0. length is the length of its
// code in bits; w has the bits after the code.
func valueEntry(symbol byte, length int, w uint64) uint64 {
	run, size := int(symbol>>4), int(symbol&15)
	if size == 0 && run < 15 {
		return valueEOBAdvance<<16 | valueEOBAdvance<<8 | valueEnd | uint64(length)
	}
	advance, v := uint64(run+1), uint64(uint16(extend(w, size)))
	return v<<48 | v<<32 | advance<<16 | advance<<8 | uint64(length+size)
}

// pair adds the next symbol to e, the entry of the index i, if all bits of that symbol and
// its value are in the index, and the first value has class 0.
func (t *valueTable) pair(e uint64, i int) uint64 {
	length := int(t.first[i])
	if length == 0 || e&(valueEnd|valueClass) != 0 {
		return e
	}
	at := i << length & (1<<valueIndexBits - 1)
	next, bits := t.entries[at], int(t.first[at])
	if bits == 0 || length+bits > valueIndexBits {
		return e
	}
	if int(next&63) != bits { // it is a pair already: only its first symbol, of class 0, is added
		next &^= valueClass
	}
	advance, class, v := next>>8&255, next&valueClass, next>>32&0xFFFF
	if advance == valueEOBAdvance {
		e |= valueEnd
	}
	return e&^(0xFFFF<<48|127<<16|63) | v<<48 | (e>>8&255+advance)<<16 | class | uint64(length+bits)
}

// symbolEntry returns the entry of the one symbol at the head of w, or 0 if there is
// no such code.
func (t *valueTable) symbolEntry(w uint64) uint64 {
	symbol, length := t.ac.symbol(w)
	if length == 0 {
		return 0
	}
	return valueEntry(symbol, length, w<<length)
}

// readSymbol reads the symbol of a coefficient after the one with the zigzag index k, and
// its value. It returns the position after it and the zigzag index of the coefficient,
// or if none is to be read after it, blockEnd, blockInvalid or blockLarge.
func (t *valueTable) readSymbol(buf []byte, pos, k int, to *coefs, place *places, bounds *valueBounds) (next, last int) {
	e := t.symbolEntry(window(buf, pos))
	if e == 0 {
		return pos, blockInvalid
	}
	pos += int(e & 63)
	advance := int(e >> 16 & 127)
	k += advance
	to[place[k&127]] = int16(e >> 48)
	switch {
	case bounds.exceeded(k, advance, uint16(e>>48)):
		return pos, blockLarge
	case e&valueEnd != 0 || k == 63:
		return pos, blockEnd
	case k > 63:
		return pos, blockInvalid
	}
	return pos, k
}
