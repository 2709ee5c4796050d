// Package tlsconn is TLS over TCP for connections whose end is a verdict. A whole stream
// ends with a close_notify alert (RFC 8446, section 6.1), and anything else is a failure.
// A tls.Conn cannot be used as it is: its Read returns io.EOF also for a bare FIN between
// two records, and its Close sends a close_notify.
package tlsconn

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"

	"imgpipe/netpipe/internal/fdio"
)

// A Conn is a TLS connection. It is a fdio.Socket: CloseWrite ends what this side sends
// as a whole, Close without CloseWrite does not, and the descriptor is that of the TCP
// connection. Handshake comes before everything else.
type Conn struct {
	tls    *tls.Conn
	wire   *wire
	shaken bool   // the handshake has succeeded
	start  []byte // has been peeked at, and not been read
}

var _ fdio.Socket = (*Conn)(nil)

// Server returns the server's side of a connection.
func Server(tcp *net.TCPConn, config *tls.Config) *Conn {
	w := &wire{TCPConn: tcp}
	return &Conn{tls: tls.Server(w, config), wire: w}
}

// Client returns the client's side of a connection. The config has a ServerName.
func Client(tcp *net.TCPConn, config *tls.Config) *Conn {
	w := &wire{TCPConn: tcp}
	return &Conn{tls: tls.Client(w, config), wire: w}
}

// ErrTLS is wrapped by the errors of a handshake that fails for what one side wants and the
// other does not have, such as a certificate, and of Read when the other side has sent an
// alert. The same connection would fail again.
var ErrTLS = errors.New("TLS failed")

// ErrBroken is wrapped by the errors of Read when what has come is no record of this
// connection.
var ErrBroken = errors.New("the TLS connection is broken")

// ErrCut is the error of a connection that ended, by a FIN, without a close_notify. It
// wraps io.ErrUnexpectedEOF.
var ErrCut error = cutError{}

type cutError struct{}

func (cutError) Error() string { return "the TLS connection ended without close_notify" }
func (cutError) Unwrap() error { return io.ErrUnexpectedEOF }

// Handshake agrees on keys, and checks the other side's certificate if the config says so.
// ErrNotTLS means that the other side does not speak TLS, and ErrNothing that it has not
// sent a byte; ErrCut, a reset, a deadline and the context's error are others. Any further
// error wraps ErrTLS.
func (c *Conn) Handshake(ctx context.Context) error {
	err := explain(c.tls.HandshakeContext(ctx))
	switch {
	case err == nil:
		c.shaken = true
		return nil
	case err == ErrCut && len(c.wire.head) == 0:
		return ErrNothing
	case c.wire.isNotTLS():
		return ErrNotTLS
	case err == ErrCut, err == io.EOF: // the latter is a close_notify that is not authentic
		return ErrCut
	case ctx.Err() == nil && isOfTLS(err):
		return fmt.Errorf("%w: %w", ErrTLS, err)
	}
	return err
}

// Errors of Handshake.
var (
	ErrNotTLS  = errors.New("the other side does not speak TLS")
	ErrNothing = errors.New("the connection was closed before a byte came")
)

// Came returns the first bytes that the other side has sent: up to 5, or more after
// ErrNotTLS.
func (c *Conn) Came() []byte { return c.wire.head }

// Read returns io.EOF only for a close_notify, and ErrCut for any other end.
func (c *Conn) Read(b []byte) (int, error) {
	if len(c.start) > 0 {
		n := copy(b, c.start)
		c.start = c.start[n:]
		return n, nil
	}
	return c.read(b)
}

// read reads what comes after a handshake: a close_notify within it is not authentic.
func (c *Conn) read(b []byte) (int, error) {
	if !c.shaken {
		return 0, ErrCut
	}
	n, err := c.tls.Read(b)
	if err = explain(err); isOfTLS(err) {
		err = fmt.Errorf("%w: %w", ErrBroken, err)
	}
	return n, err
}

// Peek waits for the first bytes, returns up to size of them, and leaves them for Read.
func (c *Conn) Peek(size int) ([]byte, error) {
	if len(c.start) > 0 {
		return c.start, nil
	}
	buf := make([]byte, size)
	n, err := c.read(buf)
	if n == 0 {
		return nil, err
	}
	c.start = buf[:n] // an end that came with them comes again
	return c.start, nil
}

// Write writes b within the write deadline. After an error no Write succeeds.
func (c *Conn) Write(b []byte) (int, error) {
	defer c.wire.writes()()
	n, err := c.tls.Write(b)
	return n, explain(err)
}

// ReadFrom copies from r to its end.
func (c *Conn) ReadFrom(r io.Reader) (int64, error) {
	buf := fdio.GetChunk()
	defer fdio.PutChunk(buf)
	// The two structs hide that c has ReadFrom, and that r may have WriteTo.
	return io.CopyBuffer(struct{ io.Writer }{c}, struct{ io.Reader }{r}, buf[:])
}

// CloseWrite sends a close_notify, within the write deadline, and a FIN. The other side may
// close the connection as soon as it has the first, so that the second is not an error.
func (c *Conn) CloseWrite() error {
	defer c.wire.writes()()
	if err := c.tls.CloseWrite(); err != nil {
		return explain(err)
	}
	_ = c.wire.TCPConn.CloseWrite()
	return nil
}

// Close closes the connection, and sends no close_notify.
func (c *Conn) Close() error { return c.wire.TCPConn.Close() }

// SetLinger sets SO_LINGER of the TCP connection.
func (c *Conn) SetLinger(seconds int) error { return c.wire.SetLinger(seconds) }

// SyscallConn returns the TCP connection, for polls. Bytes that can be read there are
// records.
func (c *Conn) SyscallConn() (syscall.RawConn, error) { return c.wire.SyscallConn() }

// Wire returns the TCP connection, for what comes after a Handshake that failed.
func (c *Conn) Wire() *net.TCPConn { return c.wire.TCPConn }

// State returns what the handshake agreed on.
func (c *Conn) State() tls.ConnectionState { return c.tls.ConnectionState() }

// LocalAddr returns this side's address.
func (c *Conn) LocalAddr() net.Addr { return c.wire.LocalAddr() }

// RemoteAddr returns the other side's address.
func (c *Conn) RemoteAddr() net.Addr { return c.wire.RemoteAddr() }

// SetDeadline sets both deadlines.
func (c *Conn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// SetReadDeadline sets the deadline of Read and Peek. A Read that has met it can be
// repeated.
func (c *Conn) SetReadDeadline(t time.Time) error { return c.wire.SetReadDeadline(t) }

// SetWriteDeadline sets the deadline of Write and CloseWrite.
func (c *Conn) SetWriteDeadline(t time.Time) error { return c.wire.setWriteDeadline(t) }

// explain returns the kernel's own error out of those of crypto/tls, and says of an alert
// that the other side sent it.
func explain(err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	if errno := syscall.Errno(0); errors.As(err, &errno) {
		return errno
	}
	if op := new(net.OpError); errors.As(err, &op) && op.Op == "remote error" {
		return fmt.Errorf("%w: the other side says: %w", ErrTLS, op.Err)
	}
	return err
}

// isOfTLS reports whether an error of explain is what crypto/tls itself has found wrong:
// neither an end of the connection nor an alert from the other side.
func isOfTLS(err error) bool {
	return err != nil && err != io.EOF && err != ErrCut && !errors.As(err, new(syscall.Errno)) && !fdio.IsOwn(err) && !errors.Is(err, ErrTLS)
}
