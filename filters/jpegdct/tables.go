package jpegdct

import "slices"

// tables are the quantisation tables, Huffman tables and restart interval that are
// in force at some point of the file (T.81, B.2.4).
type tables struct {
	quant   [4]*QuantTable // by slot
	dc, ac  [4]*huffman    // by slot
	restart int            // restart interval in MCUs; 0: none
	conditioning
}

// parse parses the parameters p of a DQT, DHT or DRI segment, and ignores segments
// that do not affect the coefficients.
func (t *tables) parse(marker byte, p []byte, o *ReaderOptions) error {
	switch {
	case marker == mDQT:
		return t.parseDQT(p, o)
	case marker == mDHT:
		return t.parseDHT(p)
	case marker == mDRI:
		if len(p) != 2 {
			return corrupt("invalid DRI segment of %d bytes", len(p))
		}
		t.restart = int(be16(p))
	case marker == mDAC:
		return t.parseDAC(p)
	case isAPP(marker), marker == COM, marker == mEXP, marker >= mJPG:
		// APPn, COM, EXP, JPG, JPGn: not needed.
	default:
		return corrupt("unexpected marker FF%02X between segments", marker)
	}
	return nil
}

// parseDQT parses a DQT segment (T.81, B.2.4.1). An element of 0 is a breach.
func (t *tables) parseDQT(p []byte, o *ReaderOptions) error {
	for len(p) > 0 {
		precision, slot := p[0]>>4, p[0]&15
		if precision > 1 || slot > 3 {
			return corrupt("quantisation table %d of precision %d", slot, precision)
		}
		size := 64 << precision
		if len(p) < 1+size {
			return corrupt("quantisation table %d is incomplete", slot)
		}
		q := new(QuantTable)
		for k := range q {
			if precision == 0 {
				q[k] = uint16(p[1+k])
			} else {
				q[k] = be16(p[1+2*k:])
			}
		}
		if slices.Contains(q[:], 0) {
			if err := o.Tolerate.Handle(corrupt("quantisation table %d has a zero element", slot)); err != nil {
				return err
			}
		}
		t.quant[slot] = q
		p = p[1+size:]
	}
	return nil
}

// parseDHT parses a DHT segment (T.81, B.2.4.2).
func (t *tables) parseDHT(p []byte) error {
	for len(p) > 0 {
		if len(p) < 17 {
			return corrupt("Huffman table is incomplete")
		}
		class, slot := p[0]>>4, p[0]&15
		if class > 1 || slot > 3 {
			return corrupt("Huffman table %d of class %d", slot, class)
		}
		n := 0
		for _, count := range p[1:17] {
			n += int(count)
		}
		if n > 256 || len(p) < 17+n {
			return corrupt("%s Huffman table %d is incomplete", [2]string{"DC", "AC"}[class], slot)
		}
		h, err := newHuffman(p[1:17], p[17:17+n])
		if err != nil {
			return err
		}
		if class == 0 {
			t.dc[slot] = h
		} else {
			t.ac[slot] = h
		}
		p = p[17+n:]
	}
	return nil
}

// is16Bit reports whether the table has elements above 255, which need 16 bits and
// are not allowed in a baseline file (T.81, B.2.4.1).
func (q *QuantTable) is16Bit() bool {
	for _, v := range q {
		if v > 255 {
			return true
		}
	}
	return false
}

// withoutZeros returns the table for new coefficients: a zero element becomes the
// element before it that is not 0, or 1 if there is none.
func (q *QuantTable) withoutZeros() *QuantTable {
	if !slices.Contains(q[:], 0) {
		return q
	}
	filled, last := *q, uint16(1)
	for k, v := range filled {
		if v == 0 {
			filled[k] = last
		}
		last = filled[k]
	}
	return &filled
}
