package jpegdct

// progressive is Scale for a progressive file.
func (s *scaler) progressive(allow func(int64) error) error {
	scans, err := s.r.readScans(allow)
	if err != nil {
		return err
	}
	wanted := make([]bool, len(s.frame.comps))
	for i := range wanted {
		wanted[i] = true
		if s.r.frame.comps[i].quant == nil {
			return truncated("no scan of component %d", i+1)
		}
	}
	planes, err := s.r.decodeCoefficients(neededScans(scans, s.limit), wanted, coefLayout{s.n, &s.place, 2<<s.limit - 1}, allow)
	if err != nil {
		return err
	}
	s.assignQuantSlots()
	for _, comps := range s.r.frame.outputScans() {
		to := s.beginScan(comps)
		strip := &strip{planes: make([]tilePlane, len(comps))}
		for strip.row = 0; strip.row < to.mcusY; strip.row++ {
			for i, c := range comps {
				p := &planes[c.index]
				strip.planes[i] = tilePlane{p.tiles[strip.row*c.v*p.stride:], p.stride}
			}
			to.mirrorEdges(strip)
			if err := to.encodeStrip(strip); err != nil {
				return err
			}
		}
	}
	s.out.writeMarker(mEOI)
	return s.out.flush()
}

// neededScans returns the scans that are needed for the coefficients up to the zigzag
// index limit.
func neededScans(scans []codedScan, limit int) []codedScan {
	for again := true; again; {
		again = false
		for i := range scans {
			// A refinement scan can only be decoded if all coefficients of its band are known.
			if sc := &scans[i]; sc.ss <= limit && sc.se > limit {
				limit, again = sc.se, true
			}
		}
	}
	var needed []codedScan
	for _, sc := range scans {
		if sc.ss <= limit {
			needed = append(needed, sc)
		}
	}
	return needed
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
