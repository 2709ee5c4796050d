package jpegdct

import "io"

// grayProgressive writes luma's scans. Those that hold nothing else are copied
// as they are; DC scans that hold chroma too are coded anew.
func (r *Reader) grayProgressive(w io.Writer, o GrayOptions) error {
	scans, err := r.scans(allowance(o.Allow))
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
			r.graySOF(out, o.Segments)
			begun = true
		}
		if len(sc.comps) == 1 {
			err = r.grayCopy(sc, out)
		} else {
			err = r.grayDC(sc, out)
		}
		if err != nil {
			return err
		}
	}
	if !begun {
		return corrupt("no scan of the luma component")
	}
	out.marker(mEOI)
	return out.flush()
}

func (r *Reader) grayCopy(sc *codedScan, out *output) error {
	c := sc.comps[0]
	out.huffman(0, c.td, c.dc)
	out.huffman(1, c.ta, c.ac)
	out.interval(sc.restart)
	out.scan(sc.ss, sc.se, sc.ah, sc.al, scanEntry{r.frame.comps[0].ID, c.td, c.ta})
	return out.raw(sc.data)
}

// grayDC takes luma's DC out of a scan of several components.
func (r *Reader) grayDC(sc *codedScan, out *output) error {
	luma := &r.frame.comps[0]
	g := &grayDC{
		out: out, stride: sc.mcusX * luma.H, across: luma.H,
		blocksX: luma.blocksX, left: luma.blocksY, last: sc.mcusY - 1,
	}
	g.values = make([]int32, g.stride*luma.V)
	for _, c := range sc.comps {
		for range c.h * c.v {
			g.blocks++
			if sc.ah == 0 {
				g.tables = append(g.tables, c.dc.table())
			}
		}
	}
	g.luma = placesOf(luma.H, luma.V, g.stride)
	if sc.ah == 0 {
		dc := standardDC(false)
		g.codes = dcCodes(dc)
		out.huffman(0, 0, dc)
	}
	out.interval(0)
	out.scan(0, 0, sc.ah, sc.al, scanEntry{id: luma.ID})
	return sc.decode(sc.entropy(), g)
}

// grayDC is the sink of such a scan.
type grayDC struct {
	out     *output
	tables  []*lookup // of one MCU's blocks, luma's first; none if a bit is all that comes of each
	blocks  int
	luma    []int   // where luma's go in values, from the MCU's first
	values  []int32 // luma's, of one MCU row
	stride  int
	across  int
	blocksX int
	left    int // rows of blocks still to be written
	last    int // the last MCU row
	codes   [12]dcCode
	pred    int32 // of the input's order
	written int32 // of the output's
}

func (g *grayDC) restart(*entropy) { g.pred = 0 }

func (g *grayDC) mcus(e *entropy, x, _, n int) error {
	for values := g.values[x*g.across:]; n > 0; n-- {
		if e.pos > e.safe {
			if err := e.more(); err != nil {
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
		values = values[g.across:]
	}
	return nil
}

// first reads the first bits of an MCU's DC coefficients.
func (g *grayDC) first(e *entropy, values []int32) error {
	buf, pos := e.buf, e.pos
	for i, t := range g.tables {
		w := window(buf, pos)
		symbol, length := t.symbol(w)
		if length == 0 {
			return e.badCode(pos)
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

func (g *grayDC) row(e *entropy, y int) error {
	rows := min(len(g.values)/g.stride, g.left)
	g.left -= rows
	for v := range rows {
		if err := g.write(e, g.values[v*g.stride:][:g.blocksX]); err != nil {
			return err
		}
	}
	if y == g.last {
		g.out.align()
	}
	return nil
}

// write writes a row of blocks, of which some at a time go to the output.
func (g *grayDC) write(e *entropy, values []int32) error {
	var acc uint64
	have := uint(0)
	for _, dc := range values {
		bits, n := uint64(dc), uint(1)
		if g.tables != nil {
			diff := dc - g.written
			g.written = dc
			size := category(diff)
			if size >= len(g.codes) {
				return e.dcRange(diff)
			}
			bits, n = dcBits(&g.codes[size], diff, size)
		}
		acc = acc<<(n&63) | bits
		if have += n; have > 37 { // one more is 20 at most
			g.out.bits(acc, have)
			acc, have = 0, 0
		}
	}
	g.out.bits(acc, have)
	return nil
}
