package hop

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
	"time"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/tlsconn"
	"imgpipe/netpipe/internal/unixsocket"
)

// An Exchange sends one input to a server and receives its answer, both at once: it
// is a rawExchange or a clientRequest.
type Exchange interface {
	// Write sends input. The server may have answered already and read no more:
	// see IsEarlyAnswer.
	io.Writer

	// CloseWrite tells the server that the input is whole.
	CloseWrite() error

	// Read reads the answer. It returns io.EOF only at the end of a whole answer.
	io.Reader

	// Close ends the exchange. The server never takes an input that is broken off
	// for a whole one. Close may be called at any time, also more than once.
	Close() error

	SetWriteDeadline(time.Time) error
}

// IsEarlyAnswer reports whether an error of Exchange.Write means only that the server
// had ended its answer before it had read all of the input, so that the answer
// decides. The kernel tells that apart: after a FIN, the reset that follows is EPIPE;
// without a FIN it is ECONNRESET. A Read cannot tell: if a Write has been told of the
// reset, Read returns io.EOF in both cases.
func IsEarlyAnswer(err error) bool { return errors.Is(err, syscall.EPIPE) }

// idleTimeout is how long a connection is kept for the next exchange. It is shorter
// than usual servers keep theirs, so that they seldom close one that is about to be
// used.
const idleTimeout = 4 * time.Second

// continueTimeout is the default of Transport.ContinueTimeout.
const continueTimeout = time.Second

// A Transport makes exchanges with one server, and keeps the connections of those
// over HTTP. It must not be copied.
//
// For HTTP it does what http.Transport does, which cannot be used here:
//
//   - An answer may come, and end, before the input does. If the server then closes
//     the connection, http.Transport may return the error of writing the request in
//     place of the answer (golang/go#51109, golang/go#81217).
//   - An input is a stream and cannot be sent twice. http.Transport sends a body on a
//     kept connection at once, and the request fails if the server has just closed
//     it. Here the body follows when the server has agreed (Expect: 100-continue).
//     That takes a round trip, so it is done on kept connections only; a user of
//     http.Transport does not know in time which connection a request will use.
//   - Whether a failed write means an early answer or a failure decides on the
//     verdict (IsEarlyAnswer). http.Transport does not tell its writes' errors apart.
type Transport struct {
	Addr Addr
	TLS  *tlsconn.Source // of NewTLS

	// ContinueTimeout is how long to wait for a status 100; 0 means a second. A server may
	// not know of expectations; it gets the input then (RFC 9110, 10.1.1).
	ContinueTimeout time.Duration

	connectTo string // host and port to connect to; "" means those of Addr

	mu     sync.Mutex
	idle   []*persistConn // the one that was used last is last
	closed bool
}

// Open starts an exchange. It connects once; a refusal is an error. Over HTTP, the head of
// the request has more fields; each ends with CRLF.
func (t *Transport) Open(ctx context.Context, fields string) (Exchange, error) {
	if !t.Addr.IsHTTP() {
		conn, err := t.dial(ctx)
		if err != nil {
			return nil, err
		}
		return &rawExchange{Socket: conn, tls: t.Addr.IsTLS()}, nil
	}
	for pc := t.getIdle(); pc != nil; pc = t.getIdle() {
		if r := newClientRequest(t, pc, fields); r.expectContinue(ctx) {
			return r, nil
		}
	}
	conn, err := t.dial(ctx)
	if err != nil {
		return nil, err
	}
	return newClientRequest(t, newPersistConn(conn), fields), nil
}

// dial connects once. Each end of the connection before both sides have sent a FIN is
// a reset.
func (t *Transport) dial(ctx context.Context) (fdio.Socket, error) {
	conn, err := (&net.Dialer{Control: fdio.ResetOnClose}).DialContext(ctx, t.Addr.Transport(), cmp.Or(t.connectTo, t.Addr.Address))
	if err != nil && t.Addr.Network == "unix" {
		err = cmp.Or(unixsocket.Check(t.Addr.Address), err)
	}
	if err != nil {
		return nil, fdio.Plain(err)
	}
	if t.Addr.IsTLS() {
		return t.secure(ctx, conn.(*net.TCPConn))
	}
	return conn.(fdio.Socket), nil
}

// getIdle returns an idle connection on which the server has done nothing, or nil.
func (t *Transport) getIdle() *persistConn {
	t.mu.Lock()
	defer t.mu.Unlock()
	for n := len(t.idle); n > 0; n-- {
		last := t.idle[n-1]
		t.idle = t.idle[:n-1]
		if last.timer.Stop() && last.isQuiet() {
			return last
		}
		last.Close()
	}
	return nil
}

// putIdle keeps a connection for the next exchange.
func (t *Transport) putIdle(pc *persistConn) {
	_ = pc.SetDeadline(time.Time{})
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		pc.Close()
		return
	}
	pc.timer = time.AfterFunc(idleTimeout, func() { t.closeExpired(pc) })
	t.idle = append(t.idle, pc)
}

func (t *Transport) closeExpired(expired *persistConn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, pc := range t.idle {
		if pc == expired {
			t.idle = append(t.idle[:i], t.idle[i+1:]...)
			pc.Close()
			return
		}
	}
}

// CloseIdle closes the connections that are idle at the moment.
func (t *Transport) CloseIdle() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, pc := range t.idle {
		pc.timer.Stop()
		pc.Close()
	}
	t.idle = nil
}

// Close closes the idle connections, and has later ones closed after their exchange.
func (t *Transport) Close() {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	t.CloseIdle()
}
