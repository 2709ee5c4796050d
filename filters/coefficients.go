package filters

import (
	"errors"
	"fmt"
	"io"
	"math"

	"imgpipe/filters/jpegdct"
)

// A coefficientFilter is a filter that knows JPEG's coefficients, on which it
// is many times faster than on pixels.
type coefficientFilter interface {
	Filter

	// applyJPEG does the filter's work on coefficients: it reads j and writes the
	// result. An error that is jpegdct.ErrUnsupported says that this picture, or
	// what is asked for, wants pixels; nothing has been read or written then.
	applyJPEG(w io.Writer, j *jpegdct.Reader, o Options) error

	// eighths says how many eighths of its size are enough to decode a JPEG at,
	// if it goes by pixels.
	eighths(h *jpegdct.Header) int
}

// runJPEG runs f over a JPEG's coefficients, if that can be; else done is
// false, and p is the decoded picture.
func runJPEG(w io.Writer, r io.Reader, f coefficientFilter, o Options) (done bool, p *Picture, err error) {
	j, err := jpegdct.NewReader(r)
	if err != nil {
		return false, nil, fmt.Errorf("input: %w", err)
	}
	if err := o.Limits.check(j.Header().Width, j.Header().Height, 1); err != nil {
		return false, nil, fmt.Errorf("input: %w", err)
	}
	err = jpegdct.ErrUnsupported
	if o.Format == "" || o.Format == JPEG {
		out := &output{w: w}
		if err = f.applyJPEG(out, j, o); out.err != nil {
			return false, nil, fmt.Errorf("output: %w", out.err)
		}
	}
	if done = err == nil; errors.Is(err, jpegdct.ErrUnsupported) {
		p, err = readJPEG(j, o.Limits, f.eighths(j.Header()))
	}
	if err == nil {
		_, err = io.Copy(io.Discard, r)
	}
	if err != nil {
		return false, nil, fmt.Errorf("input: %w", err)
	}
	return done, p, nil
}

// An output remembers a failed write, to tell it from a failed read.
type output struct {
	w   io.Writer
	err error
}

func (o *output) Write(p []byte) (int, error) {
	n, err := o.w.Write(p)
	if err != nil {
		o.err = err
	}
	return n, err
}

// applyJPEG keeps the luma's coefficients as they are.
func (Gray) applyJPEG(w io.Writer, j *jpegdct.Reader, o Options) error {
	m := jpegMetadata(j.Header())
	if o.Quality != 0 || o.turns(m) {
		return jpegdct.ErrUnsupported
	}
	m.becomeGray()
	return j.Gray(w, jpegdct.GrayOptions{Segments: o.segments(&m), Allow: o.Limits.allow})
}

// turns tells whether a picture's pixels have to be turned.
func (o Options) turns(m Metadata) bool { return (o.Upright || o.Strip) && m.Orientation > 1 }

// segments are those of m that are kept, or one that says nothing in JFIF's
// place.
func (o Options) segments(m *Metadata) []jpegdct.Segment {
	if o.Strip {
		return []jpegdct.Segment{{Marker: jpegdct.APP0, Data: []byte("JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00")}}
	}
	return m.jpegSegments()
}

func (Gray) eighths(*jpegdct.Header) int { return 8 }

// applyJPEG scales by exactly 1/2, 1/4 and 1/8, unless a kernel is asked for by
// name, or linear light. A picture that has its size already stays as it is.
func (s Scale) applyJPEG(w io.Writer, j *jpegdct.Reader, o Options) error {
	h := j.Header()
	m := jpegMetadata(h)
	p := s.plan(h.Width, h.Height, m.Orientation >= 5)
	if o.Quality == 0 && !o.Strip && !o.turns(m) && p == wholeTo(h.Width, h.Height, h.Width, h.Height) {
		return keepJPEG(w, j, o.Limits)
	}
	n := s.denominator(h.Width, h.Height, p)
	if s.Kernel != "" || s.Linear || n == 0 || o.turns(m) {
		return jpegdct.ErrUnsupported
	}
	m.setSize(p.width, p.height)
	return j.Scale(w, jpegdct.ScaleOptions{Denominator: n, Quality: o.Quality, Segments: o.segments(&m), Allow: o.Limits.allow})
}

// keepJPEG writes the file that j begins, all of it, once it is known to be a whole
// picture: to decode and encode it would only make it worse.
func keepJPEG(w io.Writer, j *jpegdct.Reader, l Limits) error {
	in, err := j.Replay()
	if err != nil {
		return err
	}
	data, err := readAll(in, JPEG, l)
	if err != nil {
		return err
	}
	if _, err := decodeJPEG(data, l); err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}

// eighths leaves a kernel, unless one is asked for by name, at least a factor of
// 2 to do.
func (s Scale) eighths(h *jpegdct.Header) int {
	p := s.plan(h.Width, h.Height, jpegMetadata(h).Orientation >= 5)
	ratio := max(float64(p.width)/p.window.Width, float64(p.height)/p.window.Height)
	if s.Kernel != "" || s.Linear || ratio >= 0.5 {
		return 8
	}
	return max(1, int(math.Ceil(16*ratio)))
}

// denominator is n if the plan p makes 1/n of a picture of w x h pixels, for an
// n of 2, 4 or 8; else 0.
func (s Scale) denominator(w, h int, p plan) int {
	f := s.Factor.orHalf()
	for _, n := range []int{2, 4, 8} {
		outW, outH := jpegdct.ScaledSize(w, h, n)
		if p != wholeTo(w, h, outW, outH) {
			continue
		}
		// Where n doesn't divide a side, the last pixel lies partly outside. A factor
		// means that; a size means pixels that are a little smaller.
		if s.Size == (Size{}) && f.num*int64(n) == f.den || w%n == 0 && h%n == 0 {
			return n
		}
	}
	return 0
}
