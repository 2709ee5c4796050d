package filters

import (
	"io"

	"imgpipe/filters/codec"
)

// A Chain applies filters in turn, as programs in a pipe do, but reads and writes the picture
// only once. Of a JPEG that Gray is the first to process, no more than luma is decoded, and
// if the next filter is the last one, it can process the coefficients.
//
// The result is that of the pipe where the format of the picture between two filters loses
// nothing. The options of Run are those of the last program.
type Chain []Filter

// Apply applies each filter in turn.
func (c Chain) Apply(p *codec.Picture, l codec.Limits) error {
	for _, f := range c {
		if err := f.Apply(p, l); err != nil {
			return err
		}
	}
	return nil
}

// applyJPEG processes j's coefficients by the last filter, if all before it are Gray.
func (c Chain) applyJPEG(w io.Writer, j *codec.JPEGFile, o Options) (bool, error) {
	rest := c.afterGray()
	if len(rest) < len(c) {
		if ok, err := dropChroma(j, o); !ok || err != nil {
			return err != nil, err
		}
	}
	if f, ok := rest.first(); ok && len(rest) == 1 {
		return f.applyJPEG(w, j, o)
	}
	return false, nil
}

// dropChroma makes j gray, and gives it the profile that the output of Gray has. Ok is
// false if the pixels have to be decoded for that.
func dropChroma(j *codec.JPEGFile, o Options) (ok bool, err error) {
	o.Strip = false // the last filter strips
	profile, keeps, err := j.Profile(true, o.encodeOptions())
	if err != nil || !keeps {
		return false, err
	}
	return applied(j.DropChroma(profile))
}

// eighths is that of the first filter after Gray: Gray needs no more pixels than that filter,
// because it makes each pixel gray by itself.
func (c Chain) eighths(j *codec.JPEGFile) int {
	if f, ok := c.afterGray().first(); ok {
		return f.eighths(j)
	}
	return 8
}

func (c Chain) withFullChroma() Filter {
	full := make(Chain, len(c))
	for i, f := range c {
		full[i] = f
		if f, ok := f.(coefficientFilter); ok {
			full[i] = f.withFullChroma()
		}
	}
	return full
}

// afterGray returns what follows Gray at the beginning of c: at least one filter if c has
// one.
func (c Chain) afterGray() Chain {
	for len(c) > 1 {
		if _, ok := c[0].(Gray); !ok {
			break
		}
		c = c[1:]
	}
	return c
}

// first returns the first filter if it can process coefficients.
func (c Chain) first() (f coefficientFilter, ok bool) {
	if len(c) > 0 {
		f, ok = c[0].(coefficientFilter)
	}
	return f, ok
}
