//go:build !noasm

package jpegdct

import "imgpipe/filters/internal/x86"

// hasSkipBlocksAsm reports whether the processor has the instructions of skipBlocksAsm.
func hasSkipBlocksAsm() bool { return x86.HasBMI2 }
