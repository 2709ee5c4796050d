package app

import (
	"syscall"

	"golang.org/x/sys/unix"

	"imgpipe/cmd/internal/start"
)

// restoreTimerSlack gives all threads the timer slack that the system gave to the process. If
// the system call is refused, timers stay late by up to 1 ms. All threads have the same seccomp
// filter, so it is refused to all or to none: the runtime ends a program in which they differ.
func restoreTimerSlack() {
	if start.TimerSlack > 0 {
		_, _, _ = syscall.AllThreadsSyscall(unix.SYS_PRCTL, unix.PR_SET_TIMERSLACK, uintptr(start.TimerSlack), 0)
	}
}
