package jpegdct

import "unsafe"

// A scaledScan encodes a scan of the scaled picture.
type scaledScan struct {
	*scaler
	comps        []scaledComponent
	mcusX, mcusY int // size in MCUs
	strips       int // number of strips that the source gives
	stripRows    int // MCU rows of a strip
}

// A scaledComponent is a component of a scaledScan.
type scaledComponent struct {
	h, v             int // size in blocks of its part of an MCU
	blocksX, blocksY int // size in blocks in the scaled picture
	x, y             span
	stride, rows     int // tiles in a row, and rows of them in a strip
	tileMap          *tileMap
	weak, isolated   bounds // see scaling.bounds
	dc               *[12]dcCode
	ac               *acCodes
	pred             int32 // DC prediction
}

// beginScan writes all segments before the data of a scan of the components kept, which
// the scan of the source may interleave with others. The quantisation tables of these
// components must have come.
func (s *scaler) beginScan(kept []scanComponent, interleaved bool) *scaledScan {
	s.writeHeaders()
	t := &scaledScan{scaler: s, mcusX: s.frame.mcusX, mcusY: s.frame.mcusY, strips: ceilDiv(s.r.frame.mcusY, s.n), stripRows: 1}
	var entries []scanEntry
	for _, c := range kept {
		from, to := &s.r.frame.comps[c.index], &s.frame.comps[c.index]
		quant := s.outputQuant(c.index)
		class := tableSlot(s.r.hdr.ColorSpace, c.index)
		sc := scaledComponent{
			h: c.h, v: c.v, blocksX: to.blocksX, blocksY: to.blocksY,
			stride: ceilDiv(s.r.frame.mcusX, s.n) * c.h, rows: c.v,
			tileMap: s.tileMap(from.quant, quant),
		}
		sc.x, sc.y = s.spans(c.index)
		sc.weak = s.bounds(from.quant)
		sc.isolated = *sc.weak.isolated()
		sc.dc, sc.ac = s.codes.slot(class)
		if !interleaved {
			t.strips, sc.stride = ceilDiv(from.blocksY, s.n), ceilDiv(from.blocksX, s.n)
		}
		if len(kept) == 1 {
			t.mcusX, t.mcusY, t.stripRows = to.blocksX, to.blocksY, sc.rows
			sc.h, sc.v = 1, 1
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

// spans returns the width and the height of a component.
func (s *scaler) spans(index int) (x, y span) {
	h, from, to := &s.r.hdr, &s.r.frame.comps[index], &s.frame.comps[index]
	w, ht := ScaledSize(h.Width, h.Height, s.n)
	return s.span(from.width, to.width, h.Width, w), s.span(from.height, to.height, h.Height, ht)
}

// A strip has the tiles that n MCU rows of the source become: one MCU row of the scaled
// picture, or of luma out of interleaved components, which has MCUs of one block, some.
type strip struct {
	row    int         // number of strips before it
	planes []tilePlane // by component of the scan
}

// newStrip makes a strip.
func (t *scaledScan) newStrip() *strip {
	s := &strip{}
	for i := range t.comps {
		c := &t.comps[i]
		s.planes = append(s.planes, tilePlane{tiles: make([]tile, c.stride*c.rows), stride: c.stride})
	}
	return s
}

// stripBytes returns the memory for a strip, at most: all blocks may be taken whole. By
// 1/8 only those at the end of the picture are, two rows and two columns at most, but all of
// a picture that is stretched.
func (s *scaler) stripBytes() (sum int64) {
	f := &s.r.frame
	whole := s.n * s.n // blocks of a tile
	x, y := s.spans(0)
	if s.strong == nil && x.outputs == 0 && y.outputs == 0 {
		whole = 4 * s.n
	}
	const (
		growing = 2       // a slice grows up to twofold
		chunk   = 4 << 10 // what the allocator takes for chunkTiles tiles
		header  = 24      // of a slice
	)
	each := int(unsafe.Sizeof(tile{})) + whole*(ceilDiv(chunk+growing*header, chunkTiles)+growing)
	for _, c := range s.r.kept() {
		sum += int64(ceilDiv(f.mcusX, s.n)*c.H*c.V)*int64(each) + chunk + growing*header
	}
	return sum
}

// clear prepares the strip for other tiles.
func (s *strip) clear() {
	for i := range s.planes {
		s.planes[i].clear()
	}
}

// encodeStrip writes the MCU rows of a strip; of the last strip, all MCU rows that are left.
// The last MCU row of the scan stays in the buffer of the output.
func (t *scaledScan) encodeStrip(s *strip) error {
	begin := s.row * t.stripRows
	end := min(begin+t.stripRows, t.mcusY)
	if s.row == t.strips-1 {
		end = t.mcusY
	}
	for y := begin; y < end; y++ {
		for x := range t.mcusX {
			for i := range t.comps {
				t.comps[i].encodeMCU(t.out, s, &s.planes[i], x, y)
			}
		}
	}
	if end < t.mcusY {
		return t.out.flushIfFull()
	}
	if begin < end {
		t.out.align()
	}
	return nil
}

// encodeMCU writes the blocks of the component in the MCU in column x and row y.
func (c *scaledComponent) encodeMCU(out *output, s *strip, p *tilePlane, x, y int) {
	var block coefBlock
	for dy := range c.v {
		for dx := range c.h {
			bx, by := x*c.h+dx, y*c.v+dy
			if bx >= c.blocksX || by >= c.blocksY {
				// The block only completes the MCU: DC difference 0, then EOB.
				out.writeDC(c.dc, 0)
				out.writeCode(c.ac.codes[0])
				continue
			}
			nonzero := c.transform(s, p, bx, by, &block)
			dc := int32(block[0])
			out.writeDC(c.dc, dc-c.pred)
			c.pred = dc
			out.writeAC(c.ac, &block, nonzero)
		}
	}
}

// transform makes the block in column bx and row by of the scaled picture. A block for
// which the source has no tile is made from the tile before.
func (c *scaledComponent) transform(s *strip, p *tilePlane, bx, by int, out *coefBlock) (nonzero uint64) {
	t := c.tileMap
	x, y := min(bx, c.x.tiles-1), min(by, c.y.tiles-1)
	in := &p.tiles[(y-s.row*c.rows)*p.stride+x]
	if size := 8 * t.n; c.x.size < (bx+1)*size || c.y.size < (by+1)*size {
		columns, rows := c.x.extent(t.n, x, bx), c.y.extent(t.n, y, by)
		return t.transformEdge(p, in, t.axis(columns), t.axis(rows), out)
	}
	return t.transform(&in.low, t.sumHigh(p, in), out)
}
