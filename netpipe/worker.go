package netpipe

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"imgpipe/netpipe/stdio"
	"imgpipe/netpipe/worker"
)

// A workshop is what a process has that serves one connection after another:
// a worker, as package worker says.
type workshop struct {
	answers  *bufio.Reader // of stdout
	requests int           // so far
}

// answerBuffer is large enough for the headers that come with a piece, or for a
// small answer; larger pieces go by it.
const answerBuffer = 4 << 10

// pipeSize is what a widened pipe takes at once, where it can: most pictures,
// without waking anybody in the middle. A worker's are from the start.
const pipeSize = 512 << 10

var (
	errNoWorker  = errors.New("the filter is no worker (-reuse wants one)")
	errMidAnswer = errors.New("ended before its answer did")
	errProtocol  = errors.New("broke the worker protocol")
)

// greet makes a worker of a process, if it is one.
func (p *process) greet() error {
	p.workshop = &workshop{answers: bufio.NewReaderSize(p.stdout, answerBuffer)}
	stdio.GrowPipe(p.stdin, pipeSize)
	stdio.GrowPipe(p.stdout, pipeSize)
	deadline := time.Now().Add(worker.Patience)
	_ = p.stdin.SetWriteDeadline(deadline)
	_ = p.stdout.SetReadDeadline(deadline)
	_, _ = p.stdin.Write(worker.AppendGreeting(nil)) // where it fails, so will the answer
	err := worker.CheckAnswer(p.workshop.answers)
	if err == nil && p.workshop.answers.Buffered() == 0 {
		p.tail.catchUp(p.stderr)
		_ = p.stdin.SetWriteDeadline(time.Time{})
		_ = p.stdout.SetReadDeadline(time.Time{})
		return nil
	}
	// What ends by itself says why.
	closeFiles(p.stdin, p.stdout)
	select {
	case <-p.over:
	case <-time.After(grace):
	}
	p.kill()
	<-p.over
	switch {
	case isTimeout(err):
		return fmt.Errorf("%w: it didn't answer the greeting within %v", errNoWorker, worker.Patience)
	case err == io.EOF || err == io.ErrUnexpectedEOF:
		return fmt.Errorf("%w: it ended: %s", errNoWorker, p.lastWords())
	}
	return fmt.Errorf("%w: it answered the greeting with something else", errNoWorker)
}

// isSilent reports whether a worker between two requests has said nothing, and
// lives. The tail comes last: what isn't in the pipe any more is there.
func (p *process) isSilent() bool {
	return p.workshop.answers.Buffered() == 0 && !isReadable(p.stdout) &&
		!isReadable(p.stderr) && p.tail.isEmpty()
}

// A turn is one request to a worker: a run.
type turn struct {
	*process
	pool *pool
	id   uint16

	left, padding int // of the record that is read
	words         string
	how           error // why the answer isn't whole; set when stage is no longer running

	stage atomic.Int32
	begun atomic.Bool // BEGIN_REQUEST is on its way

	mu  sync.Mutex // held while a record is written
	cut bool       // a record was written in part, or not at all
	fed bool       // the input's end is written
}

// Stages of a turn. What leaves running first decides.
const (
	running  int32 = iota
	answered       // END_REQUEST has come: the worker may go on
	broken         // it is killed
)

// newTurn makes a turn of a worker that has just been taken from its pool.
func newTurn(p *process, from *pool) *turn {
	p.workshop.requests++
	return &turn{process: p, pool: from, id: uint16((p.workshop.requests-1)%65535 + 1)}
}

// Read reads the answer.
func (t *turn) Read(b []byte) (int, error) {
	for t.left == 0 {
		if t.stage.Load() != running {
			return 0, io.EOF
		}
		if err := t.next(); err != nil {
			t.fail(err)
		}
	}
	n, err := t.workshop.answers.Read(b[:min(len(b), t.left)])
	t.left -= n
	if err != nil {
		t.left = 0
		t.fail(err)
	}
	return n, nil
}

// next goes to the next piece of the answer, or to its end.
func (t *turn) next() error {
	r := t.workshop.answers
	if _, err := r.Discard(t.padding); err != nil {
		return err
	}
	h, err := worker.ReadHeader(r)
	if err != nil {
		return err
	}
	t.padding = h.Padding
	switch {
	case h.ID != t.id:
		return errProtocol
	case h.Type == worker.Stdout:
		t.left = h.Length
		return nil
	case h.Type == worker.Stderr:
		return t.said(h.Length)
	case h.Type == worker.EndRequest:
		return t.end(h)
	}
	return errProtocol
}

