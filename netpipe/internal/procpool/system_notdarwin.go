//go:build linux || freebsd

package procpool

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// rssUnit is the unit of Rusage.Maxrss, in bytes.
const rssUnit = 1024

// processAttr makes a filter the leader of a new process group. The kernel kills
// the filter when the thread that started it ends (Pdeathsig).
func processAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// pipeCloseOnExec makes a pipe that no other program inherits.
func pipeCloseOnExec() (r, w int, err error) {
	var p [2]int
	err = unix.Pipe2(p[:], unix.O_CLOEXEC)
	return p[0], p[1], err
}
