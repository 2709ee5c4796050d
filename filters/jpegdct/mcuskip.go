package jpegdct

// A mcuSkipper skips MCUs and notes where their blocks end. Its elements are the
// blocks of an MCU, linked in a ring, so that the assembly needs no branch between
// one block and the next.
type mcuSkipper []skipBlock

// A skipBlock is a block of an MCU.
type skipBlock struct {
	entries *skipEntries // acEntries of table
	nextDC  *skipEntries // dcEntries of the next block's table
	next    *skipBlock
	table   *skipTable
}

// maxMCUBits limits the coded size of an MCU. It is less than maxMCUBytes by what
// skipBlocks reads ahead.
const maxMCUBits = (maxMCUBytes - 24) * 8

// blockEnds are the positions where the blocks of up to maxSkipMCUs MCUs end.
type blockEnds [maxSkipMCUs * maxMCUBlocks]int32

// maxSkipMCUs is the number of MCUs that are skipped in one call, so few that the
// noted positions stay in the cache.
const maxSkipMCUs = 64

// mcuSkipper makes a skipper for the MCUs of the scan.
func (sc *scan) mcuSkipper(indexBits int) mcuSkipper {
	tables := make([]*skipTable, 0, maxMCUBlocks)
	for i, t := range sc.skipTables(indexBits, true, make([]*bounds, len(sc.comps))) {
		for range sc.comps[i].h * sc.comps[i].v {
			tables = append(tables, t)
		}
	}
	return newMCUSkipper(tables)
}

// newMCUSkipper makes a skipper from the table of each block. The tables must have
// entries for DC.
func newMCUSkipper(tables []*skipTable) mcuSkipper {
	m := make(mcuSkipper, len(tables))
	for i, t := range tables {
		next := (i + 1) % len(m)
		m[i] = skipBlock{entries: t.acEntries, nextDC: tables[next].dcEntries, next: &m[next], table: t}
	}
	return m
}

// skipMCUs skips at least one and at most n MCUs from e.pos on, and sets ends to the
// positions where their blocks end. It returns the number of MCUs. It does not change
// e.pos.
func (m mcuSkipper) skipMCUs(e *entropyReader, n int, ends *blockEnds) (int, error) {
	if e.pos > e.safe {
		if err := e.ensureMCU(); err != nil {
			return 0, err
		}
	}
	skipBlocks := m.skipBlocks
	if m[0].table.acEntries == nil {
		skipBlocks = m.skipBlocksPlain
	}
	if got := skipBlocks(e.buf, e.pos, e.safe, ends[:min(n, maxSkipMCUs)*len(m)]) / len(m); got > 0 {
		return got, nil
	}
	// The first MCU ends beyond e.safe, or is invalid.
	if skipBlocks(e.buf, e.pos, e.pos+maxMCUBits, ends[:len(m)]) < len(m) {
		return 0, e.badCodeError(e.pos)
	}
	return 1, nil
}

// skipBlocksPlain is skipBlocks without the entries of the tables: each symbol is
// decoded on its own.
func (m mcuSkipper) skipBlocksPlain(buf []byte, pos, safe int, ends []int32) int {
	for i := range ends {
		t := m[i%len(m)].table
		for k := 0; k < 64; {
			if pos, k = t.skipSymbol(buf, pos, k); k > blockEnd {
				return i
			}
		}
		if pos > safe {
			return i
		}
		ends[i] = int32(pos)
	}
	return len(ends)
}

// skipBlocksGo is skipBlocks in Go.
func (m mcuSkipper) skipBlocksGo(buf []byte, pos, safe int, ends []int32) int {
	for i := range ends {
		t := m[i%len(m)].table
		e := t.dcEntries[window(buf, pos)>>(64-skipBits)]
		k := int(e >> 8)
		next := pos + int(e&63)
		switch {
		case k < 64:
			pos = t.skipRest(buf, next, k)
		case k == 64 || k >= skipEnd && k < skipEnd+64:
			pos = next
		default:
			if pos, k = t.skipSymbol(buf, pos, 0); k > blockEnd {
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

// A skipSink is the sink of a scan that is not needed. It checks that the scan is
// complete.
type skipSink struct {
	mcuSkipper
	ends *blockEnds
}

// newSkipSink makes the sink for the scan sc.
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
