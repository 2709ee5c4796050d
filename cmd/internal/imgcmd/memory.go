package imgcmd

import (
	"runtime"
	"runtime/debug"
)

// freeMemory gives the system the memory back that a large image took. A worker
// waits for its next image for any length of time, beside others. After small images
// it keeps the memory: to take it anew costs more than they do.
//
// Package runtime/metrics would tell the same without stopping the program, but what it
// does at each start costs more than that.
func freeMemory() {
	const large = 64 << 20
	var held runtime.MemStats
	runtime.ReadMemStats(&held)
	if held.Sys-held.HeapReleased > large {
		go debug.FreeOSMemory() // while the answer is sent
	}
}
