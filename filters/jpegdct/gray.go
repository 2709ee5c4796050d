package jpegdct

import "io"

// GrayOptions are what Gray may be told.
type GrayOptions struct {
	// Segments are written after the headers that describe the picture. Adobe
	// segments among them are left out: gray needs none. JFIF is written where
	// the source has it, with the source's density, or that of a JFIF segment
	// among them.
	Segments []Segment
	// Allow, if not nil, is asked before memory is taken that grows with a
	// progressive picture or its file, with all that will be held in bytes; its error
	// is returned. A sequential picture needs no more than some MCU rows; for those
	// that are read at once it's asked too, and where it refuses there is one.
	Allow func(bytes int64) error
}

// Gray writes the picture's luma as a JPEG of one component. Nothing is lost:
// the quantised coefficients stay as they are, and only the DC differences,
// whose order changes, are coded anew. A picture that is gray already keeps
// its scans as they are.
//
// A sequential picture streams: at any time one MCU row is held, or some where
// restart markers let several be read at once. A progressive one is read whole
// first. In either case the last MCU row, and EOI, are written only after the
// input was verified to its end, so what was written before an error is never a
// whole JPEG. An input that lacks only its EOI marker is whole.
//
// Pictures without a luma component (RGB, CMYK, YCCK) are ErrUnsupported, and
// so are those whose luma has fewer samples than the picture has pixels.
func (r *Reader) Gray(w io.Writer, o GrayOptions) error {
	if err := r.checkSupported(); err != nil {
		return err
	}
	if cs := r.hdr.ColorSpace; cs != Gray && cs != YCbCr {
		return unsupported("%v has no luma component", cs)
	}
	if luma := r.hdr.Components[0]; luma.H < r.frame.hmax || luma.V < r.frame.vmax {
		return unsupported("luma is sampled at %dx%d of %dx%d", luma.H, luma.V, r.frame.hmax, r.frame.vmax)
	}
	if err := r.claim(); err != nil {
		return err
	}
	if r.frame.progressive {
		return r.grayProgressive(w, o)
	}
	return r.graySequential(w, o)
}

// graySequential goes through the scans of a sequential file, of which there
// are as many as components if they are not interleaved.
func (r *Reader) graySequential(w io.Writer, o GrayOptions) error {
	out := newOutput(w, r.bufferSize())
	e := newEntropyReader(&r.src, r.bufferSize()/2)
	indexBits := r.skipIndexBits()
	err := r.sequentialScans(e, 1, func(sc *scan) error {
		switch {
		case sc.comps[0].index != 0:
			return sc.decode(e, newSkipSink(sc, indexBits))
		case len(sc.comps) == 1:
			return sc.decode(e, r.newGrayCopySink(sc, out, o, indexBits))
		}
		return r.grayInterleavedScan(e, sc, out, o, indexBits)
	})
	if err != nil {
		return err
	}
	out.writeMarker(mEOI)
	return out.flush()
}

// writeGrayHeaders begins the output: everything up to the first scan.
func (r *Reader) writeGrayHeaders(out *output, segments []Segment) {
	luma := &r.frame.comps[0]
	out.writeAppSegments(&r.hdr, segments, false)
	out.writeDQT(0, luma.quant)
	sof := byte(mSOF0)
	switch {
	case r.frame.progressive:
		sof = mSOF2
	case r.hdr.Process == Extended || luma.quant.is16Bit():
		sof = mSOF1
	}
	out.writeSOF(sof, r.hdr.Width, r.hdr.Height, []Component{{ID: luma.ID, H: 1, V: 1}})
}
