package jpegdct

// A scan is a scan header (T.81, B.2.3), the tables that it refers to, and the
// restart interval in force.
type scan struct {
	comps          []scanComponent
	ss, se, ah, al int // spectral selection and successive approximation; 0, 63, 0, 0 if sequential
	restart        int // restart interval in MCUs; 0: none
	mcusX, mcusY   int // size in MCUs
	conditioning       // of arithmetic coding
}

// A scanComponent is a component's entry in a scan header.
type scanComponent struct {
	index  int      // index into the components of the frame
	h, v   int      // size in blocks of its part of an MCU; 1, 1 in a scan of one component
	dc, ac *huffman // nil if the scan does not use one
	td, ta int      // slots of dc and ac
}

// parseScan parses a scan header (T.81, B.2.3) and checks it against the frame.
func (f *frame) parseScan(p []byte, t *tables) (scan, error) {
	if len(p) < 1 || p[0] < 1 || p[0] > 4 || len(p) != 4+2*int(p[0]) {
		return scan{}, corrupt("invalid scan header of %d bytes", len(p))
	}
	n := int(p[0])
	sc := scan{se: 63, restart: t.restart, conditioning: t.conditioning}
	if tail := p[1+2*n:]; f.progressive {
		sc.ss, sc.se, sc.ah, sc.al = int(tail[0]), int(tail[1]), int(tail[2]>>4), int(tail[2]&15)
		if !sc.validBand(n) {
			return scan{}, badBand(tail)
		}
	}
	sc.comps = make([]scanComponent, 0, n)
	blocks := 0
	for i := range n {
		c, err := f.parseScanComponent(p[1+2*i], p[2+2*i], &sc, t)
		if err != nil {
			return scan{}, err
		}
		if i > 0 && c.index <= sc.comps[i-1].index {
			return scan{}, corrupt("components of a scan are not in the order of the frame")
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
	if blocks > maxMCUBlocks {
		return scan{}, corrupt("MCU of %d blocks, more than %d", blocks, maxMCUBlocks)
	}
	return sc, nil
}

// validBand checks the parameters of a progressive scan of n components (T.81, table B.3
// and G.1.1.1).
func (sc *scan) validBand(n int) bool {
	switch {
	case sc.se > 63 || sc.al > 13 || sc.ah > 0 && sc.al != sc.ah-1:
		return false
	case sc.ss == 0:
		return sc.se == 0
	}
	return sc.ss <= sc.se && n == 1
}

// badBand returns the error for the last three bytes of a scan header.
func badBand(tail []byte) error {
	return corrupt("invalid scan parameters Ss=%d Se=%d Ah=%d Al=%d", tail[0], tail[1], tail[2]>>4, tail[2]&15)
}

// parseScanComponent finds the component with the identifier id and its tables. The
// Huffman tables' slots are Td and Ta of T.81, B.2.3; what the scan does not use is 0.
// A sequential scan without Huffman tables gets those of K.3.
func (f *frame) parseScanComponent(id, slots byte, sc *scan, t *tables) (scanComponent, error) {
	c := scanComponent{index: f.findComponent(id, sc)}
	if c.index < 0 {
		return c, corrupt("scan of component %d, which the frame lacks", id)
	}
	fc := &f.comps[c.index]
	if fc.quant == nil {
		if fc.quant = t.quant[fc.Tq]; fc.quant == nil {
			return c, corrupt("quantisation table %d is missing", fc.Tq)
		}
	}
	if f.arithmetic {
		if c.td, c.ta = int(slots>>4), int(slots&15); c.td > 3 || c.ta > 3 {
			return c, corrupt("scan with arithmetic coding tables %d and %d, allowed are 0 to 3", c.td, c.ta)
		}
		return c, nil
	}
	if sc.ss == 0 && sc.ah == 0 {
		if c.td = int(slots >> 4); c.td > 3 {
			return c, corrupt("scan with DC Huffman table %d, allowed are 0 to 3", c.td)
		}
		if t.dc[c.td] == nil && !f.progressive && c.td < 2 {
			t.dc[c.td] = standardDC(c.td == 1)
		}
		if c.dc = t.dc[c.td]; c.dc == nil {
			return c, corrupt("DC Huffman table %d is missing", c.td)
		}
		if err := c.dc.checkDC(); err != nil {
			return c, err
		}
	}
	if sc.se > 0 {
		if c.ta = int(slots & 15); c.ta > 3 {
			return c, corrupt("scan with AC Huffman table %d, allowed are 0 to 3", c.ta)
		}
		if t.ac[c.ta] == nil && !f.progressive && c.ta < 2 {
			t.ac[c.ta] = standardAC(c.ta == 1)
		}
		if c.ac = t.ac[c.ta]; c.ac == nil {
			return c, corrupt("AC Huffman table %d is missing", c.ta)
		}
	}
	return c, nil
}

// findComponent returns the index of the component with the identifier id, or -1. Of
// components that share an identifier, it is the first after those that the scan has
// already, and in a sequential frame the first that has not been in a scan.
func (f *frame) findComponent(id byte, sc *scan) int {
	found, next := -1, 0
	if n := len(sc.comps); n > 0 {
		next = sc.comps[n-1].index + 1
	}
	for i := range f.comps {
		if f.comps[i].ID != id {
			continue
		}
		if i >= next && (f.progressive || f.comps[i].quant == nil) {
			return i
		}
		found = i
	}
	return found
}

// A sink reads the MCUs of a scan and does something with them. The scan calls its
// methods in the order of the data.
type sink interface {
	// readMCUs reads n MCUs at e.pos, from column x of MCU row y on. It calls
	// e.ensureMCU before each MCU that begins beyond e.safe.
	readMCUs(e *entropyReader, x, y, n int) error
	// endRow is called after the last MCU of each row.
	endRow(e *entropyReader, y int) error
	// restart is called before a restart marker: it sets the DC predictions to 0.
	restart(e *entropyReader)
}

// decode reads all data of the scan into the sink. The marker after the data is
// left in e.marker.
func (sc *scan) decode(e *entropyReader, to sink) error {
	if err := sc.decodeRows(e, to, 0, sc.mcusY); err != nil {
		return err
	}
	e.row = sc.mcusY - 1
	return e.endScan()
}

// decodeRows reads the MCU rows first to end-1. Row first begins at the beginning
// of the scan or at a restart marker.
func (sc *scan) decodeRows(e *entropyReader, to sink, first, end int) error {
	left, restarts := sc.restart, 0
	if sc.restart > 0 {
		restarts = first * sc.mcusX / sc.restart
	}
	e.rows = sc.mcusY
	for e.row = first; e.row < end; e.row++ {
		e.startRow()
		for x := 0; x < sc.mcusX; {
			n := sc.mcusX - x
			if sc.restart > 0 {
				if left == 0 {
					if err := e.checkEnd(); err != nil {
						return err
					}
					to.restart(e)
					if err := e.nextRestart(restarts); err != nil {
						return err
					}
					restarts++
					left = sc.restart
				}
				n = min(n, left)
				left -= n
			}
			if err := to.readMCUs(e, x, e.row, n); err != nil {
				return err
			}
			x += n
		}
		if e.ended && e.pos > e.n*8 {
			return e.endError()
		}
		if err := to.endRow(e, e.row); err != nil {
			return err
		}
	}
	return nil
}
