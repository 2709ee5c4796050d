package jpegdct

// progressive is Scale for a progressive file.
func (s *scaler) progressive(allow func(int64) error) error {
	planes, err := s.r.allCoefficients(s.limit, coefLayout{s.n, &s.place, 2<<s.limit - 1}, allow)
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
