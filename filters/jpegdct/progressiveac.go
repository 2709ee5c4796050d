package jpegdct

import "math/bits"

// An acSink has what the sinks of first and refinement scans of AC coefficients share.
type acSink struct {
	plane  coefPlane
	table  *lookup
	al     int // position of the lowest bit (Al)
	ss, se int // zigzag indices of the band
	eobRun int // number of blocks from the current one on whose band has ended (EOBRUN)
}

func (s *acSink) restart(*entropyReader)           { s.eobRun = 0 }
func (s *acSink) endRow(*entropyReader, int) error { return nil }

// readEOBRun sets eobRun from the symbol EOBn, n = run, and the n bits at the head of w
// (T.81, G.1.2.2).
func (s *acSink) readEOBRun(w uint64, run int) {
	s.eobRun = 1 << run
	if run > 0 {
		s.eobRun += int(w >> (64 - run))
	}
}

// An acFirst is the sink of a first AC scan (T.81, G.1.2.2).
type acFirst struct{ acSink }

func (s *acFirst) readMCUs(e *entropyReader, x, y, n int) error {
	nonzero := s.plane.nonzero[y*s.plane.stride:]
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
		if err := s.block(e, to, place, &nonzero[x]); err != nil {
			return err
		}
		x++
	}
	return nil
}

// block decodes the band of a block, up to its end or an EOB run.
func (s *acFirst) block(e *entropyReader, to *coefs, place *places, nonzero *uint64) error {
	buf, pos := e.buf, e.pos
	table, al := s.table, s.al&15
	now := *nonzero
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
	*nonzero = now
	e.pos = pos
	return nil
}

// An acRefine is the sink of an AC refinement scan (T.81, G.1.2.3).
type acRefine struct{ acSink }

func (s *acRefine) readMCUs(e *entropyReader, x, y, n int) error {
	nonzero := s.plane.nonzero[y*s.plane.stride:]
	band := ^uint64(0) << s.ss & (^uint64(0) >> (63 - s.se))
	for end := x + n; x < end; x++ {
		if s.eobRun > 0 && nonzero[x]&band == 0 {
			s.eobRun--
			continue
		}
		if e.pos > e.safe {
			if err := e.ensureMCU(); err != nil {
				return err
			}
		}
		to, place := s.plane.block(x, y)
		rest := band
		if s.eobRun == 0 {
			var err error
			if rest, err = s.block(e, to, place, &nonzero[x], rest); err != nil {
				return err
			}
		}
		if s.eobRun > 0 {
			s.eobRun--
			if rest &= nonzero[x]; rest != 0 {
				e.pos = s.correctAC(to, place, e.buf, e.pos, rest)
			}
		}
	}
	return nil
}

// block decodes the coefficients of a block that become nonzero, and the correction
// bits between them, up to the end of the band or an EOB run, which it stores in
// eobRun. band has a bit for each zigzag index in the band. The result has those after
// the beginning of the run: their correction bits come next.
func (s *acRefine) block(e *entropyReader, to *coefs, place *places, nonzero *uint64, band uint64) (uint64, error) {
	buf, pos, now := e.buf, e.pos, *nonzero
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
		// The new coefficient is at the zero after run other zeros.
		at := bitAfter(band&^now, run)
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
	*nonzero, e.pos = now, pos
	return band, nil
}

// bitAfter returns the bit of set after its n lowest bits, n < 16, or 0 if it has no more.
func bitAfter(set uint64, n int) uint64 {
	at := set & -set
	// Most often the bits are side by side. The processor cannot predict the end of a loop.
	if run := at<<((n+1)&63) - at; set&run == run {
		return at << (n & 63)
	}
	for ; n > 0; n-- {
		set &= set - 1
	}
	return set & -set
}

// correctAC reads the correction bits of the coefficients in which, a bit for each
// zigzag index, and returns the position after them.
func (s *acRefine) correctAC(to *coefs, place *places, buf []byte, pos int, which uint64) int {
	end := pos + bits.OnesCount64(which)
	bit := int16(1) << (s.al & 15)
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
