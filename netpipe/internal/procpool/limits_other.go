//go:build !linux

package procpool

import "syscall"

// startLimited starts a program without limits: this system has no call that limits
// another process.
func (s *supervisor) startLimited(prog *program, argv []string, attr *syscall.ProcAttr) (pid int, err error) {
	return syscall.ForkExec(prog.path, argv, attr)
}

func mayStopAtExec(string) bool { return false }

// closeOnExec has no program that is started from now on inherit a descriptor that this
// program has inherited, or that a library has opened for itself.
func closeOnExec() { closeOnExecEach() }
