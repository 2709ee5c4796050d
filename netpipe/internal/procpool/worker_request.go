package procpool

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/worker"
)

// A workerState is what a process has in addition that is a worker.
type workerState struct {
	answers *bufio.Reader // of stdout
	cpu     time.Duration // that it has taken, as far as a request has it in its Usage
}

// answerBuffer is the size of workerState.answers in bytes: enough for record
// headers and small answers. Larger reads bypass the buffer.
const answerBuffer = 4 << 10

// greet makes a worker of a process that has just been started, one that takes parameters
// if params is set. If the process is not such a worker, or does not answer within
// timeout, greet ends it.
func (p *process) greet(timeout time.Duration, params bool) error {
	p.worker = &workerState{answers: bufio.NewReaderSize(p, answerBuffer)}
	growOnce(p.stdin, &p.stdinGrown)
	growOnce(p.stdout, &p.stdoutGrown)
	if timeout > 0 {
		p.setDeadline(time.Now().Add(timeout))
	}
	_, _ = p.stdin.Write(worker.AppendGreeting(nil, params)) // if it fails, so does reading the answer
	takesParams, err := worker.CheckAnswer(p.worker.answers)
	if err == nil && params && !takesParams {
		err = ErrNoParams
	}
	if err == nil && p.worker.answers.Buffered() == 0 {
		p.tail.catchUp(p.stderr)
		p.setDeadline(time.Time{})
		return nil
	}
	fdio.CloseFiles(p.stdin, p.stdout)
	select {
	case <-p.over: // a process that ends by itself says why
	case <-time.After(holderGrace):
	}
	p.kill()
	<-p.over
	switch {
	case err == ErrNoParams:
		return err
	case fdio.IsTimeout(err):
		return fmt.Errorf("%w: %w of %v", ErrNotWorker, ErrSlowStart, timeout)
	case err == io.EOF || err == io.ErrUnexpectedEOF:
		return fmt.Errorf("%w: it ended: %s", ErrNotWorker, p.lastWords())
	}
	return fmt.Errorf("%w: it answered the greeting with something else", ErrNotWorker)
}

// setDeadline sets the deadline of writing to stdin and reading from stdout. After the
// leader's end, supervisor.reapOne has set them.
func (p *process) setDeadline(t time.Time) {
	p.supervisor.mu.Lock()
	defer p.supervisor.mu.Unlock()
	if !p.reaped {
		_ = p.stdin.SetWriteDeadline(t)
		_ = p.stdout.SetReadDeadline(t)
	}
}

// isQuiet reports whether a worker between two requests lives and has said nothing.
// The tail is looked at last: what has left the pipe is in the tail.
func (p *process) isQuiet() bool {
	return p.worker.answers.Buffered() == 0 && !fdio.IsReadable(p.stdout) &&
		!fdio.IsReadable(p.stderr) && p.tail.isEmpty()
}

// A workerRequest is one request to a worker, as an Invocation.
type workerRequest struct {
	process *process
	pool    *pool
	id      uint16
	params  []Param

	answer worker.AnswerReader
	status string // of the answer
	stderr string
	used   Usage
	err    error // why the answer is not whole; set before stage leaves running

	stage atomic.Int32
	begun atomic.Bool // BEGIN_REQUEST has been written, or is about to be

	mu         sync.Mutex // held while records are written
	incomplete bool       // a record was written in part or not at all
	inputEnded bool       // the end of the input is written
}

// Stages of a workerRequest. The one that replaces running is final.
const (
	running  int32 = iota
	answered       // END_REQUEST has come: the worker may go on
	broken         // the worker is killed
)

// newWorkerRequest makes a request to a worker that pool.take has just taken.
func newWorkerRequest(p *process, pool *pool, params []Param) *workerRequest {
	id := uint16((p.requests.Add(1)-1)%65535 + 1)
	return &workerRequest{process: p, pool: pool, id: id, params: params, answer: worker.AnswerReader{
		In: p.worker.answers,
		ID: id,
		Stderr: func(text []byte) {
			p.tail.catchUp(p.stderr) // what the worker wrote to stderr itself came before
			p.tail.append(text)
		},
	}}
}

