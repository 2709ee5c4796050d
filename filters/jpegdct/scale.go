package jpegdct

import "io"

// ScaleOptions are what Scale may be told.
type ScaleOptions struct {
	// Denominator is 2, 4 or 8.
	Denominator int
	// Quality, if not 0, is 1..100: the output gets the tables of
	// [StandardQuant] instead of the source's.
	Quality int
	// Segments and Allow are as in [GrayOptions]. An Adobe segment of the
	// source is kept by this package.
	Segments []Segment
	Allow    func(bytes int64) error
}

// ScaledSize gives the size of a picture of w x h pixels scaled by 1/n: half is
// rounded up, and the result is at least 1.
func ScaledSize(w, h, n int) (int, int) {
	return max((2*w+n)/(2*n), 1), max((2*h+n)/(2*n), 1)
}

// Scale writes the picture at exactly 1/2, 1/4 or 1/8 of its size, as
// [ScaledSize] says, without decoding it to pixels: from the lowest frequencies
// of each group of 2x2, 4x4 or 8x8 blocks comes one block. All colour spaces
// and sampling factors are kept as they are, and so are the quantisation tables
// unless there is a Quality. The output is baseline with the Huffman tables of
// T.81, annex K.
//
// What streams, what is held back, and when an input without EOI is whole, is
// as with Gray.
func (r *Reader) Scale(w io.Writer, o ScaleOptions) error {
	if err := r.checkSupported(); err != nil {
		return err
	}
	if o.Denominator != 2 && o.Denominator != 4 && o.Denominator != 8 {
		return unsupported("scaling by 1/%d", o.Denominator)
	}
	if err := r.claim(); err != nil {
		return err
	}
	s := newScaler(r, w, o)
	if r.frame.progressive {
		return s.progressive(allowance(o.Allow))
	}
	return s.sequential()
}

// A scaler is one run of Scale.
type scaler struct {
	r *Reader
	o ScaleOptions
	*scaling
	out   *output
	frame frame // of the scaled picture
	codes codeTables
	begun bool
}

func newScaler(r *Reader, w io.Writer, o ScaleOptions) *scaler {
	s := &scaler{r: r, o: o, scaling: newScaling(o.Denominator)}
	h := r.hdr
	h.Width, h.Height = ScaledSize(h.Width, h.Height, o.Denominator)
	h.Components = append([]Component(nil), h.Components...)
	if o.Quality != 0 {
		for i := range h.Components {
			h.Components[i].Tq = tableSlot(h.ColorSpace, i)
		}
	}
	s.frame = newFrame(&h)
	s.out = newOutput(w, r.bufferSize())
	return s
}

// sequential scales scan by scan.
func (s *scaler) sequential() error {
	e := newEntropyReader(&s.r.src, s.r.bufferSize()/2)
	err := s.r.sequentialScans(e, len(s.frame.comps), func(sc *scan) error { return s.scaleScan(e, sc) })
	if err != nil {
		return err
	}
	s.out.writeMarker(mEOI)
	return s.out.flush()
}

// outputQuant gives a component's table in the output.
func (s *scaler) outputQuant(index int) *QuantTable {
	if s.o.Quality != 0 {
		return StandardQuant(tableSlot(s.r.hdr.ColorSpace, index) == 1, s.o.Quality)
	}
	return s.r.frame.comps[index].quant
}

// writeHeaders writes everything up to the first scan.
func (s *scaler) writeHeaders() {
	if s.begun {
		return
	}
	s.begun = true
	h := &s.r.hdr
	s.out.writeAppSegments(h, s.o.Segments, h.Adobe)
	sof := byte(mSOF0)
	comps := make([]Component, len(s.frame.comps))
	for i := range comps {
		comps[i] = s.frame.comps[i].Component
		if s.o.Quality == 0 && (h.Process == Extended || s.r.frame.comps[i].quant != nil && s.r.frame.comps[i].quant.is16Bit()) {
			sof = mSOF1
		}
	}
	w, ht := ScaledSize(h.Width, h.Height, s.n)
	s.out.writeSOF(sof, w, ht, comps)
}
