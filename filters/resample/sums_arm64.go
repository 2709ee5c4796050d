//go:build !noasm

package resample

// convolve scales a row of ch channels horizontally. newRow made both rows.
func convolve(dst, src []float32, columns []contribution, ch int) {
	convolveNEON(&dst[0], &src[0], &columns[0], len(columns), ch)
}

// convolveNEON is convolveGo with NEON instructions. Each of the n columns must have a
// weight. It computes four samples for every pixel, as convolveAVX does for amd64.
//
//go:noescape
func convolveNEON(dst, src *float32, columns *contribution, n, ch int)

// add adds the rows of a batch, multiplied by their weights w, to sum.
func add(sum []float32, rows *[batch][]float32, w *[batch]float32) {
	n := len(sum) &^ 7
	if n > 0 {
		addNEON(&sum[0], &rows[0][0], &rows[1][0], &rows[2][0], &rows[3][0], w, n)
	}
	addGo(sum, rows, w, n)
}

// addNEON is addGo for the first n samples, a multiple of 8, with NEON instructions.
//
//go:noescape
func addNEON(sum, r0, r1, r2, r3 *float32, w *[batch]float32, n int)
