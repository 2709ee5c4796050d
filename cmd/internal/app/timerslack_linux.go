package app

import (
	"syscall"

	"golang.org/x/sys/unix"

	"imgpipe/cmd/internal/start"
)

// restoreTimerSlack gives all threads the timer slack that the system gave to the process. If
// a system call is refused, timers stay late by up to 1 ms.
func restoreTimerSlack() {
	if start.TimerSlack > 0 {
		_, _, _ = syscall.AllThreadsSyscall(unix.SYS_PRCTL, unix.PR_SET_TIMERSLACK, uintptr(start.TimerSlack), 0)
	}
}
