package netpipe

import (
	"errors"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// past is a deadline that ends a read at once.
var past = time.Unix(1, 0)

func isTimeout(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }

// feed brings the client's input to the filter's stdin. When the filter takes
// no more, the rest is dropped; after its end, the client is watched until the
// verdict.
func (c *conn) feed() {
	defer close(c.fed)
	err := c.copyInput()
	if err == io.EOF {
		c.mu.Lock()
		c.ended = true
		c.mu.Unlock()
		c.proc.stdin.Close()
		err = c.watch()
	}
	// The stdin of a broken input stays open: the filter must not see its end.
	// Once abort has closed the socket, it looks reset.
	if err != nil && !(err == errReset && c.ctx.Err() != nil) {
		c.broke(&c.end.input, err)
	}
}

// copyInput copies to stdin. It returns io.EOF at the end of the input, nil
// when no more is wanted. What the filter doesn't take is dropped, however much
// it is and however long it takes to come.
func (c *conn) copyInput() error {
	buf := chunks.Get().(*[chunkSize]byte)
	defer chunks.Put(buf)
	idle, taken := c.IdleTimeout, c.proc != nil
	for c.want(idle) {
		n, err := c.Read(buf[:])
		in := c.in.Add(int64(n))
		var fault error
		switch {
		case isTimeout(err) && c.isUnwanted():
			return nil
		case c.MaxInput > 0 && in > c.MaxInput:
			fault = errInputTooLarge
		case isTimeout(err):
			fault = errSilent
		}
		if taken && fault != nil && c.forbids(fault) {
			return fault
		}
		if taken && (fault != nil || n > 0 && c.push(buf[:n]) != nil) {
			idle, taken = 0, false
		}
		if err != nil && !isTimeout(err) {
			return err
		}
	}
	return nil
}

// forbids notes that the input breaks a limit, if the filter still takes it.
// When there is a verdict it doesn't: stdin is closed before that.
func (c *conn) forbids(fault error) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if isGone(c.proc.stdin) {
		return false
	}
	if c.end.input == nil {
		c.end.input = fault
	}
	return true
}

// push writes b to stdin. While the filter lets it wait, nobody reads the
// socket, so there the client is watched.
func (c *conn) push(b []byte) error {
	n, err := writeNow(c.proc.stdin, b)
	if err != nil || n == len(b) || !c.want(0) {
		return err
	}
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		if c.awaitGone() == nil {
			c.broke(&c.end.input, errReset)
		}
	}()
	_, err = c.proc.stdin.Write(b[n:])
	_ = c.SetReadDeadline(past)
	<-watched
	return err
}

// writeNow writes as much of b as a pipe takes without waiting.
func writeNow(pipe *os.File, b []byte) (n int, err error) {
	raw, err := pipe.SyscallConn()
	if err != nil {
		return 0, err
	}
	closed := raw.Write(func(fd uintptr) bool {
		for {
			if n, err = unix.Write(int(fd), b); err != unix.EINTR {
				return true
			}
		}
	})
	switch {
	case closed != nil:
		return 0, closed
	case err == unix.EAGAIN:
		return 0, nil
	}
	return max(n, 0), err
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
