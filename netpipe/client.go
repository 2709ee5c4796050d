package netpipe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"syscall"
	"time"
)

// A Client sends inputs to a server and takes its answers, several at once if
// need be. With HTTP it keeps its connections for a few seconds; CloseIdle ends
// those that it keeps. It must not be copied.
type Client struct {
	Addr        Addr
	DialTimeout time.Duration // of one try: a refusal is final; 0 is the system's
	MaxAnswer   int64         // bytes held; 0 is no limit
	AllowEmpty  bool          // an answer of 0 bytes is whole
	NoHold      bool          // write the answer as it comes: an error tells that it was not whole

	once sync.Once
	link link
}

var (
	errNotWhole = errors.New("the server gave no whole answer")
	errEmpty    = errors.New("the server's answer is empty")
)

// Send sends all of in, then writes the answer to out, once it is known to be
// whole. If the answer ends before the input does, it stands, and a Read of in
// that is under way is not waited for. What an HTTP server says instead of an
// answer is a *StatusError.
func (c *Client) Send(ctx context.Context, in io.Reader, out io.Writer) error {
	if err := c.send(ctx, in, out); err != nil {
		return fmt.Errorf("connect %s: %w", c.Addr, err)
	}
	return nil
}

func (c *Client) send(ctx context.Context, in io.Reader, out io.Writer) error {
	if c.Addr.Network == "unix" && (c.AllowEmpty || c.NoHold) {
		return errUnix
	}
	server, err := c.open(ctx)
	if errors.Is(err, syscall.ECONNRESET) { // as soon as it was there
		return fmt.Errorf("%w: %w", plainReset(err), errNotWhole)
	}
	if err != nil {
		return err
	}
	defer server.Close()
	defer context.AfterFunc(ctx, func() { server.Close() })()

	up := &upload{server: server, in: in}
	go up.run()
	answer := hold{limit: c.MaxAnswer}
	defer answer.release()
	var size int64
	if c.NoHold {
		size, err = relay(out, server)
	} else {
		size, err = answer.ReadFrom(server)
	}
	failed := up.stop()
	switch broken := new(inputError); {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.As(failed, &broken):
		return broken
	case errors.As(err, new(*holdError)):
		return err
	case errors.As(err, new(*writeError)):
		return fmt.Errorf("write the answer: %w", err)
	case errors.As(err, new(*StatusError)):
		return err
	case err != nil:
		return fmt.Errorf("%w: %w", plainReset(err), errNotWhole)
	case failed != nil && !answeredEarly(failed):
		return fmt.Errorf("%w: %w", plainReset(failed), errNotWhole)
	case size == 0 && !c.AllowEmpty:
		return errEmpty
	}
	_, err = answer.WriteTo(out)
	if err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	return nil
}

func (c *Client) open(ctx context.Context) (exchange, error) {
	c.once.Do(func() { c.link.addr = c.Addr })
	if c.DialTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.DialTimeout)
		defer cancel()
	}
	return c.link.open(ctx)
}

// CloseIdle closes the connections that are kept for the next input.
func (c *Client) CloseIdle() { c.link.drop() }

// An upload sends a client's input.
type upload struct {
	server exchange
	in     io.Reader

	mu  sync.Mutex // held during a write, until its error is noted
	err error
}

func (u *upload) run() {
	_, err := relay(u, u.in)
	switch {
	case err == nil:
		_ = u.server.CloseWrite() // where it fails, so has the answer
	case !errors.As(err, new(*writeError)):
		u.mu.Lock()
		u.err = &inputError{err}
		u.mu.Unlock()
		u.server.Close()
	}
}

func (u *upload) Write(b []byte) (int, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	n, err := u.server.Write(b)
	if err != nil {
		u.err = err
	}
	return n, err
}

// stop returns what went wrong while the answer came. A write takes the error
// of a reset from the socket, and the reader is left with what looks like a
// FIN; so the last write is waited for.
func (u *upload) stop() error {
	_ = u.server.SetWriteDeadline(past)
	u.mu.Lock()
	defer u.mu.Unlock()
	if isTimeout(u.err) {
		return nil
	}
	return u.err
}

// An inputError is a failure to read the input.
type inputError struct{ err error }

func (e *inputError) Error() string { return fmt.Sprintf("read the input: %v", e.err) }
func (e *inputError) Unwrap() error { return e.err }

// plainReset is err's own text, without addresses.
func plainReset(err error) error {
	if errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) {
		return errors.New("connection reset")
	}
	return plain(err)
}
