//go:build !noasm

package jpegdct

import "imgpipe/filters/internal/x86"

// applyAVX2 is applyGo with AVX2. The results are identical.
//
//go:noescape
func applyAVX2(t *tileMap, in *tile, out *coefBlock) (nonzero uint64)

// apply converts a tile to a block. Bit i of nonzero is set if out[i] is not 0.
func (t *tileMap) apply(in *tile, out *coefBlock) (nonzero uint64) {
	if x86.HasAVX2 {
		return applyAVX2(t, in, out)
	}
	return t.applyGo(in, out)
}
