package resample

import "imgpipe/filters/internal/x86"

// convolve scales one row of samples with ch channels. Both rows are of samples.
func convolve(dst, src []float32, columns []contribution, ch int) {
	if !x86.HasAVX2 {
		convolveGo(dst, src, columns, ch)
		return
	}
	convolveAVX(&dst[0], &src[0], &columns[0], len(columns), ch)
}

// convolveAVX is convolveGo for columns that have weights. It works on four
// samples at a time, of which those beyond the pixel are written over by the
// next column, or into the room behind the row.
//
//go:noescape
func convolveAVX(dst, src *float32, columns *contribution, n, ch int)

// add adds weighted rows to a sum.
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

// addAVX is addGo for the first n samples, a multiple of 8.
//
//go:noescape
func addAVX(sum, r0, r1, r2, r3 *float32, w *[batch]float32, n int)