// Read reads the answer. After a failure it ends, too.
func (r *workerRequest) Read(b []byte) (int, error) {
	if r.stage.Load() != running {
		return 0, io.EOF
	}
	n, err := r.answer.Read(b)
	if err == io.EOF {
		err = r.end()
	}
	if err != nil {
		r.fail(err)
	}
	if n == 0 && r.stage.Load() != running {
		return 0, io.EOF
	}
	return n, nil
}

// end ends the request after END_REQUEST. No byte may follow it; the worker may end.
func (r *workerRequest) end() error {
	var next [1]byte
	more, _ := fdio.TryRead(r.process.stdout, next[:])
	if !r.begun.Load() || r.answer.In.Buffered() > 0 || more > 0 {
		return ErrProtocol
	}
	status := r.answer.Status()
	r.status = fmt.Sprintf("answer status %d", status)
	if status != 0 {
		r.err = exitError(r.status, int(status), len(r.params) > 0 && status == worker.ParamsStatus)
	}
	r.process.tail.catchUp(r.process.stderr)
	r.stderr = r.process.tail.drain()
	r.stage.CompareAndSwap(running, answered)
	return nil
}

// fail kills the worker because of err, unless the request has ended.
func (r *workerRequest) fail(err error) {
	if r.stage.CompareAndSwap(running, broken) {
		switch r.err = err; err {
		case io.ErrUnexpectedEOF:
			r.err = ErrMidAnswer
		case worker.ErrProtocol:
			r.err = ErrProtocol
		}
		r.process.kill()
	}
}

// Push writes a STDIN record, and BEGIN_REQUEST and PARAMS before the first one.
func (r *workerRequest) Push(c *InputChunk, wait WaitFunc) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stage.Load() != running {
		return os.ErrClosed
	}
	r.inputEnded = c.Last
	var err error
	if len(r.params) > 0 && !r.begun.Swap(true) {
		records := worker.AppendParams(worker.AppendBegin(nil, r.id), r.id, r.params)
		err = writePipe(r.process.stdin, records, wait)
	}
	if err == nil {
		err = writePipe(r.process.stdin, r.frame(c), wait)
	}
	r.incomplete = r.incomplete || err != nil
	return err
}

// PushFrom writes the headers of STDIN records, and moves input behind each.
func (r *workerRequest) PushFrom(s fdio.Socket, n int, wait WaitFunc) (moved int, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stage.Load() != running {
		return 0, os.ErrClosed
	}
	for moved < n && err == nil {
		length := min(n-moved, worker.MaxContent)
		header := worker.Header{Type: worker.Stdin, ID: r.id, Length: length}.Append(nil)
		var more int
		if err = writePipe(r.process.stdin, header, wait); err == nil {
			more, err = splicePipe(r.process.stdin, s, length, wait)
		}
		if moved += more; more < length {
			r.incomplete = true
			if err == nil {
				err = io.ErrUnexpectedEOF
				r.fail(errShortRecord)
			}
		}
	}
	return moved, err
}

// errShortRecord is the error of a request whose input has not come as it was announced.
var errShortRecord = errors.New("the input broke off in a record")

// beginSize is the size of a BEGIN_REQUEST record in bytes.
const beginSize = worker.HeaderSize + 8

// frame puts records around a piece of input, in the chunk's room for them.
func (r *workerRequest) frame(c *InputChunk) []byte {
	start, end := headroom, headroom+c.N
	if c.N > 0 {
		start -= worker.HeaderSize
		worker.Header{Type: worker.Stdin, ID: r.id, Length: c.N}.Append(c.buf[:start])
	}
	if !r.begun.Swap(true) {
		start -= beginSize
		worker.AppendBegin(c.buf[:start], r.id)
	}
	if c.Last {
		worker.Header{Type: worker.Stdin, ID: r.id}.Append(c.buf[:end])
		end += worker.HeaderSize
	}
	return c.buf[start:end]
}

