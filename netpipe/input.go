package netpipe

import (
	"context"
	"errors"
	"io"
	"os"
	"time"
)

// past is a deadline that ends a read at once.
var past = time.Unix(1, 0)

func isTimeout(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }

// aheadPieces are what is read of an input before it has a worker: most pictures
// are no more, and the pipe to the worker takes it at once.
const aheadPieces = 256 << 10 / chunkSize

// gathers reads all of the input, or as much as is read ahead: there are few
// workers, and a slow client mustn't keep one from the others. It reports
// whether to go on.
func (c *conn) gathers() bool {
	ctx, cancel := c.ctx, context.CancelFunc(nil)
	if c.Timeout > 0 {
		ctx, cancel = context.WithTimeoutCause(ctx, c.Timeout, errTimeout)
		defer cancel()
	}
	defer context.AfterFunc(ctx, func() { _ = c.SetReadDeadline(past) })()
	for range aheadPieces {
		p := newPiece()
		for !p.last && p.n < len(p.room()) {
			c.want(c.IdleTimeout)
			if ctx.Err() != nil {
				c.end.cut = context.Cause(ctx)
				return false
			}
			n, err := c.Read(p.room()[p.n:])
			p.n += n
			if in := c.in.Add(int64(n)); c.MaxInput > 0 && in > c.MaxInput {
				c.ahead = append(c.ahead, p)
				return true // if it is taken, it is too much
			}
			switch {
			case err == io.EOF:
				p.last = true
			case isTimeout(err) && ctx.Err() == nil:
				c.end.input = errSilent
				return false
			case err != nil && !isTimeout(err):
				c.end.input = plain(err)
				return false
			}
		}
		if c.ahead = append(c.ahead, p); p.last {
			break
		}
	}
	if c.isNothing() {
		c.end.input = errNoInput
		return false
	}
	return true
}

// isNothing reports whether an input that has ended was none. Only over HTTP can
// it have begun without a byte, as the body may be in chunks.
func (c *conn) isNothing() bool { return c.in.Load() == 0 && c.pool.size > 0 && !c.AllowEmpty }

// feed brings the client's input to the filter. When the filter takes no more,
// the rest is dropped; after its end, the client is watched until the verdict.
func (c *conn) feed() {
	defer close(c.fed)
	in := newPiece()
	defer in.release()
	err := c.copyInput(&in)
	if err == io.EOF {
		c.mu.Lock()
		c.ended = true
		c.mu.Unlock()
		if !in.last {
			in.n, in.last = 0, true
			_ = c.run.push(&in, c.whileWatched)
		}
		err = c.watch()
	}
	// A broken input isn't ended: the filter must not take it for a whole one.
	// Once abort has closed the socket, it looks reset.
	if err != nil && !(err == errReset && c.ctx.Err() != nil) {
		c.broke(&c.end.input, err)
	}
}

// copyInput copies to the filter. It returns io.EOF at the end of the input, nil
// when no more is wanted. What the filter doesn't take is dropped, however much
// it is and however long it takes to come.
func (c *conn) copyInput(p *piece) error {
	idle, taken := c.IdleTimeout, c.run != nil
	for c.want(idle) {
		err := c.read(p)
		var fault error
		switch {
		case isTimeout(err) && c.isUnwanted():
			return nil
		case c.MaxInput > 0 && c.in.Load() > c.MaxInput:
			fault = errInputTooLarge
		case isTimeout(err):
			fault = errSilent
		case err == io.EOF && c.isNothing():
			fault = errNoInput
		}
		if taken && fault != nil && c.forbids(fault) {
			return fault
		}
		if taken && (fault != nil || (p.n > 0 || p.last) && c.run.push(p, c.whileWatched) != nil) {
			idle, taken = 0, false
		}
		if err != nil && !isTimeout(err) {
			return err
		}
	}
	return nil
}

// read reads the next piece of input.
func (c *conn) read(p *piece) (err error) {
	if len(c.ahead) > 0 {
		p.release()
		*p, c.ahead = c.ahead[0], c.ahead[1:]
		if p.last {
			err = io.EOF
		}
		return err
	}
	p.n, err = c.Read(p.room())
	c.in.Add(int64(p.n))
	return err
}

// forbids notes that the input breaks a limit, if the filter still takes it.
// When there is a verdict it doesn't: the run is over before that.
func (c *conn) forbids(fault error) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.run.takes() {
		return false
	}
	if c.end.input == nil {
		c.end.input = fault
	}
	return true
}

// whileWatched lets the filter be waited for: nobody reads the socket then, so
// that the client has to be watched.
func (c *conn) whileWatched(write func() error) error {
	if !c.want(0) {
		return errBroken
	}
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		if c.awaitGone() == nil {
			c.broke(&c.end.input, errReset)
		}
	}()
	err := write()
	_ = c.SetReadDeadline(past)
	<-watched
	return err
}

// watch waits until the client is gone, which is an error, or until it has its
// verdict.
func (c *conn) watch() error {
	c.want(0)
	switch err := c.awaitGone(); {
	case err == nil:
		return errReset
	case isTimeout(err) && c.isUnwanted():
		return nil
	default:
		return err
	}
}

// want gives the client a time to send something, 0 is for ever; it reports
// whether that is still read.
func (c *conn) want(idle time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	var deadline time.Time
	now := time.Now()
	switch {
	case c.unwanted && c.ended:
		deadline = past
	case c.unwanted && !c.last.IsZero() && now.After(c.last):
		return false
	case c.unwanted:
		deadline = now.Add(lingering)
	case idle > 0:
		deadline = now.Add(idle)
	}
	// It fails only on a closed connection, and then the read says so.
	_ = c.SetReadDeadline(deadline)
	return true
}

func (c *conn) isUnwanted() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.unwanted
}
