// Package goimaging does the work of the filters with package imaging, as Go programs
// usually do. It is a peer in benchmarks.
package goimaging

import (
	"image/jpeg"
	"io"

	"github.com/disintegration/imaging"
)

// Do reads an image and writes it as JPEG of the given quality, 1 to 100. The work is
// "gray", "half" (half the width and height), or "pipe" (both).
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
