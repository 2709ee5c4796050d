//go:build !(amd64 || arm64) || noasm

package jpegdct

// read reads blocks as blockReader.readGo does, until all MCUs are read or the next one
// begins beyond safe. It returns 0; readInvalid; or readLarge if the next block is not to be
// read or has a value that exceeds its bound: then some of its coefficients may be set.
func (r *blockRun) read(buf []byte, safe int) (result int) { return r.readGo(buf, safe) }
