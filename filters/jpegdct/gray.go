package jpegdct

import "io"

// GrayOptions are the options of [Reader.Gray].
type GrayOptions struct {
	// Segments are the application and comment segments to write. Adobe segments are
	// left out: a gray JPEG needs none. A JFIF segment is written if the source has
	// one, with the density of the JFIF segment in Segments if there is one, otherwise
	// with that of the source.
	Segments []Segment
	// Allow, if not nil, is called before memory is allocated in proportion to a
	// progressive picture or its file, with the total in bytes that will be held. An
	// error that it returns is returned. For a sequential picture it is called with the
	// memory for MCU rows that are read in parallel; if it refuses, rows are read one
	// by one.
	Allow func(bytes int64) error
}

// Gray writes the luma component as a JPEG of one component. It is lossless: the
// quantised coefficients stay as they are; only the DC differences are coded anew,
// because the order of the blocks changes. The scans of a picture that is gray
// already are copied.
//
// The output has the process of the input, but an arithmetic-coded picture becomes
// baseline or extended. A sequential picture is streamed: one MCU row is held in memory,
// or some if restart markers allow rows to be read in parallel. A progressive or
// arithmetic-coded file is read to its end first. The last MCU row and EOI are written
// only after the input was checked to its end, so that the output before an error is
// never a complete JPEG. A Huffman-coded input that lacks only the EOI marker is complete.
//
// Of a picture with two components, whose meaning no standard says, the first is taken
// for luma; that is a breach ([ErrTwoComponents]).
//
// Gray returns [ErrUnsupported] for pictures without a luma component (RGB, CMYK,
// YCCK), and for those whose luma component has fewer samples than the picture has
// pixels.
func (r *Reader) Gray(w io.Writer, o GrayOptions) error {
	if err := r.checkLuma(); err != nil {
		return err
	}
	if err := r.claim(); err != nil {
		return err
	}
	switch {
	case r.frame.arithmetic:
		return r.grayArithmetic(w, o)
	case r.frame.progressive:
		return r.grayProgressive(w, o)
	}
	return r.graySequential(w, o)
}

// checkLuma returns the error of Gray for a picture that Gray cannot process. It tells
// Tolerate of a picture with two components.
func (r *Reader) checkLuma() error {
	if err := r.checkSupported(); err != nil {
		return err
	}
	cs := r.hdr.ColorSpace
	if cs != Gray && cs != YCbCr && cs != UnknownColor {
		return unsupported("%v has no luma component", cs)
	}
	if luma := r.frame.comps[0]; luma.H < r.frame.hmax || luma.V < r.frame.vmax {
		return unsupported("luma has sampling factors %dx%d, the largest are %dx%d", luma.H, luma.V, r.frame.hmax, r.frame.vmax)
	}
	if cs == UnknownColor {
		return r.options.Tolerate.Handle(ErrTwoComponents)
	}
	return nil
}

// graySequential is Gray for a sequential file.
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

// writeGrayHeaders writes all segments before the tables and the header of the first
// scan.
func (r *Reader) writeGrayHeaders(out *output, segments []Segment) {
	luma := &r.frame.comps[0]
	out.writeAppSegments(&r.hdr, segments, false)
	out.writeDQT(0, luma.quant)
	sof := byte(mSOF0)
	switch {
	case r.hdr.Process == Progressive:
		sof = mSOF2
	case r.hdr.Process == Extended || luma.quant.is16Bit():
		sof = mSOF1
	}
	out.writeSOF(sof, r.hdr.Width, r.hdr.Height, []Component{{ID: luma.ID, H: 1, V: 1}})
}
