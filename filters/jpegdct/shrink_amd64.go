//go:build !noasm

package jpegdct

import "imgpipe/filters/internal/x86"

// addProductsAVX2 is addProductsGo with AVX2, for n columns and rows. The results are identical.
//
//go:noescape
func addProductsAVX2(y, columns, rows *[8]float32, n int)

// addProducts adds to y the products of columns and rows, of which there are as many, and at
// least one.
func addProducts(y *[8][8]float32, columns, rows [][8]float32) {
	if x86.HasAVX2 {
		addProductsAVX2(&y[0], &columns[0], &rows[:len(columns)][0], len(columns))
		return
	}
	addProductsGo(y, columns, rows)
}
