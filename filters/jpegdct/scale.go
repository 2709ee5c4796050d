package jpegdct

import "io"

// ScaleOptions are the options of [Reader.Scale].
type ScaleOptions struct {
	// Denominator is 2, 4 or 8.
	Denominator int
	// Quality is 0 to keep the quantisation tables of the source, or 1..100 to use
	// those of [StandardQuant].
	Quality int
	// Segments are as in [GrayOptions]. If the source has an Adobe segment, the output
	// has one too.
	Segments []Segment
	// Allow is as in [GrayOptions]. For a sequential picture it is first called with the
	// least memory for coefficients, that for one MCU row of the scaled picture; an error
	// that it returns then is returned. If it refuses the memory for more MCU rows, Scale
	// holds one at a time, which is slower.
	Allow func(bytes int64) error
}

// ScaledSize returns the size of a picture of w x h pixels scaled by 1/n: rounded to
// the nearest integer, half up, and at least 1.
func ScaledSize(w, h, n int) (int, int) {
	return max((2*w+n)/(2*n), 1), max((2*h+n)/(2*n), 1)
}

// Scale writes the picture at 1/2, 1/4 or 1/8 of its size, as [ScaledSize] says,
// without decoding it to pixels: each group of 2x2, 4x4 or 8x8 blocks becomes one block.
// Of blocks whose higher frequencies are weak, only the lowest frequencies are used. The
// colour space and the sampling factors stay, and the quantisation tables too unless
// Quality is set. The output is baseline, with the Huffman tables of T.81, K.3; it is
// extended if Quality is 0 and the source is extended or has a quantisation table with
// 16-bit elements.
//
// As Gray does, Scale streams sequential pictures, holds the end of the output back
// until the input was checked, and accepts an input without the EOI marker.
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
	if r.frame.inMemory() {
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
	begun bool // writeHeaders was called
}

// newScaler makes a scaler, which has not written anything yet.
func newScaler(r *Reader, w io.Writer, o ScaleOptions) *scaler {
	s := &scaler{r: r, o: o, scaling: newScaling(o.Denominator)}
	h := r.hdr
	h.Width, h.Height = ScaledSize(h.Width, h.Height, o.Denominator)
	h.Components = append([]Component(nil), h.Components...)
	if h.sharedIDs() {
		for i := range h.Components {
			h.Components[i].ID = byte(i + 1)
		}
	}
	if o.Quality != 0 {
		for i := range h.Components {
			h.Components[i].Tq = tableSlot(h.ColorSpace, i)
		}
	}
	s.frame = newFrame(&h)
	s.out = newOutput(w, r.bufferSize())
	return s
}

// sequential is Scale for a sequential file.
func (s *scaler) sequential() error {
	if err := allowance(s.o.Allow)(s.stripBytes()); err != nil {
		return err
	}
	e := newEntropyReader(&s.r.src, s.r.bufferSize()/2)
	err := s.r.sequentialScans(e, len(s.frame.comps), func(sc *scan) error {
		if s.r.drops(sc.comps[0]) {
			return sc.decode(e, newSkipSink(sc, s.r.skipIndexBits()))
		}
		return s.scaleScan(e, sc)
	})
	if err != nil {
		return err
	}
	s.out.writeMarker(mEOI)
	return s.out.flush()
}

// outputQuant returns the quantisation table of a component in the output.
func (s *scaler) outputQuant(index int) *QuantTable {
	if s.o.Quality != 0 {
		return StandardQuant(tableSlot(s.r.hdr.ColorSpace, index) == 1, s.o.Quality)
	}
	return s.r.frame.comps[index].quant.withoutZeros()
}

// writeHeaders writes the segments before the tables of the first scan, unless it has
// done so already.
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
