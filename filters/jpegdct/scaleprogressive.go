package jpegdct

// progressive is Scale for a progressive file.
func (s *scaler) progressive(allow func(int64) error) error {
	planes, err := s.r.coefficients(s.neededLimits(), s.whole, func(n int64) error { return allow(n + s.stripBytes()) })
	if err != nil {
		return err
	}
	s.assignQuantSlots()
	for _, comps := range s.frame.outputScans() {
		to := s.beginScan(comps, len(comps) > 1)
		strip := to.newStrip()
		for strip.row = range to.strips {
			to.fillStrip(strip, planes[comps[0].index:])
			if err := to.encodeStrip(strip); err != nil {
				return err
			}
		}
	}
	s.out.writeMarker(mEOI)
	return s.out.flush()
}

// neededLimits returns the largest zigzag index that is needed, by component.
func (s *scaler) neededLimits() []int {
	limits := make([]int, len(s.frame.comps))
	for i := range limits {
		limits[i] = s.limit
		if x, y := s.spans(i); s.strong != nil || x.hasWhole() || y.hasWhole() {
			limits[i] = 63
		}
	}
	return limits
}

// fillStrip sets the tiles of a strip from the coefficients of the components.
func (t *scaledScan) fillStrip(s *strip, from []coefPlane) {
	s.clear()
	for i := range t.comps {
		c, p := &t.comps[i], &from[i]
		rows := c.v * t.n
		for y := range min(rows, ceilDiv(c.y.size, 8)-s.row*rows) {
			cut := cutColumn(c.x.whole, c.y.whole, s.row*rows+y)
			for x := range ceilDiv(c.x.size, 8) {
				to, inTile := &s.planes[i].tiles[y/t.n*s.planes[i].stride+x/t.n], y%t.n*t.n+x%t.n
				at := (s.row*rows+y)*p.stride + x
				block := &p.blocks[at]
				t.setLow(to, inTile, block)
				if x >= cut || t.strong != nil && c.isStrong(block, p.nonzero[at]) {
					s.planes[i].addWhole(to, inTile)[0].low = *block
				}
			}
		}
	}
}

// isStrong reports whether a coefficient of a block, which is column by column, is strong.
// nonzero is as in a coefPlane.
func (c *scaledComponent) isStrong(block *coefs, nonzero uint64) bool {
	return c.weak.exceeded(block) || c.isolated.exceededByIsolated(block, nonzero)
}

// assignQuantSlots assigns each component of the output a quantisation table slot, the
// same for the same table. The slots of the source may have been redefined between
// scans.
func (s *scaler) assignQuantSlots() {
	if s.o.Quality != 0 {
		return
	}
	for i := range s.frame.comps {
		slot := 0
		for *s.outputQuant(slot) != *s.outputQuant(i) {
			slot++
		}
		s.frame.comps[i].Tq = slot
	}
}
