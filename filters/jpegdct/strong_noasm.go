//go:build !(amd64 || arm64) || noasm

package jpegdct

// exceeded reports whether a coefficient of c, which is column by column, exceeds its
// bound: whether the block is strong.
func (b *bounds) exceeded(c *coefs) bool { return b.exceededGo(c) }
