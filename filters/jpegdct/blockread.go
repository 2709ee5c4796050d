package jpegdct

// A blockReader reads the blocks of a component in a sequential scan.
type blockReader struct {
	dc      *lookup
	values  *valueTable
	limit   int          // the largest zigzag index of the coefficients that are needed
	pairs   int          // up to this index, pairs of them may be read
	skip    *skipTable   // for the coefficients above limit
	entries *skipEntries // of skip; nil if all coefficients are read
	bounds  *valueBounds
	pred    *int32 // DC prediction
}

// newBlockReader makes a reader for a component of a scan. skip may be nil if limit is 63.
func newBlockReader(c *scanComponent, values *valueTable, skip *skipTable, limit int, bounds *valueBounds) *blockReader {
	r := &blockReader{dc: c.dc.lookupTable(), values: values, limit: limit, pairs: min(limit, valueLastPair), bounds: bounds, pred: new(int32)}
	if limit <= valueLastPair {
		r.skip, r.entries = skip, skip.acEntries
	}
	return r
}

// whole returns a reader of all coefficients, which has the same DC prediction.
func (r *blockReader) whole() *blockReader {
	return &blockReader{dc: r.dc, values: r.values, limit: 63, pairs: valueLastPair, bounds: unbounded, pred: r.pred}
}

// readDC reads the DC coefficient of a block. It returns it and the position after it, or
// readInvalid.
func (r *blockReader) readDC(buf []byte, pos int) (dc int32, next int) {
	w := window(buf, pos)
	symbol, length := r.dc.symbol(w)
	if length == 0 {
		return 0, readInvalid
	}
	return *r.pred + extend(w<<(length&63), int(symbol)), pos + length + int(symbol)
}

// readGo reads a block: the coefficient with the zigzag index k, up to limit, into
// to[place[k]]. It skips those above limit, but some of them it may store too. It returns
// the position after the block; readInvalid; or readLarge if a value exceeds its bound, and
// then some coefficients may be missing.
func (r *blockReader) readGo(buf []byte, pos int, to *coefs, place *places) int {
	dc, pos := r.readDC(buf, pos)
	if pos == readInvalid {
		return readInvalid
	}
	*r.pred = dc
	to[place[0]] = int16(dc)
	k, e := 0, uint64(0) // zigzag index and entry of the last coefficient
	for w := window(buf, pos); k < r.pairs; {
		// The window is loaded before the length of this step is known, so that the
		// next step does not wait for the load.
		ahead := window(buf, pos)
		e = r.values.entries[w>>(64-valueIndexBits)]
		if uint8(e) == valueSlow&255 || e>>valueSizeShift&255 != 0 {
			if e = r.values.symbolEntry(ahead); e == 0 {
				return readInvalid
			}
		}
		w = ahead << (e & 63)
		pos += int(e & 63)
		advance, both := int(e>>8&255), int(e>>16&127)
		first := (k + advance) & 127
		to[place[first]] = int16(e >> 32)
		k += both
		to[place[k&127]] = int16(e >> 48)
		if r.bounds.exceeded(first, advance, uint16(e>>32)) || both > advance && r.bounds.exceeded(k, both-advance, uint16(e>>48)) {
			return readLarge
		}
	}
	switch {
	case e&valueEnd != 0 || k == 63:
		return pos
	case k > 63:
		return readInvalid
	}
	for {
		if r.entries != nil && k >= r.limit {
			if pos, k = r.skip.skipKnown(buf, pos, k+1, &r.bounds.suspect); k == blockEnd {
				return pos
			}
			k--
		}
		if pos, k = r.values.readSymbol(buf, pos, k, to, place, r.bounds); k >= blockEnd {
			return blockResult(pos, k)
		}
	}
}
