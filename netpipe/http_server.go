package netpipe

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"sync"

	"imgpipe/netpipe/internal/fdio"
)

// maxHeader bounds the head of an HTTP request, in bytes, together with the 4 KiB that
// net/http adds.
const maxHeader = 28 << 10

// An httpServer serves HTTP on the connections that serveConn is given. To its
// http.Server it is their net.Listener.
type httpServer struct {
	service *service
	server  http.Server
	conns   chan *httpConn // to Accept
	closed  chan struct{}
	closing sync.Once

	open sync.WaitGroup // connections

	mu       sync.Mutex
	fresh    map[*httpConn]bool // connections without a request so far
	stopping bool               // fresh connections are closed
}

func newHTTPServer(sv *service, handler http.Handler) *httpServer {
	h := &httpServer{
		service: sv,
		conns:   make(chan *httpConn),
		closed:  make(chan struct{}),
		fresh:   map[*httpConn]bool{},
	}
	h.server = http.Server{
		Handler:                      h.handle(handler),
		ReadHeaderTimeout:            sv.config.IdleTimeout,
		IdleTimeout:                  sv.config.IdleTimeout,
		MaxHeaderBytes:               maxHeader,
		DisableGeneralOptionsHandler: true,
		ErrorLog:                     slog.NewLogLogger(sv.log.Handler(), slog.LevelDebug),
		ConnState:                    h.noteState,
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, httpConnKey{}, c)
		},
	}
	return h
}

// run serves until shutdown, and until all connections are closed.
func (h *httpServer) run() {
	defer context.AfterFunc(h.service.alive, func() { h.server.Close() })()
	_ = h.server.Serve(h)
	h.open.Wait()
}

// shutdown waits for the requests that are being answered, and closes all other
// connections.
func (h *httpServer) shutdown() {
	h.mu.Lock()
	h.stopping = true
	for c := range h.fresh {
		c.Close()
	}
	h.mu.Unlock()
	_ = h.server.Shutdown(h.service.alive)
}

// handle notes on the connection that a request is handled, and makes each response the
// last one of its connection while the server drains.
func (h *httpServer) handle(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		c := httpConnOf(r)
		c.handled.Store(true)
		r.TLS = c.tls
		if h.service.draining.Err() != nil {
			rw.Header().Set("Connection", "close")
		}
		defer c.firstOver()
		handler.ServeHTTP(rw, r)
	})
}

// noteState keeps track of the fresh connections, which http.Server.Shutdown would leave
// open for some seconds, and of those whose request is over.
func (h *httpServer) noteState(conn net.Conn, state http.ConnState) {
	if state == http.StateIdle {
		conn.(*httpConn).requestOver()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	switch c := conn.(*httpConn); {
	case state != http.StateNew:
		delete(h.fresh, c)
	case h.stopping:
		c.Close()
	default:
		h.fresh[c] = true
	}
}

// serveConn serves a connection, with or without TLS, if it may come in.
func (h *httpServer) serveConn(tcp *net.TCPConn, withTLS bool) {
	sv, from := h.service, tcp.RemoteAddr()
	if err := sv.enterSocket(from); err != nil {
		fdio.MakeReset(tcp)
		newConn(sv, newRawFront(sv, tcp, from)).refuse(err)
		return
	}
	h.open.Add(1)
	c := &httpConn{Socket: tcp, from: from, service: sv}
	c.onClose = func() {
		if c.counted {
			sv.limiter.leaveClient(ipAddr(c.from))
		}
		sv.limiter.leaveSocket()
		h.open.Done()
	}
	c.awaitFirst()
	if sv.config.ProxyProtocol {
		go h.welcomeProxied(c, withTLS)
	} else {
		h.welcome(c, withTLS)
	}
}

// welcomeProxied reads the header of the PROXY protocol, and serves the connection.
func (h *httpServer) welcomeProxied(c *httpConn, withTLS bool) {
	front := newRawFront(h.service, c.Socket, c.from)
	err := front.readProxyHeader(h.service.draining)
	if err != nil {
		fdio.MakeReset(c.Socket)
		newConn(h.service, front).refuseFor(beginPart(err), err)
		c.Close()
		return
	}
	c.from = front.from
	h.welcome(c, withTLS)
}

// welcome serves a connection whose client is known, if that may come in.
func (h *httpServer) welcome(c *httpConn, withTLS bool) {
	if err := c.admit(); err != nil {
		fdio.MakeReset(c.Socket)
		newConn(h.service, newRawFront(h.service, c.Socket, c.from)).refuse(err)
		c.Close()
		return
	}
	if withTLS {
		go h.secure(c)
	} else {
		h.pass(c)
	}
}

// secure makes a connection one with TLS, and has it served.
func (h *httpServer) secure(c *httpConn) {
	front := newRawFront(h.service, c.Socket, c.from)
	front.useTLS(h.service.tls.HTTPConfig())
	if err := front.handshake(h.service.draining); err != nil {
		fdio.MakeReset(c.Socket)
		failed := newConn(h.service, front)
		failed.refuseFor(beginPart(err), err)
		failed.linger()
		c.Close()
		return
	}
	c.Socket, c.tls = front.conn, front.tlsState()
	h.pass(c)
}

// pass gives a connection to Accept.
func (h *httpServer) pass(c *httpConn) {
	select {
	case h.conns <- c:
	case <-h.closed:
		c.Close()
	}
}

// Accept returns the next connection.
func (h *httpServer) Accept() (net.Conn, error) {
	select {
	case c := <-h.conns:
		return c, nil
	case <-h.closed:
		return nil, net.ErrClosed
	}
}

// Close ends Accept.
func (h *httpServer) Close() error {
	h.closing.Do(func() { close(h.closed) })
	return nil
}

// Addr returns an empty address. http.Server only puts it into the context of requests,
// where each connection replaces it by its own.
func (h *httpServer) Addr() net.Addr { return &net.TCPAddr{} }
