package netpipe

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/hop"
	"imgpipe/netpipe/internal/spool"
)

// maxHopTries is how many next hops an input is handed to, one after the other. An input
// that makes each of them fail must not go through all.
const maxHopTries = 3

// forward has a next hop answer: it hands the filter's output to one, and to another as long
// as one fails, the output can be sent again, and no byte of the answer has gone on.
func (c *conn) forward() {
	output := c.newOutbox()
	defer output.free()
	if !output.begin() {
		c.filterSucceeded() // or the conn is aborted
		return
	}
	var failed []*hop.Call
	var cause error // of the last call that failed
	for {
		to, err := c.dialNext(failed)
		if err != nil {
			c.nextFailed(output, cmp.Or(cause, err))
			return
		}
		cause = c.handOn(output, to, failed)
		if cause == nil {
			return
		}
		failed = append(failed, to)
	}
}

// nextFailed notes why no next hop has answered, and waits for the filter's end.
func (c *conn) nextFailed(output *outbox, err error) {
	c.answerFailed(err)
	output.drain(nil)
	c.filterSucceeded()
}

// dialNext connects to a next hop other than those that have failed.
func (c *conn) dialNext(failed []*hop.Call) (*hop.Call, error) {
	ctx := c.ctx
	if limit := c.service.config.DialTimeout; limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	to, err := c.service.next.Open(ctx, c.nextFields(), failed)
	if err != nil {
		return nil, err
	}
	c.times.dialled = time.Now()
	c.hop, c.hopTries = to.Server(), len(failed)+1
	c.mu.Lock()
	c.next = to
	c.mu.Unlock()
	if c.ctx.Err() != nil { // abort may have come before c.next was set
		to.Close()
	}
	return to, nil
}

// nextFields returns what the head of a request to the next hop has besides.
func (c *conn) nextFields() string {
	return c.service.loops.field(c.front.hops()) + c.service.config.NextToken.field() + c.front.trace().fields()
}

// handOn hands the filter's output to a next hop and receives the answer, both at once. It
// returns the hop's error if another one may answer, and nil otherwise. The hop's input is
// ended only after the filter has succeeded: a FIN would make it process half an input.
func (c *conn) handOn(output *outbox, to *hop.Call, failed []*hop.Call) error {
	defer to.Close()
	mayRetry := func(err error) bool {
		return output.keeps.Load() && len(failed)+1 < maxHopTries && c.ctx.Err() == nil && hop.MayOtherServe(err) &&
			!errors.As(err, new(*spool.Error)) && c.service.next.HasOther(append(slices.Clip(failed), to))
	}
	hasFailed := make(chan struct{})
	answered := make(chan error, 1)
	go func() {
		growStack()
		err := c.hear(to)
		switch {
		case err == nil:
		case mayRetry(err):
			close(hasFailed)
			to.Close() // it needs no more
		default:
			c.answerFailed(err)
		}
		answered <- err
	}()
	sent := output.sendTo(to)
	isEarly := hop.IsEarlyAnswer(sent)
	if isEarly {
		output.drain(hasFailed)
	}
	if output.err == io.EOF && (sent == nil || isEarly) && c.filterSucceeded() && c.ctx.Err() == nil {
		_ = to.CloseWrite() // if it fails, so does reading the answer
	}
	if errors.As(sent, new(*spool.Error)) { // what was kept cannot be read
		c.answerFailed(sent)
	}
	err := <-answered
	if sent != nil && !isEarly && !fdio.IsOwn(sent) && (err == nil || err == errNextEmpty) {
		err = sent // else err says more, such as ErrHTTPPort
	}
	if context.Cause(c.ctx) == ErrTimeout && !output.isWaiting {
		to.Fail()
	}
	switch {
	case err == nil:
		return nil
	case mayRetry(err):
		c.answer.Release()
		c.out = 0
		return err
	}
	c.nextFailed(output, err)
	return nil
}

// hear receives the answer of a next hop.
func (c *conn) hear(to *hop.Call) error {
	err := c.receive(to)
	if err == nil && c.out == 0 && !c.service.config.AllowEmpty {
		err = errNextEmpty
	}
	return err
}
