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

func (s *acSink) restart(*entropy)        { s.eobRun = 0 }
func (s *acSink) row(*entropy, int) error { return nil }

// endOfBands reads the length of a run of ended bands, this one included.
func (s *acSink) endOfBands(w uint64, run int) {
	s.eobRun = 1 << run
	if run > 0 {
		s.eobRun += int(w >> (64 - run))
	}
}

// acFirst decodes a first AC scan.
type acFirst struct{ acSink }

func (s *acFirst) mcus(e *entropy, x, y, n int) error {
	row, known := s.plane.coefs[y*s.plane.stride:], s.plane.known[y*s.plane.stride:]
	for end := x + n; x < end; {
		if s.eobRun > 0 {
			skip := min(s.eobRun, end-x)
			s.eobRun -= skip
			x += skip
			continue
		}
		if e.pos > e.safe {
			if err := e.more(); err != nil {
				return err
			}
		}
		if err := s.block(e, &row[x], &known[x]); err != nil {
			return err
		}
		x++
	}
	return nil
}

func (s *acFirst) block(e *entropy, coefs *[64]int16, known *uint64) error {
	buf, pos := e.buf, e.pos
	table, al := s.table, s.al&15
	for k := s.ss; k <= s.se; k++ {
		w := window(buf, pos)
		symbol, length := table.symbol(w)
		if length == 0 {
			return e.badCode(pos)
		}
		w <<= length & 63
		pos += length
		run, size := int(symbol>>4), int(symbol&15)
		if size == 0 {
			if run < 15 {
				s.endOfBands(w, run)
				s.eobRun--
				pos += run
				break
			}
			k += 15
			continue
		}
		if k += run; k > s.se {
			return e.badCode(pos)
		}
		coefs[k&63] = int16(extend(w, size) << al)
		*known |= 1 << (k & 63)
		pos += size
	}
	e.pos = pos
	return nil
}

// acRefine decodes a later AC scan.
type acRefine struct{ acSink }

func (s *acRefine) mcus(e *entropy, x, y, n int) error {
	row, known := s.plane.coefs[y*s.plane.stride:], s.plane.known[y*s.plane.stride:]
	for end := x + n; x < end; x++ {
		if e.pos > e.safe {
			if err := e.more(); err != nil {
				return err
			}
		}
		k := s.ss
		if s.eobRun == 0 {
			var err error
			if k, err = s.block(e, &row[x], &known[x]); err != nil {
				return err
			}
		}
		if s.eobRun > 0 {
			s.eobRun--
			s.correct(e, &row[x], known[x], k, 64)
		}
	}
	return nil
}

// block reads the new coefficients of a block, with the corrections on the
// way, up to an end of the band, which is counted in eobRun, and gives where
// that is.
func (s *acRefine) block(e *entropy, coefs *[64]int16, known *uint64) (int, error) {
	for k := s.ss; k <= s.se; k++ {
		w := window(e.buf, e.pos)
		symbol, length := s.table.symbol(w)
		if length == 0 {
			return 0, e.badCode(e.pos)
		}
		w <<= length & 63
		e.pos += length
		run, size := int(symbol>>4), int(symbol&15)
		value := int16(0)
		switch size {
		case 0:
			if run < 15 {
				s.endOfBands(w, run)
				e.pos += run
				return k, nil
			}
		case 1:
			value = -1 << s.al
			if w>>63 != 0 {
				value = 1 << s.al
			}
			e.pos++
		default:
			return 0, e.badCode(e.pos)
		}
		k = s.correct(e, coefs, *known, k, run)
		if value != 0 {
			if k > s.se {
				return 0, e.badCode(e.pos)
			}
			coefs[k] = value
			*known |= 1 << k
		}
	}
	return s.se + 1, nil
}

// correct reads a correction bit for each coefficient that is known not to be
// zero, from the k-th up to the one after zeros others, and gives its index.
func (s *acRefine) correct(e *entropy, coefs *[64]int16, known uint64, k, zeros int) int {
	bit := int16(1) << (s.al & 15)
	w, left := window(e.buf, e.pos), 57
	for known >>= k & 63; k <= s.se; known >>= 1 {
		gap := bits.TrailingZeros64(known)
		if gap > zeros || k+gap > s.se {
			return min(k+zeros, s.se+1)
		}
		k += gap
		zeros -= gap
		known >>= gap & 63
		if left == 0 {
			w, left = window(e.buf, e.pos), 57
		}
		left--
		e.pos++
		if c := coefs[k&63]; w>>63 != 0 && c&bit == 0 {
			// Away from zero.
			coefs[k&63] = c + (bit ^ c>>15 - c>>15)
		}
		w <<= 1
		k++
	}
	return k
}
