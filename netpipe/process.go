package netpipe

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"imgpipe/netpipe/stdio"
)

// A process is one run of the filter's program: the leader of a process group of
// its own. Without -reuse, all of it belongs to one connection: it is a run.
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

	workshop *workshop // nil without -reuse

	wideIn, wideOut bool // the pipe was full once
}

// Read reads stdout.
func (p *process) Read(b []byte) (int, error) {
	n, err := p.stdout.Read(b)
	if n >= chunkSize {
		widenOnce(p.stdout, &p.wideOut)
	}
	return n, err
}

func (p *process) push(b *piece, waits waiter) error {
	err := pushTo(p.stdin, b.input(), func(write func() error) error {
		widenOnce(p.stdin, &p.wideIn)
		return waits(write)
	})
	if b.last {
		p.stdin.Close()
	}
	return err
}

// widenOnce widens a pipe that is full. Not before: a user may have so many pages
// in pipes (/proc/sys/fs/pipe-user-pages-soft), and then new ones get hardly any.
func widenOnce(pipe *os.File, done *bool) {
	if !*done {
		*done = true
		stdio.GrowPipe(pipe, pipeSize)
	}
}

// takes reports whether somebody still has stdin.
func (p *process) takes() bool { return !isGone(p.stdin) }

func (p *process) abort() {
	p.kill()
	p.stdout.Close() // a process that left the group may still hold it
}

func (p *process) exit() error {
	<-p.exited
	return p.err()
}

// free ends whatever still writes to stdin, or reads stdout, for a process that
// left its group.
func (p *process) free() {
	closeFiles(p.stdin, p.stdout)
	<-p.over
}

func (p *process) last() (status, words string) { return p.exitText(), p.tail.String() }

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

// errKilled is how most processes end that this one has killed.
var errKilled = errors.New("killed by signal 9 (killed)")

// err is nil if the leader's exit status is 0. Only once exited is closed.
func (p *process) err() error {
	switch {
	case p.status.Exited() && p.status.ExitStatus() == 0:
		return nil
	case p.status.Exited():
		return refusal(p.exitText())
	case p.status.Signal() == syscall.SIGKILL:
		return errKilled
	}
	return errors.New(p.exitText())
}

// lastWords says how it ended, and what it said last. Only once over is closed.
func (p *process) lastWords() string {
	if words := p.tail.String(); words != "" {
		return p.exitText() + ": " + words
	}
	return p.exitText()
}

func (p *process) exitText() string {
	if p.status.Signaled() {
		return fmt.Sprintf("killed by signal %d (%v)", p.status.Signal(), p.status.Signal())
	}
	return fmt.Sprintf("exit status %d", p.status.ExitStatus())
}
