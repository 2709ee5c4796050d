//go:build !noasm

package resample

import "imgpipe/filters/internal/x86"

// convolve scales a row of ch channels horizontally. newRow made both rows.
func convolve(dst, src []float32, columns []contribution, ch int) {
	if !x86.HasAVX2 {
		convolveGo(dst, src, columns, ch)
		return
	}
	convolveAVX(&dst[0], &src[0], &columns[0], len(columns), ch)
}

// convolveAVX is convolveGo with AVX instructions. Each of the n columns must have a
// weight. It computes four samples for every pixel. Those beyond the pixel's channels
// are overwritten by the next column, or lie in the capacity behind the row.
//
//go:noescape
func convolveAVX(dst, src *float32, columns *contribution, n, ch int)

// add adds the rows of a batch, multiplied by their weights w, to sum.
func add(sum []float32, rows *[batch][]float32, w *[batch]float32) {
	n := len(sum) &^ 7
	if !x86.HasAVX2 {
		n = 0
	}
	if n > 0 {
		addAVX(&sum[0], &rows[0][0], &rows[1][0], &rows[2][0], &rows[3][0], w, n)
	}
	addGo(sum, rows, w, n)
}

// addAVX is addGo for the first n samples, a multiple of 8, with AVX instructions.
//
//go:noescape
func addAVX(sum, r0, r1, r2, r3 *float32, w *[batch]float32, n int)
