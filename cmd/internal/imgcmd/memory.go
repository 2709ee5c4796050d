package imgcmd

import (
	"io"
	"runtime"
	"runtime/debug"
)

// freeMemory gives the system the memory back that a large image took. A worker
// waits for its next image for any length of time, beside others. After small images
// it keeps the memory: to take it anew costs more than they do.
//
// Package runtime/metrics would tell the same without stopping the program, but what it
// does at each start costs more than that. The stop, and what the collector's caches lose by
// it, are a tenth of the time of a small image: so freeMemory is called only after an image
// that may have been large.
func freeMemory() {
	const large = 64 << 20
	var held runtime.MemStats
	runtime.ReadMemStats(&held)
	if held.Sys-held.HeapReleased > large {
		go debug.FreeOSMemory() // while the answer is sent
	}
}

// largeInput is the size of an input, in bytes, from which on its metadata alone may take
// much memory.
const largeInput = 4 << 20

// A countedReader counts the bytes that are read.
type countedReader struct {
	io.Reader
	n int64
}

// Read reads from the Reader.
func (c *countedReader) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	c.n += int64(n)
	return n, err
}
