package netpipe

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/procpool"
	"imgpipe/netpipe/internal/proxyaddr"
	"imgpipe/netpipe/internal/spool"
	"imgpipe/netpipe/internal/tlsconn"
)

// A rawFront is a connection without a protocol: the client ends its input with a
// half-close, a FIN ends a whole answer, and a reset is a failure. With TLS, a half-close
// and the end of a whole answer are a close_notify before a FIN.
type rawFront struct {
	conn       fdio.Socket
	from       net.Addr      // of the client, which a proxy may have named
	tls        *tlsconn.Conn // conn; nil without TLS, and once its handshake has failed
	idle       time.Duration // Server.IdleTimeout
	accepted   time.Time
	alive      context.Context // done: the connection is cut off
	emptyInput bool            // an input of 0 bytes is one

	handshakeTimeout time.Duration // Server.handshakeTimeout

	says saying // of a failure
	said int    // the status that was said; 0 before
}

// newRawFront returns the front of a connection from a client's address.
func newRawFront(sv *service, conn fdio.Socket, from net.Addr) *rawFront {
	config := sv.config
	return &rawFront{
		conn: conn, from: from, accepted: time.Now(), alive: sv.alive,
		idle: config.IdleTimeout, emptyInput: config.emptyInput(), handshakeTimeout: config.handshakeTimeout,
	}
}

// A saying is what a client is told of a failure before the reset, which comes when the
// client has closed, or has been silent.
type saying int

const (
	saysNothing saying = iota
	inHTTP             // the client, or this server, expects HTTP
	inAlert            // the client may know TLS
	alreadySaid        // by an alert of the handshake
)

func (r *rawFront) client() string { return r.from.String() }

func (r *rawFront) params() []procpool.Param { return nil }

func (r *rawFront) user() string { return "" }

func (r *rawFront) trace() traceContext { return traceContext{} }

func (r *rawFront) tlsState() *tls.ConnectionState {
	if r.tls == nil {
		return nil
	}
	state := r.tls.State()
	return &state
}

// useTLS has the connection go on with TLS.
func (r *rawFront) useTLS(config *tls.Config) {
	r.tls = tlsconn.Server(r.conn.(*net.TCPConn), config)
	r.conn = r.tls
}

func (r *rawFront) hops() []string { return nil }

// firstByteTime is how long after it has been accepted a connection may take for its
// first byte if the server drains: it came while the server took connections.
const firstByteTime = 5 * time.Second

// begin waits for the first byte or the half-close. A half-close alone is a probe,
// unless it may be an empty input. An HTTP request, or the beginning of TLS, is refused:
// its client does not half-close, and neither side would ever say anything.
func (r *rawFront) begin(draining context.Context) error {
	if r.tls != nil {
		if err := r.handshake(draining); err != nil {
			return err
		}
	}
	if r.idle > 0 {
		_ = r.SetReadDeadline(time.Now().Add(r.idle))
	}
	stop := r.hurry(draining)
	err := r.awaitByte()
	drains := stop()
	switch {
	case drains && err != nil, err == io.EOF && (!r.emptyInput || fdio.IsHungUp(r.conn)), err == tlsconn.ErrCut:
		return errProbe
	case err == io.EOF:
		return nil
	case fdio.IsTimeout(err):
		return ErrIdleTimeout
	case err == nil:
		return r.wrongPort()
	}
	return err
}

// hurry has waiting for the client end firstByteTime after the connection has been accepted
// if the server drains, and at once if the connection is cut off, up to the call of stop,
// which reports whether the server drains.
func (r *rawFront) hurry(draining context.Context) (stop func() bool) {
	conn := r.conn
	hurried := make(chan (func() bool), 1)
	stopWaiting := context.AfterFunc(draining, func() {
		_ = conn.SetReadDeadline(r.accepted.Add(firstByteTime))
		hurried <- context.AfterFunc(r.alive, func() { _ = conn.SetReadDeadline(fdio.Expired) })
	})
	return func() bool {
		if stopWaiting() {
			return false
		}
		(<-hurried)()
		_ = conn.SetReadDeadline(time.Time{})
		return true
	}
}

func (r *rawFront) awaitByte() error {
	if r.tls != nil {
		_, err := r.tls.Peek(startSize)
		return err
	}
	return fdio.AwaitByte(r.conn)
}

// startSize is how many of the first bytes are looked at for another protocol.
const startSize = 4 << 10

// wrongPort returns ErrRawPort if what has come begins with the first line of an HTTP
// request, ErrPlainPort if it begins with a TLS client's first record, and ErrProxyPort if it
// begins with a PROXY header: one that is expected has been read before.
func (r *rawFront) wrongPort() error {
	first := r.peek(1)
	if len(first) == 0 || first[0] != 0x16 && first[0] != '\r' && (first[0] < 'A' || first[0] > 'Z') {
		return nil
	}
	start := r.peek(startSize)
	if proxyaddr.IsHeader(start) {
		return ErrProxyPort
	}
	r.says = inHTTP
	switch {
	case requestLine.Match(start):
		return ErrRawPort
	case tlsconn.IsClientHello(start):
		return ErrPlainPort
	}
	r.says = saysNothing
	return nil
}

// peek returns what has come, up to size bytes, and leaves it there.
func (r *rawFront) peek(size int) []byte {
	if r.tls != nil {
		start, _ := r.tls.Peek(size)
		return start
	}
	start := make([]byte, size)
	n, _ := fdio.Peek(r.conn, start)
	return start[:n]
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

func (r *rawFront) socket() fdio.Socket {
	if r.tls != nil {
		return nil
	}
	return r.conn
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

// finish has a limit of time for TLS, whose end takes room in the socket's buffer.
func (r *rawFront) finish() error {
	if r.tls != nil && r.idle > 0 {
		_ = r.tls.SetWriteDeadline(time.Now().Add(r.idle))
	}
	err := fdio.Finish(r.conn)
	if fdio.IsTimeout(err) {
		return ErrSlowClient
	}
	return err
}

func (r *rawFront) abort() { r.conn.Close() }

// fail resets the connection, at once if there is nothing to say.
func (r *rawFront) fail(why reply) {
	switch r.says {
	case saysNothing:
		r.conn.Close()
	case inHTTP:
		r.said = why.status
		fmt.Fprintf(r.conn, "HTTP/1.1 %d %s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s\n",
			why.status, http.StatusText(why.status), len(why.text)+1, why.text)
	case inAlert:
		_, _ = io.WriteString(r.conn, tlsconn.NotTLS)
	}
}

func (r *rawFront) status() int { return r.said }
