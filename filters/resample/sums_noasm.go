//go:build !(amd64 || arm64) || noasm

package resample

// convolve scales a row of ch channels horizontally.
func convolve(dst, src []float32, columns []contribution, ch int) { convolveGo(dst, src, columns, ch) }

// add adds the rows of a batch, multiplied by their weights w, to sum.
func add(sum []float32, rows *[batch][]float32, w *[batch]float32) { addGo(sum, rows, w, 0) }
