//go:build (amd64 || arm64) && !noasm

package jpegdct

import (
	"runtime"

	"golang.org/x/sys/cpu"
)

// hasAssembly tells that the functions in assembly are used.
var hasAssembly = runtime.GOARCH == "arm64" || cpu.X86.HasAVX2 && cpu.X86.HasBMI1 && cpu.X86.HasBMI2
