// Package start is what happens before any other package is initialised. It makes the
// start of a short-lived program cheaper, and notes whether stdout is closed. Most of it
// happens in entry, before the runtime starts.
//
// A goroutine begins with a stack of a few KiB, and the Go runtime copies the stack
// to one of twice the size each time it is too small. Before main has parsed its
// options that happens four times, and each size has memory of its own to fault in.
// So the main goroutine asks for all of that stack at once, before any other
// package is initialised: this package imports only the runtime, and packages are
// initialised in the order of their imports, then of their paths.
package start

// stackSize is more than the initialisation of a program and its main function
// take, in bytes.
const stackSize = 48 << 10

func init() { growStack(false) }

// growStack has a frame of stackSize bytes. The runtime makes room for the frame
// before the function begins, and the function touches the frame only if use is
// true.
//
//go:noinline
func growStack(use bool) byte {
	if !use {
		return 0
	}
	var frame [stackSize]byte
	fill(&frame)
	return frame[stackSize-1]
}

//go:noinline
func fill(frame *[stackSize]byte) {
	for i := range frame {
		frame[i] = byte(i)
	}
}
