//go:build !noasm

package jpegdct

import (
	"unsafe"

	"imgpipe/filters/internal/x86"
)

// transformAVX2 is transformGo with AVX2. The results are identical. It adds n terms
// with the rows of the axis a.
//
//go:noescape
func transformAVX2(t *tileMap, in *coefs, a *[8]float32, terms *term, n int, out *coefBlock) (nonzero uint64)

// transform converts the lowest frequencies of a tile, and its terms, to a block. Bit i of
// nonzero is set if out[i] is not 0.
func (t *tileMap) transform(in *coefs, out *coefBlock) (nonzero uint64) {
	if x86.HasAVX2 {
		return transformAVX2(t, in, &t.axis(8*t.n, 0)[0], unsafe.SliceData(t.terms), len(t.terms), out)
	}
	return t.transformGo(in, out)
}

// nonzeroAVX2 is nonzeroGo with AVX2.
//
//go:noescape
func nonzeroAVX2(c *coefs) uint64

// nonzero returns a mask with bit i set if the coefficient at position i is not 0.
func (c *coefs) nonzero() uint64 {
	if x86.HasAVX2 {
		return nonzeroAVX2(c)
	}
	return c.nonzeroGo()
}
