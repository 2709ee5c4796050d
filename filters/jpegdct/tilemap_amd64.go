//go:build !noasm

package jpegdct

import "imgpipe/filters/internal/x86"

// applyAVX2 is applyGo, to the bit.
//
//go:noescape
func applyAVX2(t *tileMap, in *tile, out *coefBlock) (nonzero uint64)

// apply turns a tile into a block and says which coefficients are not 0.
func (t *tileMap) apply(in *tile, out *coefBlock) (nonzero uint64) {
	if x86.HasAVX2 {
		return applyAVX2(t, in, out)
	}
	return t.applyGo(in, out)
}