// TakesInput reports whether the worker still reads this request's input.
func (r *workerRequest) TakesInput() bool {
	return r.stage.Load() == running && r.process.TakesInput()
}

// Abort kills the worker, unless it has answered.
func (r *workerRequest) Abort() {
	if r.stage.CompareAndSwap(running, broken) {
		r.process.Abort()
	}
}

// Wait waits for END_REQUEST, or for the end of a worker that failed.
func (r *workerRequest) Wait() error {
	_, _ = io.Copy(io.Discard, r)
	if r.stage.Load() == answered {
		r.endPush()
		return r.err
	}
	<-r.process.exited
	switch r.err {
	case nil:
		return ErrKilled
	case ErrMidAnswer:
		if r.process.outOfMemory {
			return fmt.Errorf("%w: %w", ErrMidAnswer, ErrMemory)
		}
		return fmt.Errorf("%w: %s", ErrMidAnswer, r.process.exitText())
	}
	return r.err
}

// settleTime is how long a worker that has answered may take to read the rest of its
// input.
const settleTime = time.Second

// endPush waits for a Push that is under way when the worker has answered.
func (r *workerRequest) endPush() {
	if r.mu.TryLock() {
		r.mu.Unlock()
		return
	}
	r.process.setDeadline(time.Now().Add(settleTime))
	r.mu.Lock()
	defer r.mu.Unlock()
	r.process.setDeadline(time.Time{})
}

// settle reports whether nothing of the input is left that the next request would
// meet. Where the pipe cannot tell, settle ends the input and greets the worker
// again: the worker answers the greeting after it has read the rest.
func (r *workerRequest) settle() bool {
	p := r.process
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.incomplete:
		return false
	case r.inputEnded && fdio.IsDrained(p.stdin):
		return true
	}
	p.setDeadline(time.Now().Add(settleTime))
	var b []byte
	if !r.inputEnded {
		b = worker.Header{Type: worker.Stdin, ID: r.id}.Append(b)
	}
	_, _ = p.stdin.Write(worker.AppendGreeting(b, false)) // if it fails, so does reading the answer
	if _, err := worker.CheckAnswer(p.worker.answers); err != nil {
		return false
	}
	p.setDeadline(time.Time{})
	return true
}

// Release gives the pool a worker back that can serve another request, and ends any
// other.
func (r *workerRequest) Release() {
	p := r.process
	switch {
	case r.isUnused():
		p.requests.Add(-1)
		if r.pool.putBack(p) {
			return
		}
		p.retire()
		fdio.CloseFiles(p.stdin, p.stdout)
	case r.stage.Load() == answered:
		r.noteUsage()
		if p.TakesInput() && r.settle() && r.pool.putBack(p) {
			return
		}
		p.retire()
		fdio.CloseFiles(p.stdin, p.stdout)
	default:
		p.Release()
		r.noteUsage()
		r.stderr = p.tail.drain()
	}
	r.pool.workerGone()
}

// noteUsage notes what the worker has taken for this request, if it has a cgroup: of the
// memory it is the worker's peak so far.
func (r *workerRequest) noteUsage() {
	p := r.process
	if p.group == nil {
		return
	}
	if p.hasExited() {
		r.used = p.used
	} else {
		r.used = groupUsage(p.group.Usage(), Usage{})
	}
	r.used.CPU, p.worker.cpu = r.used.CPU-p.worker.cpu, r.used.CPU
}

// isUnused reports whether the worker knows nothing of the request.
func (r *workerRequest) isUnused() bool { return r.stage.Load() == running && !r.begun.Load() }

// Status returns the answer's status, or how the worker ended instead, and what the
// worker wrote to stderr during the request.
func (r *workerRequest) Status() Status {
	if r.stage.Load() == broken {
		return newStatus(r.process.exitText(), r.stderr, r.used)
	}
	return newStatus(r.status, r.stderr, r.used)
}
