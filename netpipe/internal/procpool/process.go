package procpool

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"imgpipe/netpipe/internal/cgroup"
	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/stdio"
)

// pipeSize is the size to which pipes are grown where the system lets them, in
// bytes: most pictures fit, so that no process has to wait in mid-picture.
const pipeSize = 512 << 10

// A process is the leader of a process group of its own that runs the filter's
// program. Without Config.Reuse it is the Invocation of one input.
type process struct {
	supervisor *supervisor
	pid        int
	stdin      *os.File
	stdout     *os.File
	stderr     *os.File
	tail       tail // of stderr; complete once over is closed

	exited chan struct{} // closed when the leader has been waited for and its group killed
	over   chan struct{} // closed when stderr has ended as well
	status syscall.WaitStatus

	group       *cgroup.Group // nil if it has none of its own
	peakAtStart int64         // of this program's memory
	used        Usage         // complete once exited is closed
	outOfMemory bool          // the kernel killed a process of group; complete once exited is closed

	reaped  bool // guarded by supervisor.mu
	retired bool // guarded by supervisor.mu

	hasParams  bool         // it was started for them
	worker     *workerState // nil without Config.Reuse
	requests   atomic.Int64 // to a worker, begun so far
	generation int          // pool.generation when it was started

	stdinGrown, stdoutGrown bool
	rest                    int // bytes that may follow on stdout after holderGrace
}

// holderGrace is how long stdout and stderr are read after the leader's end, if a process
// that left the group, such as a daemon, still has them open.
const holderGrace = 100 * time.Millisecond

// Read reads stdout, up to its end or holderGrace after the leader's end.
func (p *process) Read(b []byte) (int, error) {
	n, err := p.stdout.Read(b)
	if n >= roomSize {
		growOnce(p.stdout, &p.stdoutGrown)
	}
	if fdio.IsTimeout(err) && p.hasExited() {
		return p.readRest(b)
	}
	return n, err
}

// readRest reads what the leader has left in the pipe: at most pipeSize bytes, so that a
// process that goes on writing does not keep the answer from its end.
func (p *process) readRest(b []byte) (int, error) {
	n, err := fdio.TryRead(p.stdout, b[:min(len(b), p.rest)])
	if p.rest -= n; n == 0 && err == nil {
		err = io.EOF
	}
	return n, err
}

// hasExited reports whether the leader has ended.
func (p *process) hasExited() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}

// Push writes to stdin, and closes it after the last chunk.
func (p *process) Push(c *InputChunk, wait WaitFunc) error {
	err := writePipe(p.stdin, c.input(), p.growing(wait))
	if c.Last {
		p.stdin.Close()
	}
	return err
}

// PushFrom moves input to stdin.
func (p *process) PushFrom(s fdio.Socket, n int, wait WaitFunc) (moved int, err error) {
	return splicePipe(p.stdin, s, n, p.growing(wait))
}

// growing returns wait for stdin, which is grown before.
func (p *process) growing(wait WaitFunc) WaitFunc {
	return func(write func() error) error {
		growOnce(p.stdin, &p.stdinGrown)
		return wait(write)
	}
}

// growOnce grows a pipe that was full. Pipes are not grown before: a user may have
// a certain number of pages in pipes (/proc/sys/fs/pipe-user-pages-soft), and
// beyond it new pipes get one or two pages.
func growOnce(pipe *os.File, done *bool) {
	if !*done {
		*done = true
		stdio.GrowPipe(pipe, pipeSize)
	}
}

// TakesInput reports whether the leader lives and a process has the reading end of stdin.
func (p *process) TakesInput() bool { return !p.hasExited() && !fdio.IsHungUp(p.stdin) }

// Abort kills the group and stops Read and Push: a process that left the group may
// still hold the other ends of the pipes.
func (p *process) Abort() {
	p.kill()
	fdio.CloseFiles(p.stdin, p.stdout)
}

// Wait waits for the leader's end.
func (p *process) Wait() error {
	<-p.exited
	return p.err()
}

// Release kills what is left of the group, closes the pipes, also to a process that left
// the group, and waits for the end of stderr.
func (p *process) Release() {
	p.Abort()
	<-p.over
}

// Status returns the exit status, the tail of stderr, and what the process took.
func (p *process) Status() Status { return newStatus(p.exitText(), p.tail.String(), p.used) }

// newStatus is the Status of a single program.
func newStatus(text, stderr string, used Usage) Status { return Status{text, stderr, stderr, used} }

// kill kills the whole group. When kill returns, no process of the group will
// return from a system call any more: none sees what is closed afterwards.
func (p *process) kill() {
	p.supervisor.mu.Lock()
	defer p.supervisor.mu.Unlock()
	if !p.reaped {
		_ = syscall.Kill(-p.pid, syscall.SIGKILL) // ESRCH: it is dead
	}
}

// end makes the end of the leader known, when the leader has been waited for. It is called
// without supervisor.mu: no kill and no fork waits while the files of a cgroup are read.
func (p *process) end() {
	p.noteGroupUsage()
	deadline := time.Now().Add(holderGrace)
	_ = p.stdin.SetWriteDeadline(fdio.Expired) // a process that left the group may still hold the reading end
	_ = p.stdout.SetReadDeadline(deadline)
	_ = p.stderr.SetReadDeadline(deadline)
	close(p.exited)
}

// watch collects stderr until the process is over, and reports that to onOver. Each
// process has one goroutine that does this.
func (p *process) watch(onOver func(*process)) {
	p.tail.readAll(p.stderr)
	<-p.exited
	if p.group != nil {
		p.group.Close()
	}
	p.stderr.Close()
	close(p.over)
	onOver(p)
}

// err returns nil if the leader's exit status is 0. It is called after exited is
// closed.
func (p *process) err() error {
	switch {
	case p.status.Exited() && p.status.ExitStatus() == 0:
		return nil
	case p.status.Exited():
		return exitError(p.exitText(), p.status.ExitStatus(), p.hasParams && p.status.ExitStatus() == usageStatus)
	case p.status.Signal() == syscall.SIGKILL && p.outOfMemory:
		return ErrMemory
	case p.status.Signal() == syscall.SIGKILL:
		return ErrKilled
	}
	return errors.New(p.exitText())
}

// usageStatus is the exit status of a program that refuses its command line.
const usageStatus = 2

// commandLineError returns the ErrCommandLine of a process that has ended without input,
// or nil. It is called after over is closed.
func (p *process) commandLineError() error {
	if !p.status.Exited() || p.status.ExitStatus() != usageStatus {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrCommandLine, p.lastWords())
}

// lastWords returns the exit status and what stderr said last. It is called after
// over is closed.
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
