package netpipe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"
	"time"
)

// Waiting times between attempts to connect to a next hop that refuses.
const (
	firstRetry = 5 * time.Millisecond
	lastRetry  = 250 * time.Millisecond
)

// forward sends the filter's output to the next hop, and has its answer held.
// The next hop is dialled when there is something to send, and its input ends
// with a FIN only after the filter's exit status is 0.
func (c *conn) forward() {
	output := c.run
	buf := chunks.Get().(*[chunkSize]byte)
	defer chunks.Put(buf)
	n, err := output.Read(buf[:])
	if err == io.EOF && !c.AllowEmpty {
		c.exits()
		return
	}
	if err != nil && err != io.EOF {
		c.exits() // aborted
		return
	}
	next, err := c.dialNext()
	if err != nil {
		c.broke(&c.end.next, fmt.Errorf("connect %s: %w", c.Next, err))
		c.exits()
		return
	}
	defer next.Close()

	answered := make(chan struct{})
	go func() {
		defer close(answered)
		c.keep(next)
	}()
	if _, err = next.Write(buf[:n]); err == nil {
		_, err = relay(next, output)
	}
	if failed := new(writeError); errors.As(err, &failed) {
		err = failed.err
	}
	switch {
	case err == nil:
	case answeredEarly(err):
		_, _ = io.Copy(io.Discard, output)
	default:
		c.broke(&c.end.next, err)
	}
	if c.exits() && c.ctx.Err() == nil {
		_ = next.CloseWrite() // where it fails, so has the answer
	}
	<-answered
}

// dialNext connects to the next hop, and again while it refuses: it may have
// been started after us.
func (c *conn) dialNext() (exchange, error) {
	ctx := c.ctx
	if c.DialTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.DialTimeout)
		defer cancel()
	}
	var refused error
	for wait := firstRetry; ; wait = min(2*wait, lastRetry) {
		next, err := c.link.open(ctx)
		if err == nil {
			c.dialled = time.Now()
			c.mu.Lock()
			c.next = next
			c.mu.Unlock()
			if c.ctx.Err() != nil { // abort may have come too early to close it
				next.Close()
			}
			return next, nil
		}
		switch {
		case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ENOENT):
			refused = err
		case refused != nil && (ctx.Err() != nil || isTimeout(err) || errors.Is(err, context.DeadlineExceeded)):
			return nil, refused // the last try had no time, which it may know before ctx does
		default:
			return nil, err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil, refused
		}
	}
}

// relay copies from r to w until r's end. A *writeError is w's; any other error
// is r's.
func relay(w io.Writer, r io.Reader) (n int64, err error) {
	buf := chunks.Get().(*[chunkSize]byte)
	defer chunks.Put(buf)
	for {
		got, err := r.Read(buf[:])
		if got > 0 {
			put, err := w.Write(buf[:got])
			n += int64(put)
			if err != nil {
				return n, &writeError{err}
			}
		}
		if err != nil {
			return n, notEOF(err)
		}
	}
}

// A writeError is the error of relay's writer.
type writeError struct{ err error }

func (e *writeError) Error() string { return e.err.Error() }
func (e *writeError) Unwrap() error { return e.err }
