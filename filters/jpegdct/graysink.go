package jpegdct

import "encoding/binary"

// grayInterleavedScan converts a scan in which luma and chroma are interleaved.
//
// The luma blocks come in the order of MCUs, and must be written row by row (T.81,
// A.2). So a grayReader notes where the AC codes of each luma block of an MCU row
// are; then a grayWriter copies these bits after a DC difference in the new order.
func (r *Reader) grayInterleavedScan(e *entropyReader, sc *scan, out *output, o GrayOptions, indexBits int) error {
	luma := sc.comps[0]
	layout := &grayLayout{skip: sc.mcuSkipper(indexBits), dc: luma.dc.lookupTable(), stride: sc.mcusX * luma.h, v: luma.v, h: luma.h}
	layout.luma = blockOffsets(luma.h, luma.v, layout.stride)
	to := r.newGrayWriter(sc, layout, out, o)
	rows := r.bandRows(sc, 1, allowance(o.Allow))
	reader := func(rows int) grayReader {
		return grayReader{grayLayout: layout, ends: new(blockEnds), blocks: make([]grayBlock, rows*layout.stride*layout.v)}
	}
	if rows == 0 {
		return sc.decode(e, &graySink{reader(1), to})
	}
	return sc.decodeBands(e, rows, func() bandSink { return &grayBand{reader(rows), to} })
}

// A grayLayout describes the MCUs of a scan.
type grayLayout struct {
	skip   mcuSkipper // luma blocks first
	luma   []int      // blockOffsets of the luma blocks of an MCU
	dc     *lookup    // of luma
	stride int        // luma blocks in a row of blocks
	v      int        // rows of luma blocks in an MCU
	h      int        // columns of luma blocks in an MCU
}

// blockOffsets returns for each of the h x v blocks of a component in an MCU, in their
// order, its distance from the first in an array that has stride blocks in a row.
func blockOffsets(h, v, stride int) []int {
	offsets := make([]int, 0, h*v)
	for y := range v {
		for x := range h {
			offsets = append(offsets, y*stride+x)
		}
	}
	return offsets
}

// A graySink is the sink of an interleaved scan.
type graySink struct {
	grayReader
	out *grayWriter
}

func (g *graySink) endRow(e *entropyReader, y int) error {
	g.first = y + 1
	return g.out.writeRow(e, g.blocks, y)
}

// A grayBand is the sink of the bands of an interleaved scan.
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

// A grayReader notes where the luma blocks of some MCU rows are.
type grayReader struct {
	*grayLayout
	blocks []grayBlock // row by row
	first  int         // MCU row of blocks[0]
	pred   int32       // DC prediction in the order of the input
	ends   *blockEnds
}

// A grayBlock says where a luma block is.
type grayBlock struct {
	dc   int32 // DC coefficient
	ac   int32 // position of the AC codes
	bits int32 // their length in bits
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
				b, end := &g.blocks[base+at], ends[i]
				b.dc, b.ac = g.pred, int32(pos+length+int(symbol))
				b.bits = end - b.ac
				pos = int(end)
			}
			pos = int(ends[len(g.skip)-1])
			base += g.h
		}
		e.pos = pos
	}
	return nil
}

// A grayWriter writes luma blocks row by row, without those that only complete an MCU
// at the right and bottom edges (T.81, A.2.4).
type grayWriter struct {
	*grayLayout
	out     *output
	rows    int // MCU rows
	blocksX int // blocks in a row to be written
	left    int // rows of blocks that are not written yet
	dcCodes grayDCCodes
	outPred int32 // DC prediction in the order of the output
}

// newGrayWriter writes all segments before the data of the scan.
func (r *Reader) newGrayWriter(sc *scan, layout *grayLayout, out *output, o GrayOptions) *grayWriter {
	luma := &r.frame.comps[0]
	// The DC table of the source may lack categories that the new order needs.
	dc := grayDC(sc.comps[0].dc)
	r.writeGrayHeaders(out, o.Segments)
	out.writeDHT(0, 0, dc)
	out.writeDHT(1, 0, sc.comps[0].ac)
	out.writeDRI(0)
	out.writeSOS(0, 63, 0, 0, scanEntry{id: luma.ID})
	return &grayWriter{
		grayLayout: layout, out: out, rows: sc.mcusY,
		blocksX: luma.blocksX, left: luma.blocksY, dcCodes: newGrayDCCodes(dc),
	}
}

// writeRow writes the luma blocks of MCU row y, which begin at blocks[0]. Their bits
// are in the buffer of e.
func (g *grayWriter) writeRow(e *entropyReader, blocks []grayBlock, y int) error {
	rows := min(g.v, g.left)
	g.left -= rows
	for v := range rows {
		if err := g.writeBlocks(e, blocks[v*g.stride:][:g.blocksX]); err != nil {
			return err
		}
	}
	if y < g.rows-1 {
		return g.out.flushIfFull()
	}
	g.out.align()
	return nil
}

// writeBlocks writes a row of blocks. The state of the bitWriter is in local
// variables, as in writeACSymbolsGo.
func (g *grayWriter) writeBlocks(e *entropyReader, blocks []grayBlock) error {
	out, buf := &g.out.bitWriter, e.buf
	data, at, acc, have, last := out.data, out.n, out.acc, out.have, g.outPred
	for i := range blocks {
		if at >= dataSize {
			out.n = at
			out.stuff()
			at = 0
		}
		b := &blocks[i]
		diff := b.dc - last
		last = b.dc
		size := category(diff)
		if size >= g.dcCodes.n {
			return e.dcRangeError(diff)
		}
		v, n := dcBits(&g.dcCodes.codes[size&15], diff, size)
		// DC, at most 28 bits, is written together with the first bits of AC.
		pos, left := int(b.ac), uint(b.bits)
		m := min(left, 56-n)
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
