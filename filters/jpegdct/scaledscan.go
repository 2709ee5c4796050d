package jpegdct

// A scaledScan encodes a scan of the scaled picture.
type scaledScan struct {
	*scaler
	comps        []scaledComponent
	mcusX, mcusY int // size in MCUs
}

// A scaledComponent is a component of a scaledScan.
type scaledComponent struct {
	h, v             int // size in blocks of its part of an MCU
	blocksX, blocksY int // size in blocks in the scaled picture
	sourceX, sourceY int // size in blocks in the source
	stride           int // tiles in a row
	tileMap          *tileMap
	dc               *[12]dcCode
	ac               *acCodes
	pred             int32 // DC prediction
}

// beginScan writes all segments before the data of a scan that has the components
// source. The quantisation tables of these components must have come.
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

// newStrip makes a strip with all coefficients 0.
func (t *scaledScan) newStrip() *strip {
	s := &strip{}
	for i := range t.comps {
		c := &t.comps[i]
		s.planes = append(s.planes, tilePlane{make([]tile, c.stride*c.v), c.stride})
	}
	return s
}

// encodeStrip writes the MCU row of a strip. The last MCU row of the scan stays in the
// buffer of the output.
func (t *scaledScan) encodeStrip(s *strip) error {
	for x := 0; x < t.mcusX && s.row < t.mcusY; x++ {
		for i := range t.comps {
			t.comps[i].encodeMCU(t.out, &s.planes[i], x, s.row)
		}
	}
	if s.row < t.mcusY-1 {
		return t.out.flushIfFull()
	}
	if s.row == t.mcusY-1 {
		t.out.align()
	}
	return nil
}

// encodeMCU writes the blocks of the component in the MCU in column x and row y.
func (c *scaledComponent) encodeMCU(out *output, p *tilePlane, x, y int) {
	var block coefBlock
	for dy := range c.v {
		for dx := range c.h {
			bx := x*c.h + dx
			if bx >= c.blocksX || y*c.v+dy >= c.blocksY {
				// The block only completes the MCU: DC difference 0, then EOB.
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

// mirrorEdges fills the tiles beyond the edges of the source with mirrored blocks, so
// that the cropped part of an edge block does not disturb the visible part.
func (t *scaledScan) mirrorEdges(s *strip) {
	for i := range t.comps {
		c := &t.comps[i]
		p := &s.planes[i]
		top := s.row * c.v * t.n // source's row of blocks at the top of the strip
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

// mirror maps i to 0..n-1 by reflection at both ends. odd reports whether the direction
// is reversed.
func mirror(i, n int) (folded int, odd bool) {
	if i %= 2 * n; i < n {
		return i, false
	}
	return 2*n - 1 - i, true
}

// copyBlock copies the coefficients of the source block at fromX, fromY to the block at
// toX, toY. flipX and flipY mirror the block: the odd frequencies change sign.
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

// locate returns the tile of the source block at x, y of the strip, and the places of
// the block in the tile.
func (t *scaledScan) locate(p *tilePlane, x, y int) (*tile, *places) {
	return &p.tiles[y/t.n*p.stride+x/t.n], &t.place[y%t.n*t.n+x%t.n]
}

// A strip has the tiles of one MCU row of the scaled picture.
type strip struct {
	row    int         // MCU row of the scaled picture
	planes []tilePlane // by component of the scan
}

// A tilePlane has the tiles of one component, row by row.
type tilePlane struct {
	tiles  []tile
	stride int // tiles in a row
}

// clear sets all coefficients to 0.
func (s *strip) clear() {
	for _, p := range s.planes {
		clear(p.tiles)
	}
}
