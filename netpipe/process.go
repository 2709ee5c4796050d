package netpipe

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// A process is one run of the filter: the leader of a process group of its own.
type process struct {
	keeper *keeper
	pid    int
	stdin  *os.File
	stdout *os.File
	stderr *os.File
	tail   tail // of stderr; whole once over is closed

	exited chan struct{} // closed when the leader has been waited for and its group killed
	over   chan struct{} // closed when stderr has ended too
	status syscall.WaitStatus

	reaped bool // guarded by keeper.mu
}

// kill kills the whole group. When it returns, no process of the group will
// come back from a system call: what is closed after it is not seen by any.
func (p *process) kill() {
	p.keeper.mu.Lock()
	defer p.keeper.mu.Unlock()
	if !p.reaped {
		_ = syscall.Kill(-p.pid, syscall.SIGKILL) // ESRCH: it is dead
	}
}

// mind collects stderr until the process is over; then, if it was never bound,
// idle is told. Each process has one goroutine that minds it.
func (p *process) mind(idle func(*process)) {
	p.tail.readFrom(p.stderr)
	<-p.exited
	p.stderr.Close()
	close(p.over)
	idle(p)
}

// exit is nil if the leader's exit status is 0. Only once exited is closed.
func (p *process) exit() error {
	if p.status.Exited() && p.status.ExitStatus() == 0 {
		return nil
	}
	return errors.New(p.exitText())
}

func (p *process) exitText() string {
	if p.status.Signaled() {
		return fmt.Sprintf("killed by signal %d (%v)", p.status.Signal(), p.status.Signal())
	}
	return fmt.Sprintf("exit status %d", p.status.ExitStatus())
}
