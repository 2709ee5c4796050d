package netpipe

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// lingering is how long a client may be silent after a whole answer, while
// what it still sends is read and dropped.
const lingering = 2 * time.Second

// A conn is the life of one connection, from its front's beginning to its end.
//
// serve, in its own goroutine, takes it through admission, then has the answer
// made and held while feed, in a second goroutine, brings the input to the
// filter and watches the client. Whatever fails first says so with broke; that
// cancels ctx, and abort ends all the rest.
type conn struct {
	*service
	front
	id uint64

	ctx    context.Context
	cancel context.CancelCauseFunc

	ahead  []piece // input that was read before there was a filter
	run    run
	answer hold
	in     atomic.Int64 // bytes of input
	out    int64        // bytes of the answer
	code   int          // HTTP's, once it's out; 0 of a raw connection

	fed chan struct{} // closed when feed has returned

	mu       sync.Mutex
	end      ending
	judged   bool      // end is complete: what is found now changes nothing
	ended    bool      // the input has come to its end
	unwanted bool      // the client has its verdict: input is only dropped
	last     time.Time // until when
	next     exchange  // nil without -next, and until it's dialled

	clock
}

// A clock is when a connection came to where it is.
type clock struct {
	begun, bound, dialled, done time.Time
}

func newConn(sv *service, f front) *conn {
	return &conn{service: sv, front: f, id: sv.ids.Add(1)}
}

// refuse is the whole life of a connection that may not come in.
func (c *conn) refuse(why error) {
	c.end.cut = why
	v := c.end.judge()
	c.fail(c, v)
	c.report(v)
}

// serve is the whole life of any other.
func (c *conn) serve() {
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
	if v == whole && !c.deliver() {
		v = c.judge()
	}
	c.answer.release()
	if v != whole {
		c.fail(c, v)
	}
	c.report(v)
	c.linger()
}

// admit waits for the beginning, for a worker also for input, then for a place
// among those that have a filter, then for a process; it reports whether it has
// got one.
func (c *conn) admit() bool {
	if !c.begins(c) || c.Reuse > 0 && !c.NoHold && !c.gathers() || !c.enters() {
		return false
	}
	run, err := c.pool.take()
	if err != nil {
		c.end.cut = err
		c.admission.leave()
		return false
	}
	c.run, c.bound = run, time.Now()
	return true
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
	go func() { gone <- c.awaitGone() }()
	defer func() {
		_ = c.SetReadDeadline(past)
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

// work has the answer made. When it returns, the run is over, the next hop is
// closed, and the answer is held or has failed.
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
		c.keep(c.run)
		c.exits()
	} else {
		c.forward()
	}
	c.end.empty = c.out == 0 && !c.AllowEmpty
	c.run.free()
}

// keep takes the answer from r, the filter or the next hop, to where it waits
// for the verdict; with -no-hold, to the client as it comes.
func (c *conn) keep(r io.Reader) {
	var err error
	if c.NoHold {
		c.out, err = relay(c.stream(c), r)
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
	err := c.run.exit()
	if err == nil {
		return true
	}
	if c.ctx.Err() == nil || err != errKilled {
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

// abort ends everything at once. The filter dies first: it must not take what is closed after it for the end of its input.
func (c *conn) abort() {
	c.run.abort()
	c.front.abort()
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

// deliver sends the whole answer, and reports whether it could. Once that is
// said, the client may reset as it likes.
func (c *conn) deliver() bool {
	err := c.send(c)
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

// linger reads on after the verdict, until the client has ended its input, is
// gone or is silent: to close with input unread would be a reset, which could
// overtake the answer.
func (c *conn) linger() {
	c.mu.Lock()
	c.unwanted = true
	if c.Timeout > 0 {
		c.last = time.Now().Add(c.Timeout)
	}
	deadline := time.Now().Add(lingering)
	if c.ended {
		deadline = past
	}
	_ = c.SetReadDeadline(deadline)
	c.mu.Unlock()
	if c.fed != nil {
		<-c.fed
		return
	}
	in := newPiece()
	defer in.release()
	_ = c.copyInput(&in)
}
