//go:build linux || freebsd

package netpipe

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// groupLeader makes a filter the leader of a process group of its own, which
// dies with the thread that started it.
func groupLeader() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// pipeOnExec makes a pipe that no other program inherits.
func pipeOnExec() (r, w int, err error) {
	var p [2]int
	err = unix.Pipe2(p[:], unix.O_CLOEXEC)
	return p[0], p[1], err
}
