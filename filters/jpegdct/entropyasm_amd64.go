//go:build !noasm

package jpegdct

import "imgpipe/filters/internal/x86"

// hasEntropyAsm reports whether the processor has the instructions of skipBlocksAsm and
// readRunAsm.
func hasEntropyAsm() bool { return x86.HasBMI2 }
