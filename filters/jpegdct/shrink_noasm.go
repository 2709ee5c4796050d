//go:build !amd64 || noasm

package jpegdct

// addProducts adds to y the products of columns and rows, of which there are as many, and at
// least one.
func addProducts(y *[8][8]float32, columns, rows [][8]float32) { addProductsGo(y, columns, rows) }
