//go:build !amd64 || noasm

package jpegdct

// addScaled adds v times w to sum.
func addScaled(sum *[8]float32, v float32, w *[8]float32) { addScaledGo(sum, v, w) }

// sumProducts sets y to the sum of the products of columns and rows, of which there are as
// many, and at least one.
func sumProducts(y *[64]float32, columns, rows [][8]float32) { sumProductsGo(y, columns, rows) }
