package jpegdct

import "math/bits"

// A blockReader reads the blocks of a component in a sequential scan.
type blockReader struct {
	dc      *lookup
	values  *valueTable
	limit   int          // the largest zigzag index of the coefficients that are needed
	pairs   int          // up to this index, pairs of them may be read
	skip    *skipTable   // for the coefficients above limit
	entries *skipEntries // of skip; nil if all coefficients are read
	place   *places
	weak    *bounds  // see read; may be nil
	suspect suspects // of the values that are skipped, those that may exceed their bounds
	pred    int32    // DC prediction
}

// newBlockReader makes a reader for a component of a scan. skip may be nil if limit is 63.
func newBlockReader(c *scanComponent, values *valueTable, skip *skipTable, limit int, place *places, weak *bounds) *blockReader {
	r := &blockReader{dc: c.dc.lookupTable(), values: values, limit: limit, pairs: min(limit, valueLastPair), place: place, weak: weak}
	if limit > valueLastPair {
		return r
	}
	r.skip, r.entries, r.suspect = skip, skip.acEntries, noSuspects
	for k, at := range place[:64] {
		if weak != nil && at != coefJunk {
			r.suspect[k+1] = suspectClass(max(weak.bits(at)-skip.large+1, 1))
		}
	}
	return r
}

// readWhole reads a block with all its coefficients. It returns the position after the
// block, or readInvalid.
func (r *blockReader) readWhole(buf []byte, pos int, to *coefs) int {
	whole := r.whole()
	pos, _ = whole.read(buf, pos, to)
	r.pred = whole.pred
	return pos
}

// whole returns a reader of all coefficients.
func (r *blockReader) whole() blockReader {
	return blockReader{dc: r.dc, values: r.values, limit: 63, pairs: valueLastPair, place: r.place, pred: r.pred}
}

// readDC reads the DC coefficient of a block. It returns the position after it, or
// readInvalid.
func (r *blockReader) readDC(buf []byte, pos int, to *coefs) int {
	w := window(buf, pos)
	symbol, length := r.dc.symbol(w)
	if length == 0 {
		return readInvalid
	}
	r.pred += extend(w<<(length&63), int(symbol))
	to[0] = int16(r.pred)
	return pos + length + int(symbol)
}

// readGo is read in Go.
func (r *blockReader) readGo(buf []byte, pos int, to *coefs) (next int, strong bool) {
	start, pred := pos, r.pred
	*to = coefs{}
	if pos = r.readDC(buf, pos, to); pos == readInvalid {
		return readInvalid, false
	}
	k, e := 0, uint64(0) // zigzag index and entry of the last coefficient
	for w := window(buf, pos); k < r.pairs; {
		// The window is loaded before the length of this step is known, so that the
		// next step does not wait for the load.
		ahead := window(buf, pos)
		e = r.values.entries[w>>(64-valueIndexBits)]
		if e&(valueSlow|15<<valueSizeShift) != 0 {
			if e = r.values.symbolEntry(ahead); e == 0 {
				return readInvalid, false
			}
		}
		w = ahead << (e & 63)
		pos += int(e & 63)
		to[r.place[(k+int(e>>8))&127]] = int16(e >> 32)
		k += int(e >> 16 & 127)
		to[r.place[k&127]] = int16(e >> 48)
	}
	strong = r.weak != nil && r.weak.exceededGo(to)
	switch {
	case e&valueEnd != 0 || k == 63:
		return pos, strong
	case k > 63:
		return readInvalid, false
	}
	for k < blockEnd {
		if r.entries != nil && !strong && k >= r.limit {
			if pos, k = r.skip.skipKnown(buf, pos, k+1, &r.suspect); k == blockEnd {
				break
			}
			k--
		}
		pos, k = r.values.readSymbol(buf, pos, k, to, r.place)
	}
	if k == blockEnd && !strong && r.weak != nil && r.weak.exceededGo(to) {
		r.pred = pred
		whole := r.whole()
		pos, _ = whole.readGo(buf, start, to)
		r.pred = whole.pred
		return pos, true
	}
	return blockResult(pos, k), strong
}

// bounds has the largest absolute value that a coefficient of a weak block has, by position
// in coefs.
type bounds [64]int16

// exceededGo is exceeded in Go.
func (b *bounds) exceededGo(c *coefs) bool {
	for i, most := range b {
		if v := c[i]; v > most || -v > most {
			return true
		}
	}
	return false
}

// bits returns the number of bits that a value at the position at has at least if it
// exceeds its bound.
func (b *bounds) bits(at uint8) int { return bits.Len16(uint16(b[at]) + 1) }
