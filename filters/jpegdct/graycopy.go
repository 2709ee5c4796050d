package jpegdct

// grayVerbatim is the sink of a scan that holds nothing but luma: its data are
// copied as they are, restart markers included, while they are checked.
type grayVerbatim struct {
	graySkip
	out      *output
	rows     int
	from     int  // buf[from:] is not copied yet
	rowStart bool // nothing of this row has been read
	restarts int
}

func (r *Reader) newGrayVerbatim(sc *scan, out *output, o GrayOptions, indexBits int) *grayVerbatim {
	r.graySOF(out, o.Segments)
	c := sc.comps[0]
	// Baseline allows two tables of a class, and one component needs but one.
	out.huffman(0, 0, c.dc)
	out.huffman(1, 0, c.ac)
	out.interval(sc.restart)
	out.scan(0, 63, 0, 0, scanEntry{id: r.frame.comps[0].ID})
	return &grayVerbatim{graySkip: *newGraySkip(sc, indexBits), out: out, rows: sc.mcusY, rowStart: true}
}

func (g *grayVerbatim) mcus(e *entropy, x, y, n int) error {
	g.enter(e)
	return g.graySkip.mcus(e, x, y, n)
}

// enter notes where the row's data begin: the entropy may have moved them.
func (g *grayVerbatim) enter(e *entropy) {
	if g.rowStart {
		g.from, g.rowStart = e.pos>>3, false
	}
}

func (g *grayVerbatim) copy(e *entropy, to int) {
	g.out.stuffed(e.buf[g.from:to])
	g.from = to
}

func (g *grayVerbatim) restart(e *entropy) {
	g.enter(e)
	g.copy(e, e.n)
	g.out.marker(mRST0 + byte(g.restarts&7))
	g.restarts++
}

func (g *grayVerbatim) row(e *entropy, y int) error {
	to := e.pos >> 3
	if y == g.rows-1 {
		to = (e.pos + 7) >> 3
	}
	g.copy(e, to)
	g.rowStart = true
	if y < g.rows-1 {
		return g.out.flushFull()
	}
	return nil
}
