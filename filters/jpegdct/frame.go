package jpegdct

// A frame is the geometry of the picture in blocks (T.81, A.1.1 and A.2).
type frame struct {
	progressive  bool
	hmax, vmax   int
	mcusX, mcusY int // of a scan of several components
	comps        []frameComponent
}

type frameComponent struct {
	Component
	width, height    int         // samples
	blocksX, blocksY int         // that hold samples
	quant            *QuantTable // as it stood when the component's first scan began
}

func newFrame(h *Header) frame {
	f := frame{progressive: h.Process == Progressive}
	f.hmax, f.vmax = h.maxSampling()
	f.mcusX = ceilDiv(h.Width, 8*f.hmax)
	f.mcusY = ceilDiv(h.Height, 8*f.vmax)
	for _, c := range h.Components {
		fc := frameComponent{Component: c, width: ceilDiv(h.Width*c.H, f.hmax), height: ceilDiv(h.Height*c.V, f.vmax)}
		fc.blocksX, fc.blocksY = ceilDiv(fc.width, 8), ceilDiv(fc.height, 8)
		f.comps = append(f.comps, fc)
	}
	return f
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

// A scan is a scan header with all that it refers to (T.81, B.2.3).
type scan struct {
	comps          []scanComponent
	ss, se, ah, al int // spectral band and successive approximation; 0, 63, 0, 0 if sequential
	restart        int // interval in MCUs; 0: none
	mcusX, mcusY   int
}

type scanComponent struct {
	index  int      // into the frame's components
	h, v   int      // blocks of one MCU; 1, 1 in a scan of one component
	dc, ac *huffman // nil where the scan codes none of the kind
	td, ta int      // their slots
}

// scan parses a scan header and checks it against the frame.
func (f *frame) scan(p []byte, t *tables) (scan, error) {
	if len(p) < 1 || p[0] < 1 || p[0] > 4 || len(p) != 4+2*int(p[0]) {
		return scan{}, corrupt("scan header of %d bytes", len(p))
	}
	n := int(p[0])
	tail := p[1+2*n:]
	sc := scan{ss: int(tail[0]), se: int(tail[1]), ah: int(tail[2] >> 4), al: int(tail[2] & 15), restart: t.restart}
	if err := sc.checkBand(f.progressive, n); err != nil {
		return scan{}, err
	}
	blocks := 0
	for i := range n {
		c, err := f.scanComponent(p[1+2*i], p[2+2*i], &sc, t)
		if err != nil {
			return scan{}, err
		}
		if i > 0 && c.index <= sc.comps[i-1].index {
			return scan{}, corrupt("scan's components are not in the frame's order")
		}
		fc := &f.comps[c.index]
		if n == 1 {
			c.h, c.v = 1, 1
			sc.mcusX, sc.mcusY = fc.blocksX, fc.blocksY
		} else {
			c.h, c.v = fc.H, fc.V
			sc.mcusX, sc.mcusY = f.mcusX, f.mcusY
			blocks += c.h * c.v
		}
		sc.comps = append(sc.comps, c)
	}
	if blocks > 10 {
		return scan{}, corrupt("MCU of %d blocks", blocks)
	}
	return sc, nil
}

// checkBand checks the scan's parameters (T.81, table B.3 and G.1.1.1).
func (sc *scan) checkBand(progressive bool, n int) error {
	ok := sc.ss == 0 && sc.se == 63 && sc.ah == 0 && sc.al == 0
	if progressive {
		ok = sc.se <= 63 && sc.al <= 13 && (sc.ah == 0 || sc.al == sc.ah-1)
		if sc.ss == 0 {
			ok = ok && sc.se == 0
		} else {
			ok = ok && sc.ss <= sc.se && n == 1
		}
	}
	if !ok {
		return corrupt("scan of the band %d to %d, bits %d to %d", sc.ss, sc.se, sc.ah, sc.al)
	}
	return nil
}

// scanComponent finds a scan's component and its tables.
func (f *frame) scanComponent(id, slots byte, sc *scan, t *tables) (scanComponent, error) {
	c := scanComponent{index: -1, td: int(slots >> 4), ta: int(slots & 15)}
	for i := range f.comps {
		if f.comps[i].ID == id {
			c.index = i
		}
	}
	if c.index < 0 {
		return c, corrupt("scan of a component that the frame lacks, %d", id)
	}
	fc := &f.comps[c.index]
	if fc.quant == nil {
		if fc.quant = t.quant[fc.Tq]; fc.quant == nil {
			return c, corrupt("quantisation table %d is missing", fc.Tq)
		}
	}
	if c.td > 3 || c.ta > 3 {
		return c, corrupt("Huffman tables %d and %d", c.td, c.ta)
	}
	if sc.ss == 0 && sc.ah == 0 {
		if t.dc[c.td] == nil && !f.progressive && c.td < 2 {
			t.dc[c.td] = standardDC(c.td == 1)
		}
		if c.dc = t.dc[c.td]; c.dc == nil {
			return c, corrupt("DC Huffman table %d is missing", c.td)
		}
		if err := c.dc.dcSymbols(); err != nil {
			return c, err
		}
	}
	if sc.se > 0 {
		if t.ac[c.ta] == nil && !f.progressive && c.ta < 2 {
			t.ac[c.ta] = standardAC(c.ta == 1)
		}
		if c.ac = t.ac[c.ta]; c.ac == nil {
			return c, corrupt("AC Huffman table %d is missing", c.ta)
		}
	}
	return c, nil
}
