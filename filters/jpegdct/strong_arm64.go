//go:build !noasm

package jpegdct

// exceededNEON is exceededGo with NEON.
//
//go:noescape
func exceededNEON(b *bounds, c *coefs) bool

// exceeded reports whether a coefficient of c, which is column by column, exceeds its
// bound: whether the block is strong.
func (b *bounds) exceeded(c *coefs) bool { return exceededNEON(b, c) }
