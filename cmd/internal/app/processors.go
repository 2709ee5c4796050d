package app

import (
	"os"
	"runtime"

	"imgpipe/cmd/internal/start"
)

// AllProcessors lets the program use all processors that it may, and gives its threads the
// usual timer slack, if it has begun with one processor (start.OneProcessor), as a filter
// does. A filter calls AllProcessors before it does what is worth several. It is called once
// at a time.
func AllProcessors() {
	if !start.OneProcessor {
		return
	}
	start.OneProcessor = false
	os.Unsetenv("GOMAXPROCS") // programs that this one starts decide for themselves
	restoreTimerSlack()
	runtime.SetDefaultGOMAXPROCS()
}
