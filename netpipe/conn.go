package netpipe

import (
	"context"
	"errors"
	"io"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/hop"
	"imgpipe/netpipe/internal/procpool"
	"imgpipe/netpipe/internal/spool"
)

// A conn is the life of one input and its answer: a raw connection, or a POST on an
// HTTP connection.
//
// serve is that life from top to bottom, in one goroutine: the conn waits for the
// input's beginning and for a filter, has the answer made and held, judges what came
// of it, and delivers the answer or says that there is none. A second goroutine, feed
// (in input.go), brings the input to the filter meanwhile and watches the client.
//
// The first part that fails says so by partFailed, which cancels ctx; then abort ends
// all other parts, whose errors are consequences and do not count.
type conn struct {
	service *service
	front   front
	source  netip.Addr // of the client, by which its conns are counted
	id      uint64     // in the log

	ctx    context.Context
	cancel context.CancelCauseFunc

	ahead      []procpool.InputChunk // input that was read before there was a filter
	invocation procpool.Invocation   // nil until the conn is admitted
	answer     spool.Spool
	in         atomic.Int64  // bytes of input
	out        int64         // bytes of the answer
	fed        chan struct{} // closed when feed has returned; nil before work
	clock      filterClock   // of Server.Timeout
	pace       pace          // of the client's input
	owing      atomic.Int64  // while a Read waits for the client: since when it is behind its pace, in Unix ns; else 0
	place      *place        // in service.admission; nil before waitForPlace

	mu         sync.Mutex
	failure    failure
	judged     bool      // failure is complete: later errors do not count
	inputEnded bool      // the whole input has been read
	lingering  bool      // the client has been told all: input is only dropped
	lingerEnd  time.Time // when lingering is over; zero: when the client is silent
	next       *hop.Call // nil without Server.Next, and before it is dialled

	hop      string // the address of next
	hopTries int    // how many next hops have been tried

	times times
}

// times are when a conn came to each stage of its life.
type times struct {
	begun, bound, dialled, done time.Time
}

func newConn(s *service, f front) *conn {
	return &conn{
		service: s, front: f, source: sourceOf(parseClient(f.client())), id: s.lastID.Add(1),
		pace: pace{rate: minInputRate, idle: s.config.IdleTimeout},
	}
}

// refuse is the whole life of a conn that is not served.
func (c *conn) refuse(cause error) { c.refuseFor(partOutside, cause) }

func (c *conn) refuseFor(p part, cause error) {
	c.failure[p] = cause
	o := c.failure.outcome()
	c.front.fail(c.failure.reply(o, ""))
	c.log(o)
}

// serve is the whole life of any other conn.
func (c *conn) serve() {
	growStack()
	c.ctx, c.cancel = context.WithCancelCause(c.service.alive)
	defer c.cancel(nil)
	if c.admit() {
		aborted := make(chan struct{})
		stop := context.AfterFunc(c.ctx, func() {
			defer close(aborted)
			c.abort()
		})
		defer func() {
			if !stop() {
				<-aborted
			}
		}()
		c.work()
	}
	c.times.done = time.Now()
	o := c.judge()
	if o.verdict == whole && !c.deliver() {
		o = c.judge()
	}
	c.answer.Release()
	if o.verdict != whole {
		c.front.fail(c.failure.reply(o, c.service.env.forClients(c.stderr())))
	}
	c.log(o)
	c.linger()
	c.freeAhead()
}

// admit waits for the input's beginning, with workers also for its end (readAhead), for
// a place among the conns that have a filter, and for a process. It reports whether c
// has got one.
func (c *conn) admit() bool {
	config := c.service.config
	if !c.begin() || config.Reuse > 0 && !config.NoHold && !c.readAhead() || !c.waitForPlace() {
		return false
	}
	invocation, err := c.service.filter.Take(c.front.params(), c.front.trace().variables()...)
	if err != nil {
		c.failure[partOutside] = err
		c.service.admission.leave(c.place)
		return false
	}
	c.invocation, c.times.bound = invocation, time.Now()
	return true
}

func (c *conn) begin() bool {
	err := c.front.begin(c.service.draining)
	c.times.begun = time.Now()
	if err != nil {
		c.failure[beginPart(err)] = err
	}
	return err == nil
}

// beginPart returns the part that fails with an error of front.begin.
func beginPart(err error) part {
	switch err {
	case errProbe, ErrRawPort, ErrTLSPort, ErrPlainPort, ErrHandshakeTimeout, ErrProxyHeader, ErrProxyTimeout, ErrProxyPort:
		return partOutside
	}
	if errors.Is(err, ErrTLS) {
		return partOutside
	}
	return partInput
}

// waitForPlace takes a place in the admission, in its queue if there is none.
func (c *conn) waitForPlace() bool {
	admission := &c.service.admission
	c.place = &place{source: c.source, clientLag: c.clientLag, giveWay: c.giveWay}
	waits, err := admission.enter(c.place)
	if err != nil {
		c.failure[partOutside] = err
		return false
	}
	if waits && !c.awaitTurn() {
		admission.quit(c.place)
		return false
	}
	return true
}

