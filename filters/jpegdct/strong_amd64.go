//go:build !noasm

package jpegdct

import "imgpipe/filters/internal/x86"

// exceededAVX2 is exceededGo with AVX2.
//
//go:noescape
func exceededAVX2(b *bounds, c *coefs) bool

// exceeded reports whether a coefficient of c, which is column by column, exceeds its
// bound: whether the block is strong.
func (b *bounds) exceeded(c *coefs) bool {
	if x86.HasAVX2 {
		return exceededAVX2(b, c)
	}
	return b.exceededGo(c)
}
