package jpegdct

import "encoding/binary"

// grayInterleavedScan reads a scan in which luma and chroma are interleaved.
func (r *Reader) grayInterleavedScan(e *entropyReader, sc *scan, out *output, o GrayOptions, indexBits int) error {
	luma := sc.comps[0]
	layout := &grayLayout{skip: sc.mcuSkipper(indexBits), dc: luma.dc.lookupTable(), stride: sc.mcusX * luma.h, v: luma.v, h: luma.h}
	layout.luma = blockOffsets(luma.h, luma.v, layout.stride)
	to := r.newGrayWriter(sc, layout, out, o)
	rows := r.bandRows(sc, 1, allowance(o.Allow))
	notes := func(rows int) grayReader {
		return grayReader{grayLayout: layout, ends: new(blockEnds), blocks: make([]grayBlock, rows*layout.stride*layout.v)}
	}
	if rows == 0 {
		return sc.decode(e, &graySink{notes(1), to})
	}
	return sc.decodeBands(e, rows, func() bandSink { return &grayBand{notes(rows), to} })
}

// A grayLayout says how a scan's MCUs are made.
type grayLayout struct {
	skip   mcuSkipper // luma's blocks first
	luma   []int      // where luma's go in the records, from the MCU's first
	dc     *lookup    // luma's
	stride int        // records of one row of blocks
	v      int        // rows of blocks in an MCU row
	h      int        // luma blocks beside each other in an MCU
}

// blockOffsets says where an MCU's h x v blocks of a component go among those of the
// MCU row, of which stride stand beside each other: in their order, from the first.
func blockOffsets(h, v, stride int) (places []int) {
	for y := range v {
		for x := range h {
			places = append(places, y*stride+x)
		}
	}
	return places
}

// graySink is the sink of a scan in which luma and chroma are interleaved.
// Luma's blocks come MCU by MCU and have to leave row by row (T.81, A.2), so
// while an MCU row is read it is only noted where each block's AC codes are;
// then they are copied as bits, with a DC difference of their new order before.
type graySink struct {
	grayReader
	out *grayWriter
}

func (g *graySink) endRow(e *entropyReader, y int) error {
	g.first = y + 1
	return g.out.writeRow(e, g.blocks, y)
}

// grayBand is the same for MCU rows of which others are read meanwhile.
type grayBand struct {
	grayReader
	out *grayWriter
}

func (g *grayBand) begin(first int)                  { g.first, g.pred = first, 0 }
func (g *grayBand) endRow(*entropyReader, int) error { return nil }

func (g *grayBand) write(e *entropyReader) error {
	size := g.out.stride * g.out.v
	for y := g.first; y < g.out.rows && (y-g.first)*size < len(g.blocks); y++ {
		if err := g.out.writeRow(e, g.blocks[(y-g.first)*size:], y); err != nil {
			return err
		}
	}
	return nil
}

// grayReader are where luma's blocks of some MCU rows are.
type grayReader struct {
	*grayLayout
	blocks []grayBlock
	first  int   // MCU row of the first
	pred   int32 // of the input's order
	ends   *blockEnds
}

// A grayBlock notes one luma block.
type grayBlock struct {
	dc   int32
	ac   int32 // bit position of the AC codes
	bits int32 // their length
}

func (g *grayReader) restart(*entropyReader) { g.pred = 0 }

func (g *grayReader) readMCUs(e *entropyReader, x, y, n int) error {
	base := (y-g.first)*g.stride*g.v + x*g.h
	for n > 0 {
		got, err := g.skip.skipMCUs(e, n, g.ends)
		if err != nil {
			return err
		}
		n -= got
		buf, pos := e.buf, e.pos
		for ends := g.ends[:got*len(g.skip)]; len(ends) > 0; ends = ends[len(g.skip):] {
			for i, at := range g.luma {
				w := window(buf, pos)
				symbol, length := g.dc.symbol(w)
				g.pred += extend(w<<(length&63), int(symbol))
				rec, end := &g.blocks[base+at], ends[i]
				rec.dc, rec.ac = g.pred, int32(pos+length+int(symbol))
				rec.bits = end - rec.ac
				pos = int(end)
			}
			pos = int(ends[len(g.skip)-1])
			base += g.h
		}
		e.pos = pos
	}
	return nil
}

// grayWriter writes blocks in the order of one component, without those that only
// fill up the MCUs at the right and bottom edges.
type grayWriter struct {
	*grayLayout
	out     *output
	rows    int // of MCUs
	blocksX int
	left    int // rows of blocks still to be written
	codes   [12]dcCode
	outPred int32 // DC of the block written last
}

// newGrayWriter writes everything up to the scan's data.
func (r *Reader) newGrayWriter(sc *scan, layout *grayLayout, out *output, o GrayOptions) *grayWriter {
	luma := &r.frame.comps[0]
	// The source's DC table may lack a category that the new order needs.
	dc := standardDC(false)
	r.writeGrayHeaders(out, o.Segments)
	out.writeDHT(0, 0, dc)
	out.writeDHT(1, 0, sc.comps[0].ac)
	out.writeDRI(0)
	out.writeSOS(0, 63, 0, 0, scanEntry{id: luma.ID})
	return &grayWriter{
		grayLayout: layout, out: out, rows: sc.mcusY,
		blocksX: luma.blocksX, left: luma.blocksY, codes: dcCodes(dc),
	}
}

// writeRow writes the blocks of MCU row y, whose records come first.
func (g *grayWriter) writeRow(e *entropyReader, records []grayBlock, y int) error {
	rows := min(g.v, g.left)
	g.left -= rows
	for v := range rows {
		if err := g.writeBlocks(e, records[v*g.stride:][:g.blocksX]); err != nil {
			return err
		}
	}
	if y < g.rows-1 {
		return g.out.flushFull()
	}
	g.out.align()
	return nil
}

// writeBlocks writes a row of blocks. As in putAC, the writer's state stays in
// registers.
func (g *grayWriter) writeBlocks(e *entropyReader, records []grayBlock) error {
	out, buf := &g.out.bitWriter, e.buf
	data, at, acc, have, last := out.data, out.n, out.acc, out.have, g.outPred
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
			return e.dcRangeError(diff)
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
	out.n, out.acc, out.have, g.outPred = at, acc, have, last
	return nil
}
