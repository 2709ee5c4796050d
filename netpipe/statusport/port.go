// Package statusport is the port on which a program says over HTTP whether it lives, whether
// it is ready, and its metrics: GET /healthz, /readyz and /metrics.
package statusport

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/hop"
	"imgpipe/netpipe/internal/unixsocket"
)

// MaxConns is how many connections a port has at once. A connection carries one request.
const MaxConns = 16

// Bounds of a request.
const (
	maxHeader    = 4 << 10
	readTimeout  = 5 * time.Second
	writeTimeout = 30 * time.Second
	linger       = time.Second // how long requests that have begun may take when the port closes
)

// A Port is a status port, or none.
type Port struct {
	listener net.Listener // nil: none
	server   http.Server
	conns    openConns
	running  sync.WaitGroup
}

// Listen opens a port on an address over TCP or HTTP, which is the same, or on a unix socket
// with these permissions; 0 means those of the umask. The zero Addr gives a Port that is none.
func Listen(at hop.Addr, mode fs.FileMode) (*Port, error) {
	var l net.Listener
	var err error
	_, isSocket := at.Socket()
	switch {
	case at.IsZero():
		return &Port{}, nil
	case at.IsTLS() || isSocket:
		return nil, fmt.Errorf("status port %s: want [HOST]:PORT or unix:/path", at)
	case at.Network == "unix":
		l, err = unixsocket.Listen(at.Address, mode)
	default:
		at.Network = "http"
		l, err = net.Listen("tcp", at.Address)
	}
	if err != nil {
		return nil, fmt.Errorf("status port: listen %s: %w", at, fdio.Plain(err))
	}
	return &Port{listener: l}, nil
}

// Addrs returns the address of the port, if there is one.
func (p *Port) Addrs() []net.Addr {
	if p.listener == nil {
		return nil
	}
	return []net.Addr{p.listener.Addr()}
}

// Serve begins to answer. Close ends that.
func (p *Port) Serve(pages Pages, log *slog.Logger) {
	if p.listener == nil {
		return
	}
	p.server = http.Server{
		Handler:           p.noteRequests(pages.handler()),
		ReadHeaderTimeout: readTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		ConnState:         p.noteState,
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, connKey{}, c)
		},
	}
	p.server.SetKeepAlivesEnabled(false)
	log.Info("status port", "addr", p.listener.Addr().String())
	p.running.Go(func() { _ = p.server.Serve(p.listener) })
}

// noteState keeps track of the connections.
func (p *Port) noteState(conn net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		p.conns.add(conn)
	case http.StateClosed:
		p.conns.remove(conn)
	}
}

// connKey is that of a request's connection in its context.
type connKey struct{}

// noteRequests notes that the request of a connection has come.
func (p *Port) noteRequests(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		conn, _ := r.Context().Value(connKey{}).(net.Conn)
		p.conns.answer(conn)
		handler.ServeHTTP(rw, r)
	})
}

// Close lets requests that have begun end, and closes all.
func (p *Port) Close() {
	if p.listener == nil {
		return
	}
	p.listener.Close() // also if Serve was not called
	ctx, cancel := context.WithTimeout(context.Background(), linger)
	defer cancel()
	_ = p.server.Shutdown(ctx)
	p.server.Close()
	p.running.Wait()
}
