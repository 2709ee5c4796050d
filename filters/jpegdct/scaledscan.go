package jpegdct

// A scaledScan is one scan of the scaled picture.
type scaledScan struct {
	*scaler
	comps        []scaledComponent
	mcusX, mcusY int
}

// scaledComponent is a component of a scaledScan.
type scaledComponent struct {
	h, v             int // blocks per MCU
	blocksX, blocksY int // of the scaled component
	sourceX, sourceY int // blocks of the source's component
	stride           int // tiles in a row
	tileMap          *tileMap
	dc               *[12]dcCode
	ac               *acCodes
	pred             int32
}

// beginScan writes the headers of a scan of the same components as the
// source's, whose quantisation tables are known by now.
func (s *scaler) beginScan(source []scanComponent) *scaledScan {
	s.writeHeaders()
	t := &scaledScan{scaler: s, mcusX: s.frame.mcusX, mcusY: s.frame.mcusY}
	var entries []scanEntry
	for _, c := range source {
		from, to := &s.r.frame.comps[c.index], &s.frame.comps[c.index]
		quant := s.outputQuant(c.index)
		class := tableSlot(s.r.hdr.ColorSpace, c.index)
		sc := scaledComponent{
			h: c.h, v: c.v, blocksX: to.blocksX, blocksY: to.blocksY,
			sourceX: from.blocksX, sourceY: from.blocksY, tileMap: s.tileMap(from.quant, quant),
		}
		sc.dc, sc.ac = s.codes.slot(class)
		if len(source) == 1 {
			t.mcusX, t.mcusY = to.blocksX, to.blocksY
			sc.stride = ceilDiv(from.blocksX, s.n)
		} else {
			sc.stride = ceilDiv(s.r.frame.mcusX, s.n) * c.h
		}
		s.out.writeDQT(to.Tq, quant)
		s.out.writeDHT(0, class, s.codes.dcSpec[class])
		s.out.writeDHT(1, class, s.codes.acSpec[class])
		entries = append(entries, scanEntry{to.ID, class, class})
		t.comps = append(t.comps, sc)
	}
	s.out.writeSOS(0, 63, 0, 0, entries...)
	return t
}

func (t *scaledScan) newStrip() *strip {
	s := &strip{}
	for i := range t.comps {
		c := &t.comps[i]
		s.planes = append(s.planes, tilePlane{make([]tile, c.stride*c.v), c.stride})
	}
	return s
}

// encodeStrip writes a strip. The scan's last row stays in the
// output's buffer.
func (t *scaledScan) encodeStrip(s *strip) error {
	for x := 0; x < t.mcusX && s.row < t.mcusY; x++ {
		for i := range t.comps {
			t.comps[i].encodeMCU(t.out, &s.planes[i], x, s.row)
		}
	}
	if s.row < t.mcusY-1 {
		return t.out.flushFull()
	}
	if s.row == t.mcusY-1 {
		t.out.align()
	}
	return nil
}

func (c *scaledComponent) encodeMCU(out *output, p *tilePlane, x, y int) {
	var block coefBlock
	for dy := range c.v {
		for dx := range c.h {
			bx := x*c.h + dx
			if bx >= c.blocksX || y*c.v+dy >= c.blocksY {
				// It only fills up the MCU: no difference, and nothing more.
				out.writeDC(c.dc, 0)
				out.writeCode(c.ac.codes[0])
				continue
			}
			nonzero := c.tileMap.apply(&p.tiles[dy*p.stride+bx], &block)
			dc := int32(block[0])
			out.writeDC(c.dc, dc-c.pred)
			c.pred = dc
			out.writeAC(c.ac, &block, nonzero)
		}
	}
}

// mirrorEdges fills the places of blocks that the source doesn't have by
// mirroring those beside them, so that what is cropped doesn't show in what
// isn't.
func (t *scaledScan) mirrorEdges(s *strip) {
	for i := range t.comps {
		c := &t.comps[i]
		p := &s.planes[i]
		top := s.row * c.v * t.n // the first block row in the strip
		rows := min(c.sourceY-top, c.v*t.n)
		for by := range rows {
			for bx := c.sourceX; bx < c.stride*t.n; bx++ {
				from, odd := mirror(bx, c.sourceX)
				t.copyBlock(p, bx, by, from, by, odd, false)
			}
		}
		for by := max(rows, 0); by < c.v*t.n && rows > 0; by++ {
			from, odd := mirror(by, rows)
			for bx := range c.stride * t.n {
				t.copyBlock(p, bx, by, bx, from, false, odd)
			}
		}
	}
}

// mirror folds i into 0..n-1; odd says that the direction changes.
func mirror(i, n int) (folded int, odd bool) {
	if i %= 2 * n; i < n {
		return i, false
	}
	return 2*n - 1 - i, true
}

// copyBlock copies what a tile keeps of a source block to another's place.
func (t *scaledScan) copyBlock(p *tilePlane, toX, toY, fromX, fromY int, flipX, flipY bool) {
	to, toPlace := t.locate(p, toX, toY)
	from, fromPlace := t.locate(p, fromX, fromY)
	for k := range t.limit + 1 {
		if toPlace[k] == tileJunk {
			continue
		}
		v := from[fromPlace[k]]
		if flipX && zigzag[k]&1 != 0 {
			v = -v
		}
		if flipY && zigzag[k]>>3&1 != 0 {
			v = -v
		}
		to[toPlace[k]] = v
	}
}

// locate finds a source block's tile and its place there.
func (t *scaledScan) locate(p *tilePlane, x, y int) (*tile, *places) {
	return &p.tiles[y/t.n*p.stride+x/t.n], &t.place[y%t.n*t.n+x%t.n]
}

// A strip is the source of one MCU row of the scaled picture: for each
// component of the scan its tiles.
type strip struct {
	row    int // MCU row of the scaled picture
	planes []tilePlane
}

type tilePlane struct {
	tiles  []tile
	stride int
}

// clear makes all coefficients 0.
func (s *strip) clear() {
	for _, p := range s.planes {
		clear(p.tiles)
	}
}
