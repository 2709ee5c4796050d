// Package goimaging does the filters' work the way that Go programs usually do,
// with package imaging: a peer for benchmarks.
package goimaging

import (
	"image/jpeg"
	"io"

	"github.com/disintegration/imaging"
)

// Do reads an image and writes it as JPEG: "gray", of "half" the size, or both:
// "pipe".
func Do(work string, in io.Reader, out io.Writer, quality int) error {
	m, err := imaging.Decode(in)
	if err != nil {
		return err
	}
	if work != "half" {
		m = imaging.Grayscale(m)
	}
	if work != "gray" {
		m = imaging.Resize(m, (m.Bounds().Dx()+1)/2, 0, imaging.Lanczos)
	}
	return jpeg.Encode(out, m, &jpeg.Options{Quality: quality})
}
