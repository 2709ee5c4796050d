//go:build !noasm

package jpegdct

// hasEntropyAsm reports whether the processor has the instructions of skipBlocksAsm and
// readRunAsm.
func hasEntropyAsm() bool { return true }
