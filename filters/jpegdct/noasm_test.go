//go:build !(amd64 || arm64) || noasm

package jpegdct

// hasAssembly tells that the functions in assembly are used.
const hasAssembly = false
