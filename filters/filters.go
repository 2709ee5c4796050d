// Package filters applies filters to pictures: it reads a picture in any of the
// formats of package codec, makes it gray or changes its size, and writes it in
// the same format or another one.
//
// Where a filter can process the coefficients of a JPEG that stays a JPEG, it does
// not decode the pixels: that is many times faster, and loses less.
package filters

import (
	"io"

	"imgpipe/filters/breach"
	"imgpipe/filters/codec"
)

// A Filter does one thing to a picture, as Gray and Scale do.
type Filter interface {
	// Apply changes p. It returns an error rather than make a picture beyond the
	// limits.
	Apply(p *codec.Picture, l codec.Limits) error
}

// Options say how Run reads and writes. The zero value is what the programs do
// without options.
type Options struct {
	Format  codec.Format // of the output; empty means the input's format
	Quality int          // of a JPEG, 1 to 100; 0 means the input's tables, or 90 if the input is no JPEG
	Upright bool         // turn the pixels the way they are seen, instead of a tag that says it
	Strip   bool         // write no metadata; the pixels are turned upright, since no tag can say how to turn them
	Limits  codec.Limits

	// NoConvert leaves the pixels as they are where their colour profile gets lost: in a
	// format without profiles, with Strip, and where CMYK becomes RGB. Else they are
	// converted to sRGB by the profile.
	NoConvert bool

	// Large is called before several processors are of use: for a JPEG of a megapixel or
	// more, and for each image of any format that is decoded to pixels. It may be nil.
	Large func()

	// Tolerate is told what breaks a format's standard beside the pixels. An error that
	// it returns is the input's error. RunStream calls it from several goroutines.
	Tolerate breach.Handler
}

func (o Options) large() {
	if o.Large != nil {
		o.Large()
	}
}

// decodeOptions returns what codec has to know to read.
func (o Options) decodeOptions() codec.DecodeOptions {
	return codec.DecodeOptions{Limits: o.Limits, NoConvert: o.NoConvert, Tolerate: o.Tolerate}
}

// encodeOptions returns what codec has to know to write.
func (o Options) encodeOptions() codec.EncodeOptions {
	return codec.EncodeOptions{
		Format: o.Format, Quality: o.Quality, Upright: o.Upright, Strip: o.Strip,
		Limits: o.Limits, NoConvert: o.NoConvert, Tolerate: o.Tolerate,
	}
}

// Run reads one picture from r, applies f, and writes the result to w. It reads
// r to its end, and ignores what follows the picture.
//
// For a JPEG whose coefficients f can process, writing begins before all of the
// input has been read. The end of the result is held back until the input is
// known to be whole: what was written before an error is never a whole picture.
// For any other picture nothing is written before all of it has been decoded.
//
// The error is an *InputError or an *OutputError. In it, errors.Is and errors.As
// find the kinds of error of package codec.
func Run(w io.Writer, r io.Reader, f Filter, o Options) error {
	format, r, err := codec.Sniff(r)
	if err != nil {
		return &InputError{err}
	}
	var p *codec.Picture
	if c, ok := f.(coefficientFilter); ok && format == codec.JPEG {
		if p, err = runJPEG(w, r, c, o); err != nil || p == nil {
			return err
		}
		if o.Format != "" && o.Format != codec.JPEG {
			f = c.withFullChroma()
		}
	} else {
		o.large()
		if p, err = codec.Decode(r, o.decodeOptions()); err != nil {
			return &InputError{err}
		}
	}
	if err := f.Apply(p, o.Limits); err != nil {
		return &InputError{err}
	}
	if err := codec.Encode(w, p, o.encodeOptions()); err != nil {
		return &OutputError{err}
	}
	return nil
}

// An InputError says that the input could not be read, or that the filter could
// not process it.
type InputError struct{ Err error }

func (e *InputError) Error() string { return "input: " + e.Err.Error() }

func (e *InputError) Unwrap() error { return e.Err }

// An OutputError says that the result could not be written, or that its format
// cannot hold it.
type OutputError struct{ Err error }

func (e *OutputError) Error() string { return "output: " + e.Err.Error() }

func (e *OutputError) Unwrap() error { return e.Err }
