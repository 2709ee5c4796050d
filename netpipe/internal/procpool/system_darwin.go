package procpool

import "syscall"

// processAttr makes a filter the leader of a new process group. Darwin has no
// Pdeathsig: when this program is killed, a filter goes on until it reads the end
// of its input.
func processAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}

// pipeCloseOnExec makes a pipe that no other program inherits.
func pipeCloseOnExec() (r, w int, err error) {
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
