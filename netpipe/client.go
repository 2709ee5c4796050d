package netpipe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"syscall"
	"time"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/hop"
	"imgpipe/netpipe/internal/spool"
)

// A Client sends inputs to a server and receives the answers. Several goroutines may
// use it at once. Over HTTP it keeps connections for some seconds; CloseIdle closes
// them. A Client must not be copied after its first use.
type Client struct {
	Addr        Addr
	Token       *Tokens       // the first of these is shown to the server, over HTTP; nil: none
	TLS         TLSFiles      // for an Addr with TLS
	DialTimeout time.Duration // of connecting, which is tried once; 0: the system's
	Timeout     time.Duration // how long the server may be silent; 0 means no limit
	MaxAnswer   int64         // bytes of an answer that is held; 0 means no limit
	AllowEmpty  bool          // an answer of 0 bytes is whole
	NoHold      bool          // write the answer as it comes: only Send's error tells that it is not whole

	once      sync.Once
	transport hop.Transport
	tlsErr    error // of TLS
}

// Send sends all of in, and writes the answer to out when it has come whole. If the
// answer ends before the input, the rest of the input is not sent, and a Read of in that
// is under way is not waited for.
//
// An HTTP server's response other than an answer is a *StatusError, or over a raw
// connection ErrHTTPPort. ErrTLSPort and ErrPlainPort tell of a server of the other kind, and
// ErrTLS of one that refuses this side's certificate, or whose certificate is refused. Other
// errors are ErrNotWhole, ErrEmptyAnswer, ErrAnswerTooLarge, ErrUnixSocket, those of in,
// out, TLS and connecting, and the context's cause. Retryable tells which may pass.
func (c *Client) Send(ctx context.Context, in io.Reader, out io.Writer) error {
	if err := c.send(ctx, in, out); err != nil {
		return fmt.Errorf("connect %s: %w", c.Addr, err)
	}
	return nil
}

func (c *Client) send(ctx context.Context, in io.Reader, out io.Writer) error {
	if c.Addr.Network == "unix" && (c.AllowEmpty || c.NoHold) {
		return ErrUnixSocket
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	opened, err := c.open(ctx)
	if errors.Is(err, syscall.ECONNRESET) || errors.Is(err, io.ErrUnexpectedEOF) { // as soon as it was connected
		return notWhole(err)
	}
	if err != nil {
		return err
	}
	server := watch(opened, c.Timeout, func() { stop(ErrServerSilent) })
	defer server.Close()
	defer context.AfterFunc(ctx, func() { server.Close() })()

	up := &upload{server: server, in: in}
	go up.run()
	answer := spool.Spool{Limit: c.MaxAnswer}
	defer answer.Release()
	var size int64
	if c.NoHold {
		size, err = relay(out, server)
	} else {
		size, err = answer.ReadFrom(server)
	}
	uploadErr := up.stop()
	switch broken := new(inputError); {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.As(uploadErr, &broken):
		return broken
	case errors.As(err, new(*spool.Error)):
		return err
	case errors.As(err, new(*writeError)):
		return fmt.Errorf("write the answer: %w", err)
	case errors.As(err, new(*StatusError)), errors.Is(err, ErrHTTPPort), errors.Is(err, ErrTLSPort), errors.Is(err, ErrTLS):
		return err
	case err != nil:
		return notWhole(err)
	case uploadErr != nil && !hop.IsEarlyAnswer(uploadErr):
		return notWhole(uploadErr)
	case size == 0 && !c.AllowEmpty:
		return ErrEmptyAnswer
	}
	_, err = answer.WriteTo(out)
	if err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	return nil
}

// notWhole returns ErrNotWhole because of err.
func notWhole(err error) error {
	if errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) {
		err = errors.New("connection reset")
	}
	err = fdio.Plain(err)
	return fmt.Errorf("%w: %w", err, ErrNotWhole)
}

func (c *Client) open(ctx context.Context) (hop.Exchange, error) {
	if err := c.prepare(); err != nil {
		return nil, err
	}
	if c.DialTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.DialTimeout)
		defer cancel()
	}
	return c.transport.Open(ctx, c.Token.field())
}

// prepare makes the transport, once.
func (c *Client) prepare() error {
	c.once.Do(func() {
		c.transport.Addr = c.Addr
		// Without a log, certificates that cannot be read anew just stay.
		c.transport.TLS, c.tlsErr = hop.NewTLS(c.Addr, c.TLS, func(error) {})
	})
	return c.tlsErr
}

// CloseIdle closes the connections that are kept for the next input.
func (c *Client) CloseIdle() { c.transport.CloseIdle() }

// An upload sends a client's input.
type upload struct {
	server hop.Exchange
	in     io.Reader

	mu  sync.Mutex // held during a write, until its error is noted
	err error
}

func (u *upload) run() {
	_, err := relay(u, u.in)
	switch {
	case err == nil:
		_ = u.server.CloseWrite() // if it fails, so does reading the answer
	case !errors.As(err, new(*writeError)):
		u.mu.Lock()
		u.err = &inputError{err}
		u.mu.Unlock()
		u.server.Close()
	}
}

// Write sends a piece of input.
func (u *upload) Write(b []byte) (int, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	n, err := u.server.Write(b)
	if err != nil {
		u.err = err
	}
	return n, err
}

// stop ends the upload and returns its error. It waits for a write that is under way: if
// the write is told of a reset, the reader finds what looks like a FIN.
func (u *upload) stop() error {
	_ = u.server.SetWriteDeadline(fdio.Expired)
	u.mu.Lock()
	defer u.mu.Unlock()
	if fdio.IsTimeout(u.err) {
		return nil
	}
	return u.err
}

// An inputError is a failure to read the input.
type inputError struct{ err error }

func (e *inputError) Error() string { return fmt.Sprintf("read the input: %v", e.err) }
func (e *inputError) Unwrap() error { return e.err }
