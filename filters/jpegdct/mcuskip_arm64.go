//go:build !noasm

package jpegdct

// hasSkipBlocksAsm reports whether the processor has the instructions of skipBlocksAsm.
func hasSkipBlocksAsm() bool { return true }
