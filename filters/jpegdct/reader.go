package jpegdct

import (
	"bytes"
	"errors"
	"io"

	"imgpipe/filters/breach"
)

// Marker codes (T.81, table B.1). The marker is 0xFF and the code.
const (
	mSOF0  = 0xC0
	mSOF1  = 0xC1
	mSOF2  = 0xC2
	mDHT   = 0xC4
	mJPG   = 0xC8
	mDAC   = 0xCC
	mRST0  = 0xD0
	mRST7  = 0xD7
	mSOI   = 0xD8
	mEOI   = 0xD9
	mSOS   = 0xDA
	mDQT   = 0xDB
	mDNL   = 0xDC
	mDRI   = 0xDD
	mDHP   = 0xDE
	mEXP   = 0xDF
	mSOF55 = 0xF7 // of JPEG-LS (T.87, C.1.1)
	mTEM   = 0x01
)

// isRestart reports whether the marker is RST0 to RST7.
func isRestart(marker byte) bool { return marker >= mRST0 && marker <= mRST7 }

// isSOF reports whether the marker is SOF0 to SOF15, the marker of a frame header.
func isSOF(marker byte) bool {
	return marker >= mSOF0 && marker <= 0xCF && marker != mDHT && marker != mJPG && marker != mDAC
}

// isAPP reports whether the marker is APP0 to APP15.
func isAPP(marker byte) bool { return marker >= APP0 && marker <= 0xEF }

const (
	// maxHeader limits the memory, in bytes, for all segments before the first scan.
	maxHeader = 64 << 20
	// segmentCost is the memory that a Segment takes besides its data, in bytes.
	segmentCost = 128
)

// errUsed is the error of a second call of Gray, Scale, Decode or Replay.
var errUsed = errors.New("jpegdct: the Reader's image has been read already")

// A Reader reads one JPEG. After [NewReader], one of Gray, Scale, Decode and Replay may
// be called, once; [Reader.Replay] also after one of the others returned
// [ErrUnsupported]. Bytes after the EOI marker are ignored; some of them may have been
// read into a buffer.
type Reader struct {
	src       source
	hdr       Header
	frame     frame
	tables    tables
	firstScan scan // header of the first scan
	used      bool // Gray, Scale, Decode or Replay was called
	dnl       bool // the height is that of a DNL segment, which has not been read yet
	options   ReaderOptions
}

// ReaderOptions say how a Reader reads. The zero value reads what libjpeg-turbo
// reads with a warning beside the pixels.
type ReaderOptions struct {
	Tolerate breach.Handler // the errors that it is told wrap ErrCorrupt or are ErrTwoComponents
}

// NewReader reads r up to and including the first scan header (T.81, B.2.3), and if
// the height is 0, up to the DNL segment after the first scan. It takes memory for what
// it reads, at most 64 MiB. To limit the size of the picture, check the Header before
// calling another method.
//
// Headers that are invalid are [ErrCorrupt] or [ErrTruncated]. Headers that need more
// memory, and JPEG-LS, are [ErrUnsupported]. What else this package cannot decode (the
// lossless and hierarchical processes, 12 bits per sample) is no error here; Gray, Scale
// and Decode return ErrUnsupported.
func NewReader(r io.Reader, o ReaderOptions) (*Reader, error) {
	rd := &Reader{src: source{r: r}, options: o, tables: tables{conditioning: defaultConditioning}}
	if err := rd.readHeaders(); err != nil {
		return nil, err
	}
	return rd, nil
}

// Header returns the contents of the segments before the first scan. The caller
// must not change the Header.
func (r *Reader) Header() *Header { return &r.hdr }

// Replay returns the whole input from its first byte, for another decoder. It can
// be called before Gray, Scale and Decode, and after one of these returned
// [ErrUnsupported].
func (r *Reader) Replay() (io.Reader, error) {
	if r.used {
		return nil, errUsed
	}
	r.used = true
	return r.src.replay(), nil
}

// claim marks the Reader as used, and lets its source drop what has been read.
func (r *Reader) claim() error {
	if r.used {
		return errUsed
	}
	r.used = true
	r.src.released = true
	return nil
}

// checkSupported returns ErrUnsupported if this package cannot decode the
// coefficients.
func (r *Reader) checkSupported() error {
	h := &r.hdr
	switch {
	case h.Process > ProgressiveArithmetic:
		return unsupported("%v process", h.Process)
	case h.Precision != 8:
		return unsupported("%d bits per sample", h.Precision)
	case len(h.Components) > 4:
		return unsupported("%d components", len(h.Components))
	}
	return nil
}

