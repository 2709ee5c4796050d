package jpegdct

// A mcuSkipper passes MCUs of which only the blocks' places are wanted, without a
// branch where one block ends and the next begins. It is the blocks of one, in a
// ring.
type mcuSkipper []skipBlock

type skipBlock struct {
	entries *[1 << skipBits]uint16 // by which the block is passed after its first step
	nextDC  *[1 << skipBits]uint16 // by which the next one begins
	next    *skipBlock
	table   *skipTable
}

// maxMCUBits is more than an MCU's codes and values take, and leaves of mcuBytes what
// is read ahead.
const maxMCUBits = (maxMCUBytes - 24) * 8

// blockEnds are where the blocks of up to skipBatch MCUs end.
type blockEnds [maxSkipMCUs * maxMCUBlocks]int32

// maxSkipMCUs is how many MCUs are passed at once: then what was noted of them is in
// the cache.
const maxSkipMCUs = 64

// mcuSkipper makes the tables to pass the scan's MCUs by.
func (sc *scan) mcuSkipper(indexBits int) mcuSkipper {
	var tables []*skipTable
	for i, t := range sc.skipTables(indexBits, true) {
		for range sc.comps[i].h * sc.comps[i].v {
			tables = append(tables, t)
		}
	}
	return newMCUSkipper(tables)
}

// newMCUSkipper takes a table for each block, which has a part for DC.
func newMCUSkipper(tables []*skipTable) mcuSkipper {
	m := make(mcuSkipper, len(tables))
	for i, t := range tables {
		next := (i + 1) % len(m)
		m[i] = skipBlock{entries: &t.acEntries, nextDC: &tables[next].dcEntries, next: &m[next], table: t}
	}
	return m
}

// skipMCUs passes some of n MCUs at e.pos, one at least, and notes where each block
// ends. It doesn't move e.pos.
func (m mcuSkipper) skipMCUs(e *entropyReader, n int, ends *blockEnds) (int, error) {
	if e.pos > e.safe {
		if err := e.ensureMCU(); err != nil {
			return 0, err
		}
	}
	if got := m.skipBlocks(e.buf, e.pos, e.safe, ends[:min(n, maxSkipMCUs)*len(m)]) / len(m); got > 0 {
		return got, nil
	}
	// The first one goes on beyond what is safe for more, or isn't one.
	if m.skipBlocks(e.buf, e.pos, e.pos+maxMCUBits, ends[:len(m)]) < len(m) {
		return 0, e.badCodeError(e.pos)
	}
	return 1, nil
}

// skipBlocksGo is pass in plain Go.
func (m mcuSkipper) skipBlocksGo(buf []byte, pos, safe int, ends []int32) int {
	for i := range ends {
		t := m[i%len(m)].table
		e := t.dcEntries[window(buf, pos)>>(64-skipBits)]
		k := int(e >> 6)
		next := pos + int(e&63)
		switch {
		case k < 64:
			pos = t.skipRest(buf, next, k)
		case k == 64 || k >= skipEnd && k < skipEnd+64:
			pos = next
		default:
			if pos, k = t.skipSymbol(buf, pos, 0); k > 64 {
				return i
			}
			pos = t.skipRest(buf, pos, k)
		}
		if pos < 0 || pos > safe {
			return i
		}
		ends[i] = int32(pos)
	}
	return len(ends)
}

// skipSink is the sink of a scan without luma: it is read only to know that it
// is there to its end.
type skipSink struct {
	mcuSkipper
	ends *blockEnds
}

func newSkipSink(sc *scan, indexBits int) *skipSink {
	return &skipSink{sc.mcuSkipper(indexBits), new(blockEnds)}
}

func (g *skipSink) restart(*entropyReader)           {}
func (g *skipSink) endRow(*entropyReader, int) error { return nil }
func (g *skipSink) readMCUs(e *entropyReader, _, _, n int) error {
	for n > 0 {
		got, err := g.mcuSkipper.skipMCUs(e, n, g.ends)
		if err != nil {
			return err
		}
		e.pos = int(g.ends[got*len(g.mcuSkipper)-1])
		n -= got
	}
	return nil
}
