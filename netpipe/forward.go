package netpipe

import (
	"context"
	"errors"
	"io"
	"time"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/hop"
)

// forward sends the filter's output to the next hop and receives the answer. The next
// hop is dialled at the first byte of output. Its input is ended only after the filter
// has succeeded: a FIN would make it process half an input.
func (c *conn) forward() {
	output := c.invocation
	buf := fdio.GetChunk()
	defer fdio.PutChunk(buf)
	n, err := output.Read(buf[:])
	if err == io.EOF && !c.service.config.AllowEmpty {
		c.filterSucceeded()
		return
	}
	if err != nil && err != io.EOF {
		c.filterSucceeded() // the conn is aborted
		return
	}
	to, err := c.dialNext()
	if err != nil {
		c.partFailed(partNext, err)
		c.filterSucceeded()
		return
	}
	defer to.Close()

	answered := make(chan struct{})
	go func() {
		defer close(answered)
		c.receive(to)
	}()
	if _, err = to.Write(buf[:n]); err == nil {
		_, err = relay(to, output)
	}
	if failed := new(writeError); errors.As(err, &failed) {
		err = failed.err
	}
	switch {
	case err == nil:
	case hop.IsEarlyAnswer(err):
		_, _ = io.Copy(io.Discard, output)
	default:
		<-answered // which may say more, such as ErrHTTPPort
		c.partFailed(partNext, err)
	}
	if c.filterSucceeded() && c.ctx.Err() == nil {
		_ = to.CloseWrite() // if it fails, so does reading the answer
	}
	<-answered
}

// dialNext connects to the next hop, and again while it refuses.
func (c *conn) dialNext() (hop.Exchange, error) {
	ctx := c.ctx
	if limit := c.service.config.DialTimeout; limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	to, err := c.service.next.OpenRetry(ctx, c.nextFields())
	if err != nil {
		return nil, err
	}
	c.times.dialled = time.Now()
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