// readHeaders reads from SOI to the first SOS.
func (r *Reader) readHeaders() error {
	s := &r.src
	for len(s.buf) < 2 {
		if !s.fill() {
			break
		}
	}
	switch {
	case s.err != nil && s.err != io.EOF:
		return s.err
	case len(s.buf) == 0:
		return truncated("empty input")
	case s.buf[0] != 0xFF || len(s.buf) > 1 && s.buf[1] != mSOI:
		return corrupt("no SOI marker at the start: not a JPEG")
	case len(s.buf) == 1:
		return truncated("file ends in its first marker")
	}
	s.i = 2
	for {
		marker, err := r.readMarker()
		if err != nil {
			return err
		}
		switch marker {
		case mEOI:
			return corrupt("EOI before the first scan")
		case mSOI:
			return corrupt("two SOI markers")
		}
		payload, err := r.readPayload(marker)
		if err != nil {
			return err
		}
		if marker == mSOS {
			return r.parseFirstScan(payload)
		}
		if err := r.parseHeaderSegment(marker, payload); err != nil {
			return err
		}
		if s.i+segmentCost*len(r.hdr.Segments) > maxHeader {
			return unsupported("headers that take more than %d MiB, in %d segments", maxHeader>>20, len(r.hdr.Segments))
		}
	}
}

// readMarker reads a marker and the fill bytes before it (T.81, B.1.1.2), and
// returns the marker code. It skips TEM markers. Restart markers and other bytes where
// the marker should be are a breach.
func (r *Reader) readMarker() (byte, error) {
	s := &r.src
	extra := 0
	for {
		if extra > maxTail {
			return 0, corrupt("more than %d extra bytes between segments", maxTail)
		}
		if err := s.need(2); err != nil {
			return 0, err
		}
		if s.buf[s.i] != 0xFF {
			n := bytes.IndexByte(s.buf[s.i:], 0xFF)
			if n < 0 {
				n = len(s.buf) - s.i
			}
			s.i, extra = s.i+n, extra+n
			continue
		}
		s.i++
		switch b := s.buf[s.i]; {
		case b == 0xFF:
		case b == mTEM:
			s.i++
		case b == 0 || isRestart(b):
			s.i, extra = s.i+1, extra+2
		case extra > 0:
			s.i++
			return b, r.options.Tolerate.Handle(corrupt("%d extra bytes before marker FF%02X", extra, b))
		default:
			s.i++
			return b, nil
		}
	}
}

// readPayload reads the length and the parameters of a marker segment (T.81,
// B.1.1.4), and returns the parameters. They are valid until the source is filled
// again. A length of 0 or 1 is a breach; such a segment has no parameters.
func (r *Reader) readPayload(marker byte) ([]byte, error) {
	s := &r.src
	if err := s.need(2); err != nil {
		return nil, err
	}
	n := int(be16(s.buf[s.i:]))
	if n < 2 {
		s.i += 2
		return nil, r.options.Tolerate.Handle(corrupt("segment FF%02X has length %d", marker, n))
	}
	if err := s.need(n); err != nil {
		return nil, err
	}
	p := s.buf[s.i+2 : s.i+n]
	s.i += n
	return p, nil
}

// parseHeaderSegment parses the parameters p of a segment before the first scan.
func (r *Reader) parseHeaderSegment(marker byte, p []byte) error {
	h := &r.hdr
	switch {
	case isAPP(marker) || marker == COM:
		seg := Segment{marker, append([]byte(nil), p...)}
		h.Segments = append(h.Segments, seg)
		if j := parseJFIF(seg); j != nil {
			h.JFIF = j
		}
		if t, ok := parseAdobe(seg); ok {
			h.Adobe, h.AdobeTransform = true, t
		}
	case marker == mDHP:
		h.Process = Hierarchical
	case isSOF(marker):
		return r.parseSOF(marker, p)
	case marker == mSOF55:
		return unsupported("JPEG-LS")
	default:
		return r.tables.parse(marker, p, &r.options)
	}
	return nil
}

