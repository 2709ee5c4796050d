package filters

import (
	"errors"
	"image"
	"io"
	"math"

	"imgpipe/filters/codec"
	"imgpipe/filters/jpegdct"
	"imgpipe/filters/meta"
)

// A coefficientFilter is a filter that can process a JPEG's coefficients, which
// is many times faster than its pixels.
type coefficientFilter interface {
	Filter

	// applyJPEG processes j's coefficients and writes the result. If the filter
	// needs pixels, done is false, and nothing has been read or written.
	applyJPEG(w io.Writer, j *codec.JPEGFile, o Options) (done bool, err error)

	// eighths returns at how many eighths of its size it is enough to decode j.
	eighths(j *codec.JPEGFile) int

	// withFullChroma returns the filter for an output that has no chroma subsampling.
	withFullChroma() Filter
}

// largePixels is the size of a picture from which on several processors are of use. Package
// jpegdct begins to use them at the same size.
const largePixels = 1 << 20

// runJPEG runs f on a JPEG's coefficients and writes the result; p is nil then.
// Where that is not possible, p is the decoded picture.
func runJPEG(w io.Writer, r io.Reader, f coefficientFilter, o Options) (p *codec.Picture, err error) {
	j, err := codec.OpenJPEG(r, o.decodeOptions())
	if err != nil {
		return nil, &InputError{err}
	}
	h := j.Reader.Header()
	large := int64(h.Width)*int64(h.Height) >= largePixels
	if large {
		o.large()
	}
	done := false
	if o.Format == "" || o.Format == codec.JPEG {
		out := &errorWriter{w: w}
		if done, err = f.applyJPEG(out, j, o); out.err != nil {
			return nil, &OutputError{out.err}
		}
	}
	if !done {
		if !large {
			o.large()
		}
		p, err = j.Decode(f.eighths(j))
	}
	if err == nil {
		err = discard(r)
	}
	if err != nil {
		return nil, &InputError{codec.ExplainJPEG(err)}
	}
	return p, nil
}

// discard reads r to its end. There are mostly no bytes left, and io.Copy would take 32 KiB of
// memory and look for methods of r first.
func discard(r io.Reader) error {
	rest := make([]byte, 4<<10)
	for {
		if _, err := r.Read(rest); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// An errorWriter remembers a failed write, to tell it from a failed read.
type errorWriter struct {
	w   io.Writer
	err error
}

func (e *errorWriter) Write(p []byte) (int, error) {
	n, err := e.w.Write(p)
	if err != nil {
		e.err = err
	}
	return n, err
}

// applied converts the error of a jpegdct.Reader's method to applyJPEG's results.
// A method that returns ErrUnsupported has read and written nothing.
func applied(err error) (done bool, _ error) {
	if errors.Is(err, jpegdct.ErrUnsupported) {
		return false, nil
	}
	return true, err
}

// turns tells whether a picture's pixels have to be turned.
func (o Options) turns(m *meta.Metadata) bool { return (o.Upright || o.Strip) && m.Orientation > 1 }

// applyJPEG keeps luma's coefficients as they are, unless they have to be converted
// to sRGB.
func (Gray) applyJPEG(w io.Writer, j *codec.JPEGFile, o Options) (bool, error) {
	if o.Quality != 0 || o.turns(&j.Meta) {
		return false, nil
	}
	m := j.Meta
	var keeps bool
	var err error
	if m.ICC, keeps, err = j.Profile(true, o.encodeOptions()); err != nil || !keeps {
		return err != nil, err
	}
	return applied(j.Reader.Gray(w, jpegdct.GrayOptions{Segments: codec.JPEGSegments(&m, o.Strip), Allow: o.Limits.CheckMemory}))
}

// eighths needs all pixels: gray does not make an image smaller.
func (Gray) eighths(*codec.JPEGFile) int { return 8 }

func (g Gray) withFullChroma() Filter { return g }

// applyJPEG scales by exactly 1/2, 1/4 and 1/8, unless a kernel or linear light
// is asked for, or the pixels have to be converted to sRGB. A picture that has its
// size already is copied.
func (s Scale) applyJPEG(w io.Writer, j *codec.JPEGFile, o Options) (bool, error) {
	size, p := s.planJPEG(j)
	turns := o.turns(&j.Meta)
	if p == keepSize(size) && o.Quality == 0 && !o.Strip && !turns {
		return true, j.CopyTo(w)
	}
	n := s.denominator(size, p)
	if n == 0 || s.Kernel != "" || s.Linear || turns {
		return false, nil
	}
	m := j.Meta
	var keeps bool
	var err error
	if m.ICC, keeps, err = j.Profile(false, o.encodeOptions()); err != nil || !keeps {
		return err != nil, err
	}
	m.SetSize(p.width, p.height)
	return applied(j.Reader.Scale(w, jpegdct.ScaleOptions{
		Denominator: n, Quality: o.Quality, Segments: codec.JPEGSegments(&m, o.Strip), Allow: o.Limits.CheckMemory,
	}))
}

// eighths leaves at least a factor of 2 to the kernel. A kernel that is asked for
// by name gets the whole picture.
func (s Scale) eighths(j *codec.JPEGFile) int {
	_, p := s.planJPEG(j)
	ratio := max(float64(p.width)/p.window.Width, float64(p.height)/p.window.Height)
	if s.Kernel != "" || s.Linear || ratio >= 0.5 {
		return 8
	}
	return max(1, int(math.Ceil(16*ratio)))
}

func (s Scale) withFullChroma() Filter {
	s.fullChroma = true
	return s
}

// planJPEG returns a JPEG's size, and the plan for it.
func (s Scale) planJPEG(j *codec.JPEGFile) (image.Point, plan) {
	h := j.Reader.Header()
	size := image.Pt(h.Width, h.Height)
	return size, s.plan(size, j.Meta.Orientation >= 5)
}

// denominator returns n if the plan p makes 1/n of an image of the given size,
// for an n of 2, 4 or 8; else 0.
func (s Scale) denominator(size image.Point, p plan) int {
	f := s.Factor.orHalf()
	for _, n := range []int{2, 4, 8} {
		w, h := jpegdct.ScaledSize(size.X, size.Y, n)
		if p != wholeTo(size, image.Pt(w, h)) {
			continue
		}
		// Where n does not divide a side, the last pixel lies partly outside. A factor
		// means that; a size means pixels that are a little smaller.
		if s.Size == (Size{}) && f.num*int64(n) == f.den || size.X%n == 0 && size.Y%n == 0 {
			return n
		}
	}
	return 0
}
