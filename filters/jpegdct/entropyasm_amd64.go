//go:build !noasm

package jpegdct

import "imgpipe/filters/internal/x86"

// hasEntropyAsm reports whether the processor has the instructions of skipBlocksAsm,
// readRunAsm and writeACSymbolsAsm.
func hasEntropyAsm() bool { return x86.HasBMI2 }