// said notes n bytes for the log.
func (t *turn) said(n int) error {
	t.tail.catchUp(t.stderr) // in the order in which it was said
	var buf [512]byte
	for n > 0 {
		got, err := t.workshop.answers.Read(buf[:min(n, len(buf))])
		if err != nil {
			return err
		}
		t.tail.write(buf[:got])
		n -= got
	}
	return nil
}

// end takes the status. Nothing may come after it.
func (t *turn) end(h worker.Header) error {
	var content [8]byte
	if h.Length != len(content) {
		return errProtocol
	}
	if _, err := io.ReadFull(t.workshop.answers, content[:]); err != nil {
		return err
	}
	if _, err := t.workshop.answers.Discard(h.Padding); err != nil {
		return err
	}
	status, err := worker.ParseEnd(content[:])
	if err != nil || !t.begun.Load() || t.workshop.answers.Buffered() > 0 || isReadable(t.stdout) {
		return errProtocol
	}
	if status != 0 {
		t.how = refusal(fmt.Sprintf("answer status %d", status))
	}
	t.tail.catchUp(t.stderr)
	t.words = t.tail.take()
	t.stage.CompareAndSwap(running, answered)
	return nil
}

// fail kills the worker, unless the turn has ended.
func (t *turn) fail(how error) {
	if t.stage.CompareAndSwap(running, broken) {
		if t.how = how; how == io.EOF || how == io.ErrUnexpectedEOF {
			t.how = errMidAnswer
		}
		t.kill()
	}
}

// push writes a STDIN record, and before the first the beginning of the request.
func (t *turn) push(b *piece, waits waiter) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.stage.Load() != running {
		return os.ErrClosed
	}
	t.fed = b.last
	err := pushTo(t.stdin, t.frame(b), waits)
	t.cut = t.cut || err != nil
	return err
}

// frame puts headers around a piece of input, in its room for them.
func (t *turn) frame(b *piece) []byte {
	start, end := headroom, headroom+b.n
	if b.n > 0 {
		start -= worker.HeaderSize
		worker.Header{Type: worker.Stdin, ID: t.id, Length: b.n}.Append(b.buf[:start])
	}
	if !t.begun.Swap(true) {
		start -= beginSize
		worker.AppendBegin(b.buf[:start], t.id)
	}
	if b.last {
		worker.Header{Type: worker.Stdin, ID: t.id}.Append(b.buf[:end])
		end += worker.HeaderSize
	}
	return b.buf[start:end]
}

// beginSize is that of a BEGIN_REQUEST.
const beginSize = worker.HeaderSize + 8

func (t *turn) takes() bool { return t.stage.Load() == running && t.process.takes() }

func (t *turn) abort() {
	if t.stage.CompareAndSwap(running, broken) {
		t.process.abort()
	}
}

func (t *turn) exit() error {
	_, _ = io.Copy(io.Discard, t)
	if t.stage.Load() == answered {
		return t.how
	}
	<-t.exited
	switch t.how {
	case nil:
		return errKilled
	case errMidAnswer:
		return fmt.Errorf("%w: %s", errMidAnswer, t.exitText())
	}
	return t.how
}

// settling is how long a worker may take to read the rest of an input that it
// has answered already.
const settling = time.Second

// settle reports whether nothing of the input is left to the next request. Where
// that can't be seen, the input is ended, and the worker greeted again: it takes
// things in their order.
func (t *turn) settle() bool {
	if t.mu.TryLock() {
		clean := t.fed && !t.cut && isDrained(t.stdin)
		t.mu.Unlock()
		if clean {
			return true
		}
	}
	deadline := time.Now().Add(settling)
	_ = t.stdin.SetWriteDeadline(deadline)
	_ = t.stdout.SetReadDeadline(deadline)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.cut {
		return false
	}
	var b []byte
	if !t.fed {
		b = worker.Header{Type: worker.Stdin, ID: t.id}.Append(b)
	}
	_, _ = t.stdin.Write(worker.AppendGreeting(b)) // where it fails, so will the answer
	if worker.CheckAnswer(t.workshop.answers) != nil {
		return false
	}
	_ = t.stdin.SetWriteDeadline(time.Time{})
	_ = t.stdout.SetReadDeadline(time.Time{})
	return true
}

// free gives a worker back that is as it was before, and ends any other.
func (t *turn) free() {
	if t.stage.Load() == answered {
		if t.settle() && t.pool.giveBack(t.process) {
			return
		}
		t.kill()
		closeFiles(t.stdin, t.stdout)
	} else {
		closeFiles(t.stdin, t.stdout)
		<-t.over
		t.words = t.tail.take()
	}
	t.pool.lost()
}

func (t *turn) last() (status, words string) {
	switch {
	case t.stage.Load() == broken:
		return t.exitText(), t.words
	case t.how != nil:
		return t.how.Error(), t.words
	}
	return "answer status 0", t.words
}
