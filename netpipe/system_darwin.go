package netpipe

import "syscall"

// groupLeader makes a filter the leader of a process group of its own. There is
// no Pdeathsig here: a filter outlives a netpipe that is killed until it reads
// its input's end.
func groupLeader() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}

// pipeOnExec makes a pipe that no other program inherits.
func pipeOnExec() (r, w int, err error) {
	var p [2]int
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err = syscall.Pipe(p[:]); err != nil {
		return 0, 0, err
	}
	syscall.CloseOnExec(p[0])
	syscall.CloseOnExec(p[1])
	return p[0], p[1], nil
}
