package jpegdct

import "encoding/binary"

// grayReorder is the sink of a scan in which luma and chroma are interleaved.
// Luma's blocks come MCU by MCU and have to leave row by row (T.81, A.2), so
// while an MCU row is read it is only noted where each block's AC codes are;
// then they are copied as bits, with a DC difference of their new order before.
type grayReorder struct {
	out     *output
	rows    int
	blocks  []*skipTable // of one MCU, luma's first
	luma    []int        // where luma's go in the records, from the MCU's first
	dc      *lookup      // luma's
	pred    int32        // of the input's order
	records []grayRecord
	stride  int // records of one row of blocks
	v       int // rows of blocks in an MCU row
	across  int // blocks per MCU
	blocksX int
	left    int // rows of blocks still to be written
	codes   [12]dcCode
	last    int32 // DC of the block written last
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
		out: out, rows: sc.mcusY, dc: luma.dc.table(),
		stride: sc.mcusX * luma.h, v: luma.v, across: luma.h,
		blocksX: r.frame.comps[0].blocksX, left: r.frame.comps[0].blocksY,
	}
	for y := range luma.v {
		for x := range luma.h {
			g.luma = append(g.luma, y*g.stride+x)
		}
	}
	for i, c := range sc.comps {
		for range c.h * c.v {
			g.blocks = append(g.blocks, tables[i])
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
	var ends [mcuBlocks]int
	base := x * g.across
	for ; n > 0; n-- {
		if e.pos > e.safe {
			if err := e.more(); err != nil {
				return err
			}
		}
		buf, pos := e.buf, e.pos
		if !skipBlocks(g.blocks, buf, pos, &ends) {
			return e.badCode(pos)
		}
		for i, at := range g.luma {
			w := window(buf, pos)
			symbol, length := g.dc.symbol(w)
			g.pred += extend(w<<(length&63), int(symbol))
			rec, end := &g.records[base+at], ends[i%mcuBlocks]
			rec.dc, rec.ac = g.pred, int32(pos+length+int(symbol))
			rec.bits = int32(end) - rec.ac
			pos = end
		}
		e.pos = ends[len(g.blocks)-1]
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

// emit writes a row of blocks. As in putAC, the writer's state stays in
// registers.
func (g *grayReorder) emit(e *entropy, records []grayRecord) error {
	out, buf := &g.out.bitWriter, e.buf
	data, at, acc, have, last := out.data, out.n, out.acc, out.have, g.last
	for i := range records {
		if at >= dataSize {
			out.n = at
			out.stuff()
			at = 0
		}
		rec := &records[i]
		diff := rec.dc - last
		last = rec.dc
		size := category(diff)
		if size >= len(g.codes) {
			return e.dcRange(diff)
		}
		v, n := dcBits(&g.codes[size], diff, size)
		// DC, of 20 bits at most, goes with the first of AC.
		pos, left := int(rec.ac), uint(rec.bits)
		m := min(left, 36)
		v, n = v<<m|window(buf, pos)>>1>>((63-m)&63), n+m
		for {
			acc = acc<<(n&63) | v
			have += n
			binary.BigEndian.PutUint64(data[at:at+8], acc<<(-have&63))
			at += int(have >> 3)
			have &= 7
			if left -= m; left == 0 {
				break
			}
			pos += int(m)
			m = min(left, 56)
			v, n = window(buf, pos)>>1>>((63-m)&63), m
		}
	}
	out.n, out.acc, out.have, g.last = at, acc, have, last
	return nil
}