// parseSOF parses the frame header (T.81, B.2.2).
func (r *Reader) parseSOF(marker byte, p []byte) error {
	h := &r.hdr
	if len(h.Components) > 0 {
		return corrupt("two frame headers")
	}
	if len(p) < 6 {
		return corrupt("frame header of %d bytes", len(p))
	}
	n := int(p[5])
	if n == 0 || len(p) != 6+3*n {
		return corrupt("frame header of %d bytes for %d components", len(p), n)
	}
	if h.Process != Hierarchical {
		h.Process = processOf(marker)
	}
	h.Precision = int(p[0])
	h.Height, h.Width = int(be16(p[1:])), int(be16(p[3:]))
	if h.Width == 0 {
		return corrupt("width is 0")
	}
	h.Components = make([]Component, 0, n)
	for ; n > 0; n-- {
		c := p[len(p)-3*n:]
		comp := Component{ID: c[0], H: int(c[1] >> 4), V: int(c[1] & 15), Tq: int(c[2])}
		if comp.H < 1 || comp.H > 4 || comp.V < 1 || comp.V > 4 {
			return corrupt("sampling factors %dx%d", comp.H, comp.V)
		}
		if comp.Tq > 3 {
			return corrupt("quantisation table %d", comp.Tq)
		}
		h.Components = append(h.Components, comp)
	}
	if h.sharedIDs() {
		return r.options.Tolerate.Handle(corrupt("two components have the same identifier"))
	}
	return nil
}

// parseFirstScan parses the first scan header, and completes the Header.
func (r *Reader) parseFirstScan(p []byte) error {
	h := &r.hdr
	if len(h.Components) == 0 {
		return corrupt("scan before the frame header")
	}
	h.ColorSpace = h.colorSpace()
	h.Quant = r.tables.quant
	h.RestartInterval = r.tables.restart
	if h.Height == 0 {
		scan := bytes.Clone(p) // p is valid until the source is filled
		height, err := r.findHeight()
		if err != nil {
			return err
		}
		h.Height, r.dnl, p = height, true, scan
	}
	r.frame = newFrame(h)
	if r.checkSupported() != nil {
		return nil
	}
	first, err := r.parseScan(p)
	r.firstScan = first
	return err
}

// parseScan parses a scan header. In a sequential frame, values of Ss, Se, Ah and Al
// that do not say so are a breach.
func (r *Reader) parseScan(p []byte) (scan, error) {
	sc, err := r.frame.parseScan(p, &r.tables)
	if err != nil || r.frame.progressive {
		return sc, err
	}
	if tail := p[len(p)-3:]; string(tail) != "\x00\x3F\x00" {
		return sc, r.options.Tolerate.Handle(badBand(tail))
	}
	return sc, nil
}

// nextScan reads the segments after a scan, of which the first has the given
// marker, up to the next scan header. more is false if there is no next scan: at
// the EOI marker, where eoi is true, and at the end of the input, which marker 0
// stands for.
func (r *Reader) nextScan(marker byte) (sc scan, more, eoi bool, err error) {
	for {
		switch {
		case marker == 0:
			return scan{}, false, false, nil
		case marker == mEOI:
			return scan{}, false, true, nil
		case marker == mSOI || marker == mTEM:
			return scan{}, false, false, corrupt("marker FF%02X after a scan", marker)
		}
		p, err := r.readPayload(marker)
		if err != nil {
			return scan{}, false, false, err
		}
		switch {
		case marker == mSOS:
			sc, err := r.parseScan(p)
			return sc, err == nil, false, err
		case isSOF(marker):
			return scan{}, false, false, corrupt("two frame headers")
		case marker == mDNL:
			err = r.checkDNL()
		default:
			err = r.tables.parse(marker, p, &r.options)
		}
		if err != nil {
			return scan{}, false, false, err
		}
		if marker, err = r.readMarker(); err != nil {
			if r.src.err == io.EOF && len(r.src.buf)-r.src.i < 2 {
				marker = 0
				continue
			}
			return scan{}, false, false, err
		}
	}
}

// bufferSize returns the initial size of input and output buffers, in bytes: small
// pictures get small buffers.
func (r *Reader) bufferSize() int {
	return min(max(r.hdr.Width*r.hdr.Height/8, 4<<10), flushSize+flushSize/4)
}

// allowance returns allow, or if allow is nil a function that allows everything.
func allowance(allow func(int64) error) func(int64) error {
	if allow == nil {
		return func(int64) error { return nil }
	}
	return allow
}
