package netpipe

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// lingering is how long a client may be silent after a whole answer, while
// what it still sends is read and dropped.
const lingering = 2 * time.Second

// A conn is the life of one connection.
//
// serve, in its own goroutine, takes it through admission, then has the answer
// made and held while feed, in a second goroutine, brings the input to the
// filter and watches the client. Whatever fails first says so with broke; that
// cancels ctx, and abort ends all the rest.
type conn struct {
	*service
	sock   socket
	client net.Addr
	id     uint64

	ctx    context.Context
	cancel context.CancelCauseFunc

	proc   *process
	answer hold
	in     atomic.Int64 // bytes of input
	out    int64        // bytes of the answer

	fed        chan struct{} // closed when feed has returned
	halfClosed bool          // the input has come to its end; read it after fed

	mu       sync.Mutex
	end      ending
	judged   bool   // end is complete: what is found now changes nothing
	unwanted bool   // no input is read any more
	next     socket // nil without -next, and until it's dialled

	clock
}

// A clock is when a connection came to where it is.
type clock struct {
	begun, bound, dialled, done time.Time
}

func newConn(sv *service, s socket) *conn {
	return &conn{service: sv, sock: s, client: s.RemoteAddr(), id: sv.ids.Add(1)}
}

// refuse is the whole life of a connection that may not come in.
func (c *conn) refuse(why error) {
	c.sock.Close()
	c.end.cut = why
	c.report(c.end.judge())
}

// serve is the whole life of any other. It closes the socket.
func (c *conn) serve() {
	defer c.sock.Close()
	c.ctx, c.cancel = context.WithCancelCause(c.alive)
	defer c.cancel(nil)
	if c.admit() {
		aborted := make(chan struct{})
		settled := context.AfterFunc(c.ctx, func() {
			defer close(aborted)
			c.abort()
		})
		defer func() {
			if !settled() {
				<-aborted
			}
		}()
		c.work()
	}
	c.done = time.Now()
	v := c.judge()
	if v == whole && !c.send() {
		v = c.judge()
	}
	c.answer.release()
	c.report(v)
	if v == whole {
		c.linger()
	} else {
		c.sock.Close()
		c.hangUp()
	}
}

// admit waits for the first byte, then for a place among those that have a
// filter, then for a process; it reports whether it has got one.
func (c *conn) admit() bool {
	if !c.begins() || !c.enters() {
		return false
	}
	proc, err := c.pool.take()
	if err != nil {
		c.end.cut = err
		c.admission.leave()
		return false
	}
	c.proc, c.bound = proc, time.Now()
	return true
}

// begins waits for the first byte or the half-close. The latter alone is a probe,
// unless it may be an empty input.
func (c *conn) begins() bool {
	c.want(c.IdleTimeout)
	began := context.AfterFunc(c.draining, func() { _ = c.sock.SetReadDeadline(past) })
	err := awaitByte(c.sock)
	c.begun = time.Now()
	switch {
	case !began(), err == io.EOF && (c.pool.size > 0 && !c.AllowEmpty || isGone(c.sock)):
		c.end.cut = errProbe
	case err == nil || err == io.EOF:
		return true
	case isTimeout(err):
		c.end.input = errSilent
	default:
		c.end.input = err
	}
	return false
}

// enters takes a place, after a time in the queue if there is none.
func (c *conn) enters() bool {
	turn, err := c.admission.enter()
	if err != nil {
		c.end.cut = err
		return false
	}
	if turn == nil {
		return true
	}
	gone := make(chan error, 1)
	c.want(0)
	go func() { gone <- awaitGone(c.sock) }()
	defer func() {
		_ = c.sock.SetReadDeadline(past)
		<-gone
	}()
	var late <-chan time.Time
	if c.QueueTimeout > 0 {
		timer := time.NewTimer(c.QueueTimeout)
		defer timer.Stop()
		late = timer.C
	}
	select {
	case <-turn:
		return true
	case <-late:
		c.end.cut = errQueueTimeout
	case <-c.ctx.Done():
		c.end.cut = context.Cause(c.ctx)
	case err := <-gone:
		if err == nil {
			err = errReset
		}
		c.end.input = err
		gone <- nil
	}
	c.admission.quit(turn)
	return false
}

