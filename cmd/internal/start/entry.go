package start

import "runtime"

// What the entry finds out. On Linux on amd64, scripts/build.sh makes filterEntry the first
// instruction of a filter, and entry that of the other programs. Otherwise all of them stay
// zero.
var (
	// StdoutClosed reports that the program was started without a stdout (>&-). The Go
	// runtime opens /dev/null in its place before any code in Go runs, and nothing tells
	// that from a stdout that is meant to be /dev/null. So entry looks before the runtime
	// does.
	StdoutClosed bool

	// OneProcessor reports that the program runs on one processor (GOMAXPROCS) because
	// filterEntry has set the environment variable, and not the user. The runtime starts fewer
	// threads then and touches fewer pages, which is a tenth of the time in which a filter
	// starts. It reads the variable before any code in Go runs.
	OneProcessor bool

	// TimerSlack is the timer slack in ns (prctl(2), PR_SET_TIMERSLACK) that the system gave to
	// a program with OneProcessor; 0 if it is at least 1 ms, or not told. Otherwise filterEntry
	// sets 1 ms in its place, for all threads. A thread of the runtime sleeps for 20 us again
	// and again, to look after the others, and with the usual slack of 50 us its wakes take a
	// tenth of the time of a small picture. A program with several processors needs the usual
	// slack: there a thread sleeps for 3 us before it takes work from another.
	TimerSlack int64
)

// memProfileRate is where entry writes 0. Otherwise the runtime makes its tables for memory
// profiles and samples one allocation, before it learns that no code in the program reads
// such profiles.
//
//lint:ignore U1000 entry uses it
var memProfileRate = &runtime.MemProfileRate
