package jpegdct

// A skipTable walks over the AC coefficients of blocks whose values nobody
// wants, several symbols at a step. An entry is for the next bits of the data
// and says how many bits to pass (low 5) and how far k, the zigzag index of the
// next coefficient, gets (the rest, plus skipEnd if the block ends there).
//
// An entry of several symbols may hold more than is left of the block; the
// walk then takes one symbol the slow way.
type skipTable struct {
	first   [1 << skipBits]uint16 // from DC on; only where wanted
	entries [1 << skipBits]uint16
	shift   uint // window bits beside the index
	dc, ac  *lookup
}

const (
	skipBits    = 13
	skipMaxLen  = 22  // three such steps fit into a window
	skipEnd     = 512 // added to k by EOB
	skipUnknown = 1024
)

// newSkipTable makes a table for AC codes, and if dc is not nil for blocks
// whose DC difference is skipped with them. indexBits is at most skipBits:
// fewer take less time to make, more resolve more symbols at once.
func newSkipTable(dc, ac *huffman, indexBits int) *skipTable {
	t := &skipTable{shift: uint(64 - indexBits), ac: ac.table()}
	single := make([]uint16, 1<<indexBits)
	for i := range single {
		single[i] = skipUnknown << 5
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
		t.entries[i] = joinSkips(single[i], single, i, indexBits)
	}
	if dc != nil {
		t.dc = dc.table()
		heads := make([]uint16, size)
		for i := range heads {
			heads[i] = skipUnknown << 5
		}
		fillSkip(heads, dc, indexBits, func(symbol byte) (bits, advance int) { return int(symbol), 0 })
		for i := range heads {
			t.first[i] = joinSkips(heads[i], single, i, indexBits)
		}
	}
	return t
}

// fillSkip enters every code that is short enough.
func fillSkip(to []uint16, h *huffman, indexBits int, meaning func(symbol byte) (bits, advance int)) {
	h.codes(func(symbol byte, code uint32, length int) {
		bits, advance := meaning(symbol)
		if length > indexBits || length+bits > skipMaxLen {
			return
		}
		entry := uint16(advance<<5 | length + bits)
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
		length := int(e & 31)
		if length == 0 || length >= indexBits || e>>5 >= skipEnd {
			return e
		}
		next := single[i<<length&(1<<indexBits-1)]
		if next>>5 >= skipUnknown || length+int(next&31) > indexBits {
			return e
		}
		e += next
	}
}

// block passes a whole block from its DC difference on. It gives the position
// after it, or -1 if there is no such code.
func (t *skipTable) block(buf []byte, pos int) int {
	w := window(buf, pos)
	e := t.first[w>>(t.shift&63)&(1<<skipBits-1)]
	k := 1 + int(e>>5)
	pos += int(e & 31)
	switch {
	case k < 64:
		return t.walk(buf, pos, k)
	case k == 64 || k >= skipEnd && k < skipEnd+64:
		return pos
	}
	pos -= int(e & 31)
	symbol, length := t.dc.symbol(w)
	if length == 0 {
		return -1
	}
	return t.walk(buf, pos+length+int(symbol), 1)
}

// walk passes the rest of a block from the k-th coefficient on; k is 1..63.
func (t *skipTable) walk(buf []byte, pos, k int) int {
	shift := t.shift & 63
	for {
		w := window(buf, pos)
		e := t.entries[w>>shift&(1<<skipBits-1)]
		pos += int(e & 31)
		k += int(e >> 5)
		if k < 64 {
			w <<= e & 31
			e = t.entries[w>>shift&(1<<skipBits-1)]
			pos += int(e & 31)
			k += int(e >> 5)
			if k < 64 {
				w <<= e & 31
				e = t.entries[w>>shift&(1<<skipBits-1)]
				pos += int(e & 31)
				k += int(e >> 5)
				if k < 64 {
					continue
				}
			}
		}
		if k == 64 || k >= skipEnd && k < skipEnd+64 {
			return pos
		}
		pos -= int(e & 31)
		k -= int(e >> 5)
		if pos, k = t.step(buf, pos, k); k > 63 {
			if k > 64 {
				return -1
			}
			return pos
		}
	}
}

// step passes one symbol; k is 64 at the block's end and more if that is past.
func (t *skipTable) step(buf []byte, pos, k int) (int, int) {
	w := window(buf, pos)
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
