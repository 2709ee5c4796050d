package main

import (
	"image/jpeg"
	"os"
	"strconv"

	"github.com/disintegration/imaging"
)

// withImaging does a work the way that Go programs usually do.
func withImaging(work, in, out, quality string) error {
	q, err := strconv.Atoi(quality)
	if err != nil {
		return err
	}
	m, err := imaging.Open(in)
	if err != nil {
		return err
	}
	if work != "half" {
		m = imaging.Grayscale(m)
	}
	if work != "gray" {
		m = imaging.Resize(m, (m.Bounds().Dx()+1)/2, 0, imaging.Lanczos)
	}
	f, err := os.Create(out)
	if err != nil {
		return err
	}
	if err := jpeg.Encode(f, m, &jpeg.Options{Quality: q}); err != nil {
		return err
	}
	return f.Close()
}
