//go:build linux || freebsd

package netpipe

import "syscall"

// groupLeader makes a filter the leader of a process group of its own, which
// dies with the thread that started it.
func groupLeader() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
