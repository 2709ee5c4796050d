// Package filters does one thing to an image at a time: it reads one in any of
// eight formats, applies a filter, and writes it in the same format or another.
// It knows nothing of processes, sockets and flags.
package filters

import (
	"fmt"
	"io"
)

// A Filter does one thing to a picture: Gray, Scale.
type Filter interface {
	// Apply changes p. It refuses to make a picture beyond the limits.
	Apply(p *Picture, l Limits) error
}

// Options say how Run reads and writes. The zero value is what the programs do
// without flags.
type Options struct {
	Format  Format // of the output; empty: that of the input
	Quality int    // of a JPEG, 1 to 100; 0: that of the input, 90 if that was no JPEG
	Upright bool   // turn the pixels the way they are seen, rather than say how
	Strip   bool   // keep nothing but the pixels, which are turned upright: nothing else could say how
	Limits  Limits
}

// Run reads one image from r to its end, applies f, and writes the result to w.
// Bytes behind the image are read and ignored, so that the writer upstream
// isn't cut off.
//
// A JPEG that stays one goes by its coefficients where f can; then the result
// begins before the input has ended, and only without an error is it whole: its
// end is held back until the input's has come. All else is decoded, and then
// nothing is written before the whole input is known to be good.
//
// An error says "input: " or "output: " first, and then what is wrong.
func Run(w io.Writer, r io.Reader, f Filter, o Options) error {
	c, r, err := sniff(r)
	if err != nil {
		return fmt.Errorf("input: %w", err)
	}
	var p *Picture
	if form, ok := f.(coefficientFilter); ok && c.format == JPEG {
		var done bool
		if done, p, err = runJPEG(w, r, form, o); done || err != nil {
			return err
		}
	} else if p, err = c.read(r, o.Limits); err != nil {
		return fmt.Errorf("input: %w", err)
	}
	if err := f.Apply(p, o.Limits); err != nil {
		return fmt.Errorf("input: %w", err)
	}
	if err := Encode(w, p, o); err != nil {
		return fmt.Errorf("output: %w", err)
	}
	return nil
}
