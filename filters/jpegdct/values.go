package jpegdct

// A valueTable reads AC coefficients up to some zigzag index: the symbol and,
// if the code is short, the value at once. An entry is for the next bits of the
// data and holds, from the low end: the bits to pass (6), the value's size if it
// must still be read (4), how far the zigzag index gets (7), the value (15).
// An entry of 0 is for codes that are too long.
type valueTable struct {
	entries [1 << valueIndexBits]uint32
	ac      *lookup
}

const (
	valueIndexBits = 13
	valueEnd       = 96 // advance of EOB, more than what any symbols add up to
)

func newValueTable(ac *huffman) *valueTable {
	t := &valueTable{ac: ac.table()}
	ac.codes(func(symbol byte, code uint32, length int) {
		if length > valueIndexBits {
			return
		}
		spare := valueIndexBits - length
		first := code << spare
		for i := range uint32(1) << spare {
			t.entries[first+i] = valueEntry(symbol, length, uint64(i)<<(64-spare), spare)
		}
	})
	return t
}

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

// valueEntry makes the entry of a symbol of which the code has length bits and
// w begins with the spare ones that follow.
func valueEntry(symbol byte, length int, w uint64, spare int) uint32 {
	run, size := int(symbol>>4), int(symbol&15)
	e := uint32(length + size)
	switch {
	case size == 0 && run < 15:
		e |= valueEnd << 10
	case size <= spare:
		e |= uint32(run+1)<<10 | uint32(extend(w, size))<<17
	default:
		e |= uint32(size)<<6 | uint32(run+1)<<10
	}
	return e
}

// long makes the entry of a code that is too long for the table; 0 if there is
// no such code.
func (t *valueTable) long(w uint64) uint32 {
	symbol, length := t.ac.long(w)
	if length == 0 {
		return 0
	}
	return valueEntry(symbol, length, 0, 0)
}

// low reads a block's AC coefficients up to the zigzag index limit and puts the
// k-th at to[place[k]]; the others are skipped. It gives the position after the
// block, or -1 if the data make no sense.
func (t *valueTable) low(buf []byte, pos, limit int, skip *skipTable, to *tile, place *[64]uint8) int {
	k := 0 // of the coefficient read last
	for k < limit {
		// A window holds two symbols with their values.
		w := window(buf, pos)
		e := t.entries[w>>(64-valueIndexBits)]
		if e == 0 {
			if e = t.long(w); e == 0 {
				return -1
			}
		}
		pos += int(e & 63)
		if k += int(e >> 10 & 127); k > limit {
			break
		}
		v := int16(int32(e) >> 17)
		if size := int(e >> 6 & 15); size != 0 {
			v = int16(extend(w<<((int(e&63)-size)&63), size))
		}
		to[place[k&63]] = v
		if k == limit {
			break
		}

		w <<= e & 63
		e = t.entries[w>>(64-valueIndexBits)]
		if e == 0 {
			if e = t.long(w); e == 0 {
				return -1
			}
		}
		pos += int(e & 63)
		if k += int(e >> 10 & 127); k > limit {
			break
		}
		v = int16(int32(e) >> 17)
		if size := int(e >> 6 & 15); size != 0 {
			v = int16(extend(w<<((int(e&63)-size)&63), size))
		}
		to[place[k&63]] = v
	}
	switch {
	case k >= valueEnd || k == 63:
		return pos
	case k > 63:
		return -1
	}
	return skip.walk(buf, pos, k+1)
}
