package jpegdct

// A dcSink is the sink of a DC scan (T.81, G.1.2.1). It stores the coefficients of
// components that have a plane.
type dcSink struct {
	refine bool
	al     int       // position of the lowest bit (Al)
	blocks []dcBlock // of an MCU
	preds  [4]int32  // DC predictions by component
}

// A dcBlock is a block of an MCU.
type dcBlock struct {
	index  int     // index of the component in the frame
	table  *lookup // nil in a refinement scan
	plane  coefPlane
	h, v   int // size in blocks of the component's part of an MCU
	dx, dy int // position in this part
}

// newDCSink makes the sink of the scan sc, which stores into planes.
func newDCSink(sc *scan, planes []coefPlane) *dcSink {
	s := &dcSink{refine: sc.ah > 0, al: sc.al}
	for _, c := range sc.comps {
		b := dcBlock{index: c.index, plane: planes[c.index], h: c.h, v: c.v}
		if !s.refine {
			b.table = c.dc.lookupTable()
		}
		for b.dy = range c.v {
			for b.dx = range c.h {
				s.blocks = append(s.blocks, b)
			}
		}
	}
	return s
}

func (s *dcSink) restart(*entropyReader)           { s.preds = [4]int32{} }
func (s *dcSink) endRow(*entropyReader, int) error { return nil }

func (s *dcSink) readMCUs(e *entropyReader, x, y, n int) error {
	for end := x + n; x < end; x++ {
		if e.pos > e.safe {
			if err := e.ensureMCU(); err != nil {
				return err
			}
		}
		for i := range s.blocks {
			b := &s.blocks[i]
			v, err := dcValue(e, b.table, &s.preds[b.index])
			if err != nil {
				return err
			}
			if b.plane.blocks != nil {
				to, place := b.plane.block(x*b.h+b.dx, y*b.v+b.dy)
				to[place[0]] |= int16(v << s.al)
			}
		}
	}
	return nil
}

// dcValue decodes a DC coefficient of a first scan, without its low bits, or if t is
// nil the next bit of a DC coefficient in a refinement scan.
func dcValue(e *entropyReader, t *lookup, pred *int32) (int32, error) {
	w := window(e.buf, e.pos)
	if t == nil {
		e.pos++
		return int32(w >> 63), nil
	}
	symbol, length := t.symbol(w)
	if length == 0 {
		return 0, e.badCodeError(e.pos)
	}
	*pred += extend(w<<(length&63), int(symbol))
	e.pos += length + int(symbol)
	return *pred, nil
}
