package netpipe

import "syscall"

// groupLeader makes a filter the leader of a process group of its own. There is
// no Pdeathsig here: a filter outlives a netpipe that is killed until it reads
// its input's end.
func groupLeader() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
