package procpool

import (
	"os"
	"strconv"
	"strings"
	"time"
)

// Limits bound what one process may take, and each process that it starts. The kernel
// ends a process that goes beyond CPU, and refuses it more than Memory. Linux only.
//
// In addition no process leaves a core file, which would have a client's input in it,
// and when memory is short the kernel ends filters rather than this program.
type Limits struct {
	Memory int64         // private writable memory (RLIMIT_DATA), in bytes; 0 means no limit
	CPU    time.Duration // processor time, rounded up to seconds; 0 means no limit
	Nice   int           // what is added to the niceness of this program, up to 19
}

// moreLikely is what is added to the badness of a filter for the kernel's choice of what
// to end when memory is short; see proc_pid_oom_score_adj(5).
const moreLikely = 500

// oomScoreAdj returns the text for a filter's oom_score_adj.
func oomScoreAdj() string {
	text, _ := os.ReadFile("/proc/self/oom_score_adj")
	own, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	return strconv.Itoa(min(own+moreLikely, 1000))
}
