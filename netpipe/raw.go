package netpipe

import (
	"context"
	"io"
	"net"
	"time"
)

// A front is the client's side of a conn.
type front interface {
	// begins waits until there is something to have a filter for. If it says
	// no, it has noted why.
	begins(c *conn) bool

	// Read reads the input. It gives io.EOF only at the whole end of it.
	io.Reader

	// awaitGone returns nil when the client is gone. No Read is under way then.
	awaitGone() error

	// SetReadDeadline bounds Read and awaitGone, also what is under way.
	SetReadDeadline(time.Time) error

	// stream sends what is written to it, before there is a verdict.
	stream(c *conn) io.Writer

	// send sends the answer as a whole one. If it has been streamed, all that is
	// left is to say so.
	send(c *conn) error

	// abort ends a write to stream that is under way.
	abort()

	// fail tells the client that there is no whole answer.
	fail(c *conn, v verdict)

	RemoteAddr() net.Addr
}

// A raw front is a connection without a protocol: the input ends with a
// half-close, an answer with a FIN, and a failure is a reset.
type raw struct {
	socket
	idle time.Duration
}

// begins waits for the first byte or the half-close. The latter alone is a probe,
// unless it may be an empty input.
func (r *raw) begins(c *conn) bool {
	c.want(c.IdleTimeout)
	began := context.AfterFunc(c.draining, func() { _ = r.SetReadDeadline(past) })
	err := awaitByte(r.socket)
	c.begun = time.Now()
	switch {
	case !began(), err == io.EOF && (c.pool.size > 0 && !c.AllowEmpty || isGone(r.socket)):
		c.end.cut = errProbe
	case err == nil || err == io.EOF:
		return true
	case isTimeout(err):
		c.end.input = errSilent
	default:
		c.end.input = err
	}
	return false
}

// Read asks the socket at what looks like its end: a FIN and then a reset look
// like a FIN alone, and a writer may have met the reset's error before.
func (r *raw) Read(b []byte) (int, error) {
	n, err := r.socket.Read(b)
	if err == io.EOF && isGone(r.socket) {
		err = errReset
	}
	return n, err
}

func (r *raw) awaitGone() error { return awaitGone(r.socket) }

func (r *raw) stream(*conn) io.Writer { return &patient{sink: r.socket, idle: r.idle} }

func (r *raw) send(c *conn) error {
	if _, err := c.answer.WriteTo(r.stream(c)); err != nil {
		return err
	}
	return finish(r.socket)
}

func (r *raw) abort() { r.Close() }

func (r *raw) fail(*conn, verdict) { r.Close() }
