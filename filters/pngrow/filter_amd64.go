//go:build !noasm

package pngrow

import "imgpipe/filters/internal/x86"

// try filters the current row with each filter type and returns the sums of
// magnitudes.
func (f *rowFilter) try() (sums [filterTypes]uint64) {
	n := (len(f.current) - filterMargin) &^ 31
	if !x86.HasAVX2 {
		n = 0
	}
	if n > 0 {
		tryAVX2(&f.current[filterMargin], &f.previous[filterMargin], n, f.unit, &sums,
			&f.tried[filterSub][0], &f.tried[filterUp][0], &f.tried[filterAverage][0], &f.tried[filterPaeth][0])
	}
	f.tryGo(n, &sums)
	return sums
}

// tryAVX2 is tryGo for the first n bytes, a multiple of 32, with AVX2
// instructions.
//
//go:noescape
func tryAVX2(row, above *byte, n, unit int, sums *[filterTypes]uint64, sub, up, average, paeth *byte)
