package netpipe

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/procpool"
	"imgpipe/netpipe/internal/spool"
)

// A rawFront is a connection without a protocol: the client ends its input with a
// half-close, a FIN ends a whole answer, and a reset is a failure.
type rawFront struct {
	conn       fdio.Socket
	idle       time.Duration // Server.IdleTimeout
	accepted   time.Time
	alive      context.Context // done: the connection is cut off
	emptyInput bool            // an input of 0 bytes is one
	saysHTTP   bool            // the client, or this server, expects HTTP: a failure has a text
	said       int             // the status of that text; 0 before
}

func (r *rawFront) client() string { return r.conn.RemoteAddr().String() }

func (r *rawFront) params() []procpool.Param { return nil }

func (r *rawFront) user() string { return "" }

func (r *rawFront) trace() traceContext { return traceContext{} }

func (r *rawFront) hops() []string { return nil }

// firstByteTime is how long after it has been accepted a connection may take for its
// first byte if the server drains: it came while the server took connections.
const firstByteTime = 5 * time.Second

// begin waits for the first byte or the half-close. A half-close alone is a probe,
// unless it may be an empty input. An HTTP request is refused: its client does not
// half-close, and neither side would ever say anything.
func (r *rawFront) begin(draining context.Context) error {
	if r.idle > 0 {
		_ = r.SetReadDeadline(time.Now().Add(r.idle))
	}
	hurried := make(chan (func() bool), 1)
	stop := context.AfterFunc(draining, func() {
		_ = r.SetReadDeadline(r.accepted.Add(firstByteTime))
		hurried <- context.AfterFunc(r.alive, r.wake)
	})
	err := fdio.AwaitByte(r.conn)
	drains := !stop()
	if drains {
		(<-hurried)()
		_ = r.SetReadDeadline(time.Time{})
	}
	switch {
	case drains && err != nil, err == io.EOF && (!r.emptyInput || fdio.IsHungUp(r.conn)):
		return errProbe
	case err == io.EOF:
		return nil
	case fdio.IsTimeout(err):
		return ErrIdleTimeout
	case err == nil && r.isHTTP():
		r.saysHTTP = true
		return ErrRawPort
	}
	return err
}

// isHTTP reports whether what has come begins with the first line of an HTTP request.
func (r *rawFront) isHTTP() bool {
	var first [1]byte
	if n, _ := fdio.Peek(r.conn, first[:]); n == 0 || first[0] < 'A' || first[0] > 'Z' {
		return false
	}
	start := make([]byte, 4<<10)
	n, _ := fdio.Peek(r.conn, start)
	return requestLine.Match(start[:n])
}

// Read polls the socket at what looks like the end: a FIN and then a reset look like
// a FIN alone, and another system call may have been told of the reset.
func (r *rawFront) Read(b []byte) (int, error) {
	n, err := r.conn.Read(b)
	if err == io.EOF && fdio.IsHungUp(r.conn) {
		err = fdio.ErrReset
	}
	return n, err
}

func (r *rawFront) awaitGone() error { return fdio.AwaitHangup(r.conn) }

func (r *rawFront) wake() { _ = r.SetReadDeadline(fdio.Expired) }

func (r *rawFront) SetReadDeadline(t time.Time) error { return r.conn.SetReadDeadline(t) }

func (r *rawFront) stream() io.Writer { return newMinRateWriter(r.conn, r.idle) }

func (r *rawFront) send(answer *spool.Spool) error {
	if _, err := answer.WriteTo(r.stream()); err != nil {
		return err
	}
	return r.finish()
}

func (r *rawFront) finish() error { return fdio.Finish(r.conn) }

func (r *rawFront) abort() { r.conn.Close() }

// fail resets the connection. With saysHTTP the client is told why before; the reset
// comes when the client has closed, or has been silent.
func (r *rawFront) fail(why reply) {
	if !r.saysHTTP {
		r.conn.Close()
		return
	}
	r.said = why.status
	fmt.Fprintf(r.conn, "HTTP/1.1 %d %s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s\n",
		why.status, http.StatusText(why.status), len(why.text)+1, why.text)
}

func (r *rawFront) status() int { return r.said }