// awaitTurn waits in the queue. A client that goes while it waits is noticed.
func (c *conn) awaitTurn() bool {
	gone := make(chan error, 1)
	c.allowSilence(false)
	go func() { gone <- c.front.awaitGone() }()
	defer func() {
		c.front.wake()
		<-gone
	}()
	var expired <-chan time.Time
	if limit := c.service.config.QueueTimeout; limit > 0 {
		timer := time.NewTimer(limit)
		defer timer.Stop()
		expired = timer.C
	}
	var makeRoom <-chan time.Time
	if grace := c.service.admission.grace; grace > 0 {
		c.service.admission.makeRoom(c.place)
		ticker := time.NewTicker(max(grace/5, time.Millisecond))
		defer ticker.Stop()
		makeRoom = ticker.C
	}
	for {
		select {
		case <-makeRoom:
			c.service.admission.makeRoom(c.place)
			continue
		case <-c.place.turn:
			if !c.place.refused {
				return true
			}
			c.failure[partOutside] = ErrQueueFull
		case <-expired:
			c.failure[partOutside] = ErrQueueTimeout
		case <-c.ctx.Done():
			c.failure[partOutside] = context.Cause(c.ctx)
		case err := <-gone:
			if err == nil {
				err = fdio.ErrReset
			}
			c.failure[partInput] = err
			gone <- nil
		}
		return false
	}
}

// work has the answer made. When it returns, the invocation is released, the next hop
// is closed, and the answer is held or has failed.
func (c *conn) work() {
	config := c.service.config
	defer c.service.admission.leave(c.place)
	if config.Timeout > 0 {
		c.clock.start(config.Timeout, func() { c.cancel(ErrTimeout) })
		defer c.clock.stop()
	}
	c.answer = spool.Spool{Limit: config.MaxAnswer, Budget: &c.service.held, Owner: c.source}
	c.fed = make(chan struct{})
	go c.feed()
	if c.service.next == nil {
		if err := c.receive(c.invocation); err != nil {
			c.answerFailed(err)
		}
		c.filterSucceeded()
	} else {
		c.forward()
	}
	if c.out == 0 && !config.AllowEmpty {
		c.failure[partEmpty] = ErrEmptyAnswer
		if !c.times.dialled.IsZero() {
			c.failure[partEmpty] = errNextEmpty
		}
	}
	c.invocation.Release()
}

// receive reads the answer from the filter or the next hop, and holds it until the
// verdict; with NoHold, sends it as it comes.
func (c *conn) receive(r io.Reader) (err error) {
	if c.service.config.NoHold {
		c.out, err = relay(c.front.stream(), r)
	} else {
		c.out, err = c.answer.ReadFrom(r)
	}
	return err
}

// answerFailed notes why receive failed.
func (c *conn) answerFailed(err error) {
	switch failed := new(writeError); {
	case errors.As(err, &failed):
		c.partFailed(partSend, failed.err)
	case errors.As(err, new(*spool.Error)):
		c.partFailed(partAnswer, err)
	case err != errNextEmpty: // of which work speaks
		c.partFailed(partNext, err)
	}
}

// filterSucceeded waits for the filter's end and reports whether its status is 0.
func (c *conn) filterSucceeded() bool {
	err := c.invocation.Wait()
	if err == nil {
		return true
	}
	if c.ctx.Err() == nil || err != procpool.ErrKilled {
		c.partFailed(partFilter, err)
	}
	return false
}

// partFailed notes why a part failed and ends all others. What a part says after that
// counts unless it is a consequence.
func (c *conn) partFailed(p part, err error) {
	c.mu.Lock()
	if !c.judged && c.failure[p] == nil && !(c.ctx.Err() != nil && fdio.IsOwn(err)) {
		c.failure[p] = fdio.Plain(err)
	}
	c.mu.Unlock()
	c.cancel(errPartFailed)
}

// abort ends everything at once. The filter is killed first: it must not take what is
// closed after it for the end of its input.
func (c *conn) abort() {
	c.invocation.Abort()
	c.front.abort()
	c.mu.Lock()
	next := c.next
	c.mu.Unlock()
	if next != nil {
		next.Close()
	}
}

// judge returns the outcome. If that is whole, it is not final: the answer can still
// fail on its way to the client.
func (c *conn) judge() *outcome {
	c.mu.Lock()
	defer c.mu.Unlock()
	if cause := context.Cause(c.ctx); cause != nil && cause != errPartFailed {
		c.failure[partOutside] = cause
	}
	o := c.failure.outcome()
	c.judged = o.verdict != whole
	return o
}

// deliver sends the whole answer, or its end, and reports whether it could. After that
// the client may reset.
func (c *conn) deliver() bool {
	var err error
	if c.service.config.NoHold && c.out > 0 {
		err = c.front.finish()
	} else {
		err = c.front.send(&c.answer)
	}
	switch {
	case err == nil:
		c.mu.Lock()
		defer c.mu.Unlock()
		c.failure, c.judged = failure{}, true
		return true
	case errors.As(err, new(*spool.Error)):
		c.partFailed(partAnswer, err)
	default:
		c.partFailed(partSend, err)
	}
	return false
}

// stderr returns what the program of the filter said last that failed; "" without a
// filter.
func (c *conn) stderr() string {
	if c.invocation == nil {
		return ""
	}
	return c.invocation.Status().Cause
}

// lingerTimeout is how long a client may be silent after it has been told all, while
// what it still sends is read and dropped.
const lingerTimeout = 2 * time.Second

// linger reads on until the client has ended its input, is gone or is silent: to close
// with input unread would be a reset, which could overtake the answer.
func (c *conn) linger() {
	c.mu.Lock()
	c.lingering = true
	if limit := c.service.config.Timeout; limit > 0 {
		c.lingerEnd = time.Now().Add(limit)
	}
	deadline := time.Now().Add(lingerTimeout)
	if c.inputEnded {
		deadline = fdio.Expired
	}
	_ = c.front.SetReadDeadline(deadline)
	c.mu.Unlock()
	if c.fed != nil {
		<-c.fed
		return
	}
	chunk := procpool.NewInputChunk()
	defer chunk.Free()
	_ = c.copyInput(&chunk)
}
