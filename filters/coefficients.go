package filters

import (
	"errors"
	"fmt"
	"io"

	"imgpipe/filters/jpegdct"
)

// A coefficientFilter is a filter that can do its work on a JPEG's
// coefficients, which is many times faster than on pixels.
type coefficientFilter interface {
	Filter

	// applyJPEG reads j and writes the result. An error that is
	// jpegdct.ErrUnsupported says that this picture, or what is asked for, wants
	// pixels; nothing has been written then, and j can be replayed.
	applyJPEG(w io.Writer, j *jpegdct.Reader, o Options) error
}

// runJPEG runs f over a JPEG's coefficients. If this one wants pixels, done is
// false, and replay is the input from its beginning.
func runJPEG(w io.Writer, r io.Reader, f coefficientFilter, o Options) (done bool, replay io.Reader, err error) {
	j, err := jpegdct.NewReader(r)
	if err != nil {
		return false, nil, fmt.Errorf("input: %w", err)
	}
	if err := o.Limits.check(j.Header().Width, j.Header().Height, 1); err != nil {
		return false, nil, fmt.Errorf("input: %w", err)
	}
	out := &output{w: w}
	err = f.applyJPEG(out, j, o)
	switch {
	case out.err != nil:
		return false, nil, fmt.Errorf("output: %w", out.err)
	case errors.Is(err, jpegdct.ErrUnsupported):
		replay, err := j.Replay()
		return false, replay, err
	case err != nil:
		return false, nil, fmt.Errorf("input: %w", err)
	}
	if _, err := io.Copy(io.Discard, r); err != nil {
		return false, nil, fmt.Errorf("input: %w", err)
	}
	return true, nil, nil
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
	if o.Quality != 0 {
		return jpegdct.ErrUnsupported
	}
	m := jpegMetadata(j.Header())
	m.becomeGray()
	return j.Gray(w, jpegdct.GrayOptions{Segments: m.jpegSegments(), Allow: o.Limits.allow})
}

// applyJPEG scales by exactly 1/2, 1/4 and 1/8, unless a kernel is asked for by
// name.
func (s Scale) applyJPEG(w io.Writer, j *jpegdct.Reader, o Options) error {
	h := j.Header()
	m := jpegMetadata(h)
	p := s.plan(h.Width, h.Height, m.Orientation >= 5)
	n := s.denominator(h.Width, h.Height, p)
	if s.Kernel != "" || n == 0 {
		return jpegdct.ErrUnsupported
	}
	m.EXIF.setPixelSize(p.width, p.height)
	return j.Scale(w, jpegdct.ScaleOptions{Denominator: n, Quality: o.Quality, Segments: m.jpegSegments(), Allow: o.Limits.allow})
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
