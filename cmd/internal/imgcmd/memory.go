package imgcmd

import (
	"runtime/debug"
	"runtime/metrics"
)

// freeMemory gives the system the memory back that a large image took. A worker
// waits for its next image for any length of time, beside others. After small images
// it keeps the memory: to take it anew costs more than they do.
func freeMemory() {
	const large = 64 << 20
	held := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(held)
	if held[0].Value.Uint64()-held[1].Value.Uint64() > large {
		go debug.FreeOSMemory() // while the answer is sent
	}
}
