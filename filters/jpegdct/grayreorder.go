package jpegdct

// grayReorder is the sink of a scan in which luma and chroma are interleaved.
// Luma's blocks come MCU by MCU and have to leave row by row (T.81, A.2), so
// while an MCU row is read it is only noted where each block's AC codes are;
// then they are copied as bits, with a DC difference of their new order before.
type grayReorder struct {
	out     *output
	rows    int
	blocks  []grayBlock // of one MCU
	dc      *lookup
	luma    *skipTable
	pred    int32 // of the input's order
	records []grayRecord
	stride  int // records of one row of blocks
	v       int // rows of blocks in an MCU row
	across  int // blocks per MCU
	blocksX int
	left    int // rows of blocks still to be written
	codes   [12]dcCode
	last    int32 // DC of the block written last
}

// A grayBlock is one block of the MCU: chroma to be skipped by a table, or luma
// to be noted.
type grayBlock struct {
	skip   *skipTable // nil: luma
	record int        // luma: place in the records, from the MCU's first
}

// A grayRecord notes one luma block.
type grayRecord struct {
	dc   int32
	ac   int32 // bit position of the AC codes
	bits int32 // their length
}

func (r *Reader) newGrayReorder(sc *scan, out *output, o GrayOptions, indexBits int) *grayReorder {
	luma := sc.comps[0]
	tables := sc.skipTables(indexBits, true)
	g := &grayReorder{
		out: out, rows: sc.mcusY, dc: luma.dc.table(), luma: tables[0],
		stride: sc.mcusX * luma.h, v: luma.v, across: luma.h,
		blocksX: r.frame.comps[0].blocksX, left: r.frame.comps[0].blocksY,
	}
	for y := range luma.v {
		for x := range luma.h {
			g.blocks = append(g.blocks, grayBlock{record: y*g.stride + x})
		}
	}
	for i, c := range sc.comps[1:] {
		for range c.h * c.v {
			g.blocks = append(g.blocks, grayBlock{skip: tables[1+i]})
		}
	}
	g.records = make([]grayRecord, g.stride*g.v)
	// The source's DC table may lack a category that the new order needs.
	dc := standardDC(false)
	g.codes = dcCodes(dc)
	r.graySOF(out, o.Segments)
	out.huffman(0, 0, dc)
	out.huffman(1, 0, luma.ac)
	out.interval(0)
	out.scan(0, 63, 0, 0, scanEntry{id: r.frame.comps[0].ID})
	return g
}

func (g *grayReorder) restart(*entropy) { g.pred = 0 }

func (g *grayReorder) mcus(e *entropy, x, _, n int) error {
	base := x * g.across
	for ; n > 0; n-- {
		if e.pos > e.safe {
			if err := e.more(); err != nil {
				return err
			}
		}
		buf, pos := e.buf, e.pos
		for i := range g.blocks {
			b := &g.blocks[i]
			if b.skip != nil {
				if pos = b.skip.block(buf, pos); pos < 0 {
					return e.badCode(e.pos)
				}
				continue
			}
			// The DC difference is read beside the walk, not before it: the
			// next block needs only to know where this one ends.
			w := window(buf, pos)
			symbol, length := g.dc.symbol(w)
			if length == 0 {
				return e.badCode(pos)
			}
			g.pred += extend(w<<(length&63), int(symbol))
			rec := &g.records[base+b.record]
			rec.dc, rec.ac = g.pred, int32(pos+length+int(symbol))
			if pos = g.luma.block(buf, pos); pos < 0 {
				return e.badCode(e.pos)
			}
			rec.bits = int32(pos) - rec.ac
		}
		e.pos = pos
		base += g.across
	}
	return nil
}

// row writes the blocks of an MCU row in the order of one component, without
// those that only fill up the MCUs at the right and bottom edges.
func (g *grayReorder) row(e *entropy, y int) error {
	rows := min(g.v, g.left)
	g.left -= rows
	for v := range rows {
		if err := g.emit(e, g.records[v*g.stride:][:g.blocksX]); err != nil {
			return err
		}
	}
	if y < g.rows-1 {
		return g.out.flushFull()
	}
	g.out.align()
	return nil
}

// emit writes a row of blocks.
func (g *grayReorder) emit(e *entropy, records []grayRecord) error {
	out := &g.out.bitWriter
	for i := range records {
		rec := &records[i]
		diff := rec.dc - g.last
		g.last = rec.dc
		size := category(diff)
		if size >= len(g.codes) {
			return e.dcRange(diff)
		}
		v, n := dcBits(&g.codes[size], diff, size)
		pos, left := int(rec.ac), uint(rec.bits)
		if left <= 36 {
			// DC, of 20 bits at most, and AC at once.
			out.bits(v<<left|window(e.buf, pos)>>1>>((63-left)&63), n+left)
			continue
		}
		out.bits(v, n)
		for ; left > 56; left -= 56 {
			out.bits(window(e.buf, pos)>>8, 56)
			pos += 56
		}
		out.bits(window(e.buf, pos)>>1>>((63-left)&63), left)
	}
	return nil
}
