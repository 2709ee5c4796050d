package jpegdct

// An arithDecoder decodes binary decisions (T.81, D.2).
type arithDecoder struct {
	data []byte // of a restart interval, with byte stuffing
	a    uint32 // size of the interval
	c    uint32 // code register: the high 16 bits are compared with a
	left uint   // bits to shift until the next byte is needed
}

// An arithBin has the statistics of a decision: the index of the state, and in bit 7 the
// more probable symbol.
type arithBin uint8

// begin begins a restart interval (T.81, D.2.6).
func (d *arithDecoder) begin(data []byte) {
	*d = arithDecoder{data: data, a: 1 << 16}
	d.c = d.nextByte() << 24
	d.c |= d.nextByte() << 16
}

// nextByte returns the next byte of the data without byte stuffing. After the end of the
// data these are zeros, which an encoder leaves out (T.81, D.1.8).
func (d *arithDecoder) nextByte() uint32 {
	if len(d.data) == 0 {
		return 0
	}
	b := d.data[0]
	switch {
	case b != 0xFF:
		d.data = d.data[1:]
	case len(d.data) > 1 && d.data[1] == 0:
		d.data = d.data[2:]
	default: // fill bytes before a marker
		d.data = nil
		return 0
	}
	return uint32(b)
}

// bit decodes a decision (T.81, figures D.16 to D.19).
func (d *arithDecoder) bit(bin *arithBin) uint32 {
	mps := uint32(*bin >> 7)
	s := &arithStates[*bin&127]
	qe := uint32(s.qe)
	d.a -= qe
	less := d.a < qe // the interval of the less probable symbol is the larger one
	if d.c>>16 < d.a {
		if d.a >= 1<<15 {
			return mps
		}
	} else {
		d.c -= d.a << 16
		d.a = qe
		less = !less
	}
	if less {
		*bin = arithBin(s.afterLPS) | arithBin(mps^uint32(s.swap))<<7
		mps ^= 1
	} else {
		*bin = arithBin(s.afterMPS) | arithBin(mps)<<7
	}
	for d.a < 1<<15 {
		if d.left == 0 {
			d.c |= d.nextByte() << 8
			d.left = 8
		}
		d.a <<= 1
		d.c <<= 1
		d.left--
	}
	return mps
}

// fixed decodes a decision between two values of the same probability.
func (d *arithDecoder) fixed() uint32 {
	bin := arithBin(arithFixed)
	return d.bit(&bin)
}

// maxMagnitude bounds the decoded values: 2^15 is beyond every coefficient.
const maxMagnitude = 1 << 15

// noBin stands for a decision that there is not.
const noBin = -1

// magnitude decodes |v| - 1 of a value v that is not 0 (T.81, figures F.23 and F.24).
// first is the bin of the first decision, and second that of the next, or noBin. The bins
// of the higher categories begin at high; the bits below the highest one have the bin 14
// further on. It returns false if the value is out of range.
func (d *arithDecoder) magnitude(bins []arithBin, first, second, high int) (m int32, ok bool) {
	if d.bit(&bins[first]) == 0 {
		return 0, true
	}
	top := int32(1)
	if second != noBin {
		if d.bit(&bins[second]) == 0 {
			return 1, true
		}
		top = 2
	}
	for ; d.bit(&bins[high]) != 0; high++ {
		if top <<= 1; top == maxMagnitude {
			return 0, false
		}
	}
	m = top
	for bit := top >> 1; bit > 0; bit >>= 1 {
		if d.bit(&bins[high+14]) != 0 {
			m |= bit
		}
	}
	return m, true
}
