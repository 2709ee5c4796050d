//go:build !amd64

package resample

// convolve scales one row of samples with ch channels.
func convolve(dst, src []float32, columns []contribution, ch int) { convolveGo(dst, src, columns, ch) }

// add adds weighted rows to a sum.
func add(sum []float32, rows *[batch][]float32, w *[batch]float32) { addGo(sum, rows, w, 0) }
