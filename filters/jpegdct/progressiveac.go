package jpegdct

import "math/bits"

// acSink is what both kinds of AC scans share (T.81, G.1.2.2 and G.1.2.3).
type acSink struct {
	plane  coefPlane
	table  *lookup
	al     int
	ss, se int
	eobRun int // blocks still to come in the band of which nothing (new) comes
}

func (s *acSink) restart(*entropyReader)           { s.eobRun = 0 }
func (s *acSink) endRow(*entropyReader, int) error { return nil }

// readEOBRun reads the length of a run of ended bands, this one included.
func (s *acSink) readEOBRun(w uint64, run int) {
	s.eobRun = 1 << run
	if run > 0 {
		s.eobRun += int(w >> (64 - run))
	}
}

// acFirst decodes a first AC scan.
type acFirst struct{ acSink }

func (s *acFirst) readMCUs(e *entropyReader, x, y, n int) error {
	known := s.plane.nonzero[y*s.plane.blockStride:]
	for end := x + n; x < end; {
		if s.eobRun > 0 {
			skip := min(s.eobRun, end-x)
			s.eobRun -= skip
			x += skip
			continue
		}
		if e.pos > e.safe {
			if err := e.ensureMCU(); err != nil {
				return err
			}
		}
		to, place := s.plane.block(x, y)
		if err := s.block(e, to, place, &known[x]); err != nil {
			return err
		}
		x++
	}
	return nil
}

func (s *acFirst) block(e *entropyReader, to *tile, place *places, known *uint64) error {
	buf, pos := e.buf, e.pos
	table, al := s.table, s.al&15
	now := *known
	for k := s.ss; k <= s.se; k++ {
		w := window(buf, pos)
		symbol, length := table.symbol(w)
		if length == 0 {
			return e.badCodeError(pos)
		}
		w <<= length & 63
		pos += length
		run, size := int(symbol>>4), int(symbol&15)
		if size == 0 {
			if run < 15 {
				s.readEOBRun(w, run)
				s.eobRun--
				pos += run
				break
			}
			k += 15
			continue
		}
		if k += run; k > s.se {
			return e.badCodeError(pos)
		}
		to[place[k&127]] = int16(extend(w, size) << al)
		now |= 1 << (k & 63)
		pos += size
	}
	*known = now
	e.pos = pos
	return nil
}

// acRefine decodes a later AC scan.
type acRefine struct{ acSink }

func (s *acRefine) readMCUs(e *entropyReader, x, y, n int) error {
	known := s.plane.nonzero[y*s.plane.blockStride:]
	for end := x + n; x < end; x++ {
		if e.pos > e.safe {
			if err := e.ensureMCU(); err != nil {
				return err
			}
		}
		to, place := s.plane.block(x, y)
		rest := ^uint64(0) << s.ss & (^uint64(0) >> (63 - s.se))
		if s.eobRun == 0 {
			var err error
			if rest, err = s.block(e, to, place, &known[x], rest); err != nil {
				return err
			}
		}
		if s.eobRun > 0 {
			s.eobRun--
			if rest &= known[x]; rest != 0 {
				e.pos = s.correctAC(to, place, e.buf, e.pos, rest)
			}
		}
	}
	return nil
}

// block reads the new coefficients of a block, of which band has the zigzag
// indices, with the corrections on the way, up to an end of the band, which is
// counted in eobRun. It gives the indices behind that.
func (s *acRefine) block(e *entropyReader, to *tile, place *places, known *uint64, band uint64) (uint64, error) {
	buf, pos, now := e.buf, e.pos, *known
	for band != 0 {
		w := window(buf, pos)
		symbol, length := s.table.symbol(w)
		run, size := int(symbol>>4), int(symbol&15)
		if length == 0 || size > 1 {
			return 0, e.badCodeError(pos)
		}
		w <<= length & 63
		pos += length
		if size == 0 && run < 15 {
			s.readEOBRun(w, run)
			pos += run
			break
		}
		value := int16(w>>63)<<1 - 1
		pos += size
		// The next coefficient is the zero that comes after run others.
		zeros := band &^ now
		for ; run > 0; run-- {
			zeros &= zeros - 1
		}
		at := zeros & -zeros
		if rest := band & now & (at - 1); rest != 0 {
			pos = s.correctAC(to, place, buf, pos, rest)
		}
		band &^= at | (at - 1)
		if size == 1 {
			if at == 0 {
				return 0, e.badCodeError(pos)
			}
			to[place[bits.TrailingZeros64(at)&63]] = value << (s.al & 15)
			now |= at
		}
	}
	*known, e.pos = now, pos
	return band, nil
}

// correctAC reads a correction bit for each coefficient in which, and gives the
// position behind the last. Of what the layout has no place for, it is skipped.
func (s *acRefine) correctAC(to *tile, place *places, buf []byte, pos int, which uint64) int {
	end := pos + bits.OnesCount64(which)
	bit := int16(1) << (s.al & 15)
	which &= s.plane.wanted
	for w, left := window(buf, pos), 57; which != 0; which &= which - 1 {
		if left == 0 {
			pos += 57
			w, left = window(buf, pos), 57
		}
		left--
		c := &to[place[bits.TrailingZeros64(which)&63]]
		sign := *c >> 15
		*c += (bit ^ sign - sign) & -int16(w>>63) // away from zero
		w <<= 1
	}
	return end
}
