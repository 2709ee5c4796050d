//go:build !noasm

package jpegdct

// hasEntropyAsm reports whether the processor has the instructions of skipBlocksAsm,
// readRunAsm and writeACSymbolsAsm.
func hasEntropyAsm() bool { return true }
