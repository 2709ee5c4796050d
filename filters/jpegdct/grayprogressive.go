package jpegdct

import "io"

// grayProgressive is Gray for a progressive file. Scans of luma alone are copied; of
// DC scans that have chroma too, luma is coded anew.
func (r *Reader) grayProgressive(w io.Writer, o GrayOptions) error {
	scans, err := r.readScans(allowance(o.Allow))
	if err != nil {
		return err
	}
	out := newOutput(w, flushSize)
	begun := false
	for i := range scans {
		sc := &scans[i]
		if sc.comps[0].index != 0 {
			continue
		}
		if !begun {
			r.writeGrayHeaders(out, o.Segments)
			begun = true
		}
		if len(sc.comps) == 1 {
			err = r.copyLumaScan(sc, out)
		} else {
			err = r.recodeDCScan(sc, out)
		}
		if err != nil {
			return err
		}
	}
	if !begun {
		return corrupt("no scan of the luma component")
	}
	out.writeMarker(mEOI)
	return out.flush()
}

// copyLumaScan copies a scan of luma alone.
func (r *Reader) copyLumaScan(sc *codedScan, out *output) error {
	c := sc.comps[0]
	out.writeDHT(0, c.td, c.dc)
	out.writeDHT(1, c.ta, c.ac)
	out.writeDRI(sc.restart)
	out.writeSOS(sc.ss, sc.se, sc.ah, sc.al, scanEntry{r.frame.comps[0].ID, c.td, c.ta})
	return out.writeRaw(sc.data)
}

// recodeDCScan writes the DC scan of luma from a scan of more than one component.
func (r *Reader) recodeDCScan(sc *codedScan, out *output) error {
	luma := &r.frame.comps[0]
	g := &grayDCSink{
		out: out, stride: sc.mcusX * luma.H, h: luma.H,
		blocksX: luma.blocksX, left: luma.blocksY, last: sc.mcusY - 1,
	}
	g.values = make([]int32, g.stride*luma.V)
	for _, c := range sc.comps {
		for range c.h * c.v {
			g.blocks++
			if sc.ah == 0 {
				g.tables = append(g.tables, c.dc.lookupTable())
			}
		}
	}
	g.luma = blockOffsets(luma.H, luma.V, g.stride)
	if sc.ah == 0 {
		dc := grayDC(sc.comps[0].dc)
		g.dcCodes = newGrayDCCodes(dc)
		out.writeDHT(0, 0, dc)
	}
	out.writeDRI(0)
	out.writeSOS(0, 0, sc.ah, sc.al, scanEntry{id: luma.ID})
	e := sc.entropyReader()
	if err := sc.decode(e, g); err != nil {
		return err
	}
	return r.settle(e)
}

// A grayDCSink is the sink of a DC scan of luma and other components (T.81, G.1.2.1).
type grayDCSink struct {
	out     *output
	tables  []*lookup // by block of an MCU, luma first; nil in a refinement scan
	blocks  int       // number of blocks in an MCU
	luma    []int     // blockOffsets of the luma blocks of an MCU
	values  []int32   // values of the luma blocks of an MCU row, row by row
	stride  int       // luma blocks in a row of blocks
	h       int       // columns of luma blocks in an MCU
	blocksX int       // blocks in a row to be written
	left    int       // rows of blocks that are not written yet
	last    int       // the last MCU row
	dcCodes grayDCCodes
	pred    int32 // DC prediction in the order of the input
	outPred int32 // DC prediction in the order of the output
}

func (g *grayDCSink) restart(*entropyReader) { g.pred = 0 }

func (g *grayDCSink) readMCUs(e *entropyReader, x, _, n int) error {
	for values := g.values[x*g.h:]; n > 0; n-- {
		if e.pos > e.safe {
			if err := e.ensureMCU(); err != nil {
				return err
			}
		}
		if g.tables == nil {
			w := window(e.buf, e.pos)
			for i, at := range g.luma {
				values[at] = int32(w << (i & 63) >> 63)
			}
			e.pos += g.blocks
		} else if err := g.first(e, values); err != nil {
			return err
		}
		values = values[g.h:]
	}
	return nil
}

// first reads an MCU of a first DC scan.
func (g *grayDCSink) first(e *entropyReader, values []int32) error {
	buf, pos := e.buf, e.pos
	for i, t := range g.tables {
		w := window(buf, pos)
		symbol, length := t.symbol(w)
		if length == 0 {
			return e.badCodeError(pos)
		}
		if i < len(g.luma) {
			g.pred += extend(w<<(length&63), int(symbol))
			values[g.luma[i]] = g.pred
		}
		pos += length + int(symbol)
	}
	e.pos = pos
	return nil
}

func (g *grayDCSink) endRow(e *entropyReader, y int) error {
	rows := min(len(g.values)/g.stride, g.left)
	g.left -= rows
	for v := range rows {
		if err := g.writeBlocks(e, g.values[v*g.stride:][:g.blocksX]); err != nil {
			return err
		}
	}
	if y == g.last {
		g.out.align()
	}
	return nil
}

// writeBlocks writes a row of values. It passes some at a time to the bitWriter.
func (g *grayDCSink) writeBlocks(e *entropyReader, values []int32) error {
	var acc uint64
	have := uint(0)
	for _, dc := range values {
		bits, n := uint64(dc), uint(1)
		if g.tables != nil {
			diff := dc - g.outPred
			g.outPred = dc
			size := category(diff)
			if size >= g.dcCodes.n {
				return e.dcRangeError(diff)
			}
			bits, n = dcBits(&g.dcCodes.codes[size&15], diff, size)
		}
		acc = acc<<(n&63) | bits
		if have += n; have > 57-28 { // a value takes at most 28 bits, and writeBits at most 57
			g.out.writeBits(acc, have)
			acc, have = 0, 0
		}
	}
	g.out.writeBits(acc, have)
	return nil
}
