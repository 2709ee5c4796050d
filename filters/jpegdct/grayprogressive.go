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
		dcSink: *newDCSink(&sc.scan, make([]coefPlane, len(r.frame.comps))),
		out:    out, stride: sc.mcusX * luma.H, blocksX: luma.blocksX, left: luma.blocksY, last: sc.mcusY - 1,
	}
	g.values = make([]int32, g.stride*luma.V)
	if !g.refine {
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
	dcSink
	out     *output
	values  []int32 // luma's, of one MCU row
	stride  int
	blocksX int
	left    int // rows of blocks still to be written
	last    int // the last MCU row
	codes   [12]dcCode
	pred    int32 // of the output's order
}

func (g *grayDC) mcus(e *entropy, x, _, n int) error {
	for end := x + n; x < end; x++ {
		if e.pos > e.safe {
			if err := e.more(); err != nil {
				return err
			}
		}
		for i := range g.blocks {
			b := &g.blocks[i]
			v, err := dcValue(e, b.table, &g.dcSink.pred[b.index])
			if err != nil {
				return err
			}
			if b.index == 0 {
				g.values[b.dy*g.stride+x*b.h+b.dx] = v
			}
		}
	}
	return nil
}

func (g *grayDC) row(e *entropy, y int) error {
	rows := min(len(g.values)/g.stride, g.left)
	g.left -= rows
	for v := range rows {
		for _, dc := range g.values[v*g.stride:][:g.blocksX] {
			if g.refine {
				g.out.bits(uint64(dc), 1)
				continue
			}
			diff := dc - g.pred
			g.pred = dc
			if !g.out.dc(&g.codes, diff) {
				return e.dcRange(diff)
			}
		}
	}
	if y == g.last {
		g.out.align()
	}
	return nil
}
