//go:build !noasm

package jpegdct

import "imgpipe/filters/internal/x86"

// addScaledAVX2 is addScaledGo with AVX2. The results are identical.
//
//go:noescape
func addScaledAVX2(sum *[8]float32, v float32, w *[8]float32)

// addScaled adds v times w to sum.
func addScaled(sum *[8]float32, v float32, w *[8]float32) {
	if x86.HasAVX2 {
		addScaledAVX2(sum, v, w)
		return
	}
	addScaledGo(sum, v, w)
}

// sumProductsAVX2 is sumProductsGo with AVX2, for n columns and rows. The results are identical.
//
//go:noescape
func sumProductsAVX2(y *[64]float32, columns, rows *[8]float32, n int)

// sumProducts sets y to the sum of the products of columns and rows, of which there are as
// many, and at least one.
func sumProducts(y *[64]float32, columns, rows [][8]float32) {
	if x86.HasAVX2 {
		sumProductsAVX2(y, &columns[0], &rows[:len(columns)][0], len(columns))
		return
	}
	sumProductsGo(y, columns, rows)
}