// work has the answer made. When it returns, the process has been waited for,
// the next hop is closed, and the answer is held or has failed.
func (c *conn) work() {
	defer c.admission.leave()
	if c.Timeout > 0 {
		timer := time.AfterFunc(c.Timeout, func() { c.cancel(errTimeout) })
		defer timer.Stop()
	}
	c.answer = hold{limit: c.MaxAnswer, budget: &c.held}
	c.fed = make(chan struct{})
	go c.feed()
	if c.Next.IsZero() {
		c.keep(c.proc.stdout)
		c.exits()
	} else {
		c.forward()
	}
	c.end.empty = c.out == 0 && !c.AllowEmpty
	// What still writes to stdin, for a process that left its group, ends here.
	closeFiles(c.proc.stdin, c.proc.stdout)
	<-c.proc.over
}

// keep takes the answer from r, the filter or the next hop, to where it waits
// for the verdict; with -no-hold, to the client as it comes.
func (c *conn) keep(r io.Reader) {
	var err error
	if c.NoHold {
		c.out, err = relay(&patient{socket: c.sock, idle: c.IdleTimeout}, r)
	} else {
		c.out, err = c.answer.ReadFrom(r)
	}
	if err == nil {
		return
	}
	part := &c.end.next
	if failed := new(writeError); errors.As(err, &failed) {
		part = &c.end.send
	} else if failed := new(holdError); errors.As(err, &failed) {
		part = &c.end.answer
	}
	c.broke(part, err)
}

// exits waits for the filter's end and reports whether its exit status is 0.
func (c *conn) exits() bool {
	<-c.proc.exited
	err := c.proc.exit()
	if err == nil {
		return true
	}
	if c.ctx.Err() == nil || c.proc.status.Signal() != syscall.SIGKILL {
		c.broke(&c.end.exit, err)
	}
	return false
}

// broke notes why a part failed and ends all others, whose errors are its
// consequence.
func (c *conn) broke(part *error, err error) {
	c.mu.Lock()
	if !c.judged && *part == nil && !(c.ctx.Err() != nil && byUs(err)) {
		*part = plain(err)
	}
	c.mu.Unlock()
	c.cancel(errBroken)
}

// abort ends everything at once. The filter's group dies first: it must not
// take what is closed after it for the end of its input.
func (c *conn) abort() {
	c.proc.kill()
	c.proc.stdout.Close() // a process that left the group may still hold it
	c.sock.Close()
	c.mu.Lock()
	next := c.next
	c.mu.Unlock()
	if next != nil {
		next.Close()
	}
}

// judge gives the verdict. If it is whole it isn't the last one: the answer can
// still break on its way.
func (c *conn) judge() verdict {
	c.mu.Lock()
	defer c.mu.Unlock()
	if cause := context.Cause(c.ctx); cause != nil && cause != errBroken {
		c.end.cut = cause
	}
	v := c.end.judge()
	c.judged = v != whole
	return v
}

// send sends the whole answer and its FIN, and reports whether it could. Once
// the FIN is out, the client may reset as it likes.
func (c *conn) send() bool {
	var err error
	if !c.NoHold {
		_, err = c.answer.WriteTo(&patient{socket: c.sock, idle: c.IdleTimeout})
	}
	if err == nil {
		err = finish(c.sock)
	}
	switch failed := new(holdError); {
	case err == nil:
		c.mu.Lock()
		defer c.mu.Unlock()
		c.end, c.judged = ending{}, true
		return true
	case errors.As(err, &failed):
		c.broke(&c.end.answer, err)
	default:
		c.broke(&c.end.send, err)
	}
	return false
}

// linger reads on after the answer, until the client closes or is silent: a
// close with input unread would be a reset, which could overtake the answer.
func (c *conn) linger() {
	if c.hangUp() {
		return
	}
	var last time.Time
	if c.Timeout > 0 {
		last = time.Now().Add(c.Timeout)
	}
	buf := chunks.Get().(*[chunkSize]byte)
	defer chunks.Put(buf)
	for last.IsZero() || time.Now().Before(last) {
		_ = c.sock.SetReadDeadline(time.Now().Add(lingering))
		if _, err := c.sock.Read(buf[:]); err != nil {
			return
		}
	}
}
