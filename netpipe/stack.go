package netpipe

// growStack has the stack of a goroutine grow from 2 to 8 KiB at once, where there is little
// on it. Otherwise it would grow in steps, deep in the life of a connection, and the runtime
// adjusts all frames each time.
//
//go:noinline
func growStack() {
	var room [6 << 10]byte
	touch(room[:])
}

// growStackForLog is growStack to 16 KiB, which the log takes. growStack does not do that,
// because a connection that waits for its client would hold 16 KiB.
//
//go:noinline
func growStackForLog() {
	var room [12 << 10]byte
	touch(room[:])
}

// touch keeps the compiler from dropping b.
//
//go:noinline
func touch(b []byte) { b[0] = 0 }
