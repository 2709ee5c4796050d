package jpegdct

// A skipMCU passes MCUs of which only the blocks' places are wanted, without a
// branch where one block ends and the next begins. It is the blocks of one, in a
// ring.
type skipMCU []skipBlock

type skipBlock struct {
	entries *[1 << skipBits]uint16 // by which the block is passed after its first step
	first   *[1 << skipBits]uint16 // by which the next one begins
	next    *skipBlock
	table   *skipTable
}

// mcuBits is more than an MCU's codes and values take, and leaves of mcuBytes what
// is read ahead.
const mcuBits = (mcuBytes - 24) * 8

// skipEnds are where the blocks of up to skipBatch MCUs end.
type skipEnds [skipBatch * mcuBlocks]int32

// skipBatch is how many MCUs are passed at once: then what was noted of them is in
// the cache.
const skipBatch = 64

// skipMCU makes the tables to pass the scan's MCUs by.
func (sc *scan) skipMCU(indexBits int) skipMCU {
	var tables []*skipTable
	for i, t := range sc.skipTables(indexBits, true) {
		for range sc.comps[i].h * sc.comps[i].v {
			tables = append(tables, t)
		}
	}
	return newSkipMCU(tables)
}

// newSkipMCU takes a table for each block, which has a part for DC.
func newSkipMCU(tables []*skipTable) skipMCU {
	m := make(skipMCU, len(tables))
	for i, t := range tables {
		next := (i + 1) % len(m)
		m[i] = skipBlock{entries: &t.entries, first: &tables[next].first, next: &m[next], table: t}
	}
	return m
}

// mcus passes some of n MCUs at e.pos, one at least, and notes where each block
// ends. It doesn't move e.pos.
func (m skipMCU) mcus(e *entropy, n int, ends *skipEnds) (int, error) {
	if e.pos > e.safe {
		if err := e.more(); err != nil {
			return 0, err
		}
	}
	if got := m.pass(e.buf, e.pos, e.safe, ends[:min(n, skipBatch)*len(m)]) / len(m); got > 0 {
		return got, nil
	}
	// The first one goes on beyond what is safe for more, or isn't one.
	if m.pass(e.buf, e.pos, e.pos+mcuBits, ends[:len(m)]) < len(m) {
		return 0, e.badCode(e.pos)
	}
	return 1, nil
}

// passGo is pass in plain Go.
func (m skipMCU) passGo(buf []byte, pos, safe int, ends []int32) int {
	for i := range ends {
		t := m[i%len(m)].table
		e := t.first[window(buf, pos)>>(64-skipBits)]
		k := int(e >> 6)
		next := pos + int(e&63)
		switch {
		case k < 64:
			pos = t.walk(buf, next, k)
		case k == 64 || k >= skipEnd && k < skipEnd+64:
			pos = next
		default:
			if pos, k = t.step(buf, pos, 0); k > 64 {
				return i
			}
			pos = t.walk(buf, pos, k)
		}
		if pos < 0 || pos > safe {
			return i
		}
		ends[i] = int32(pos)
	}
	return len(ends)
}

// graySkip is the sink of a scan without luma: it is read only to know that it
// is there to its end.
type graySkip struct {
	skipMCU
	ends *skipEnds
}

func newGraySkip(sc *scan, indexBits int) *graySkip {
	return &graySkip{sc.skipMCU(indexBits), new(skipEnds)}
}

func (g *graySkip) restart(*entropy)        {}
func (g *graySkip) row(*entropy, int) error { return nil }
func (g *graySkip) mcus(e *entropy, _, _, n int) error {
	for n > 0 {
		got, err := g.skipMCU.mcus(e, n, g.ends)
		if err != nil {
			return err
		}
		e.pos = int(g.ends[got*len(g.skipMCU)-1])
		n -= got
	}
	return nil
}
