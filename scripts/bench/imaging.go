package main

import (
	"os"
	"strconv"

	"imgpipe/scripts/bench/goimaging"
)

// withImaging does a work with package goimaging, from file to file.
func withImaging(work, in, out, quality string) error {
	q, err := strconv.Atoi(quality)
	if err != nil {
		return err
	}
	r, err := os.Open(in)
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := os.Create(out)
	if err != nil {
		return err
	}
	if err := goimaging.Do(work, r, w, q); err != nil {
		return err
	}
	return w.Close()
}
