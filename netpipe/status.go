package netpipe

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"imgpipe/netpipe/stdio"
)

// Bounds of the status port. A connection carries one request.
const (
	maxStatusConns    = 16 // at once
	maxStatusHeader   = 4 << 10
	statusReadTimeout = 5 * time.Second
	statusTimeout     = 30 * time.Second // of a response
	statusLinger      = time.Second      // how long requests that have begun may take when the server ends
)

// A statusServer serves Server.Status.
type statusServer struct {
	listener net.Listener // nil without Server.Status
	server   http.Server
	conns    statusConns
	running  sync.WaitGroup
}

// listenStatus listens on the status port, if s has one.
func (s *Server) listenStatus() (*statusServer, error) {
	status := &statusServer{}
	at := s.Status
	switch at.Network {
	case "":
		return status, nil
	case "tcp":
		at.Network = "http"
	case "http", "unix":
	default:
		return nil, fmt.Errorf("status port %s: want [HOST]:PORT or unix:/path", at)
	}
	l, err := s.listen(at)
	if err != nil {
		return nil, fmt.Errorf("status port: %w", err)
	}
	status.listener = l
	return status, nil
}

// addrs returns the address of the port, if there is one.
func (st *statusServer) addrs() []net.Addr {
	if st.listener == nil {
		return nil
	}
	return []net.Addr{st.listener.Addr()}
}

// serve begins to answer.
func (st *statusServer) serve(s *Server, log *slog.Logger) {
	if st.listener == nil {
		return
	}
	st.server = http.Server{
		Handler:           st.handle(s.statusHandler()),
		ReadHeaderTimeout: statusReadTimeout,
		ReadTimeout:       statusReadTimeout,
		WriteTimeout:      statusTimeout,
		MaxHeaderBytes:    maxStatusHeader,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		ConnState:         st.noteState,
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, statusConnKey{}, c)
		},
	}
	st.server.SetKeepAlivesEnabled(false)
	log.Info("status port", "addr", st.listener.Addr().String())
	st.running.Go(func() { _ = st.server.Serve(st.listener) })
}

// noteState keeps track of the connections.
func (st *statusServer) noteState(conn net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		st.conns.add(conn)
	case http.StateClosed:
		st.conns.remove(conn)
	}
}

// statusConnKey is that of a request's connection in its context.
type statusConnKey struct{}

// handle notes that the request of a connection has come.
func (st *statusServer) handle(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		conn, _ := r.Context().Value(statusConnKey{}).(net.Conn)
		st.conns.answer(conn)
		handler.ServeHTTP(rw, r)
	})
}

// close lets requests that have begun end, and closes all.
func (st *statusServer) close() {
	if st.listener == nil {
		return
	}
	st.listener.Close() // also if serve was not called
	ctx, cancel := context.WithTimeout(context.Background(), statusLinger)
	defer cancel()
	_ = st.server.Shutdown(ctx)
	st.server.Close()
	st.running.Wait()
}

// statusHandler answers the requests of the status port.
func (s *Server) statusHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(rw http.ResponseWriter, _ *http.Request) { say(rw, http.StatusOK, "alive") })
	mux.HandleFunc("GET /readyz", func(rw http.ResponseWriter, _ *http.Request) {
		if err := s.NotReady(); err != nil {
			sayUnavailable(rw, stdio.OneLine(err.Error()))
			return
		}
		say(rw, http.StatusOK, "ready")
	})
	if s.Metrics != nil {
		mux.Handle("GET /metrics", s.Metrics)
	}
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Cache-Control", "no-store")
		if mayBeRebound(r, s.Hosts) {
			say(rw, http.StatusForbidden, "the server does not know this name: ask by its address")
			return
		}
		mux.ServeHTTP(rw, r)
	})
}

// NotReady returns why the server should be sent no connections at the moment, or nil. It
// wraps ErrDraining, also after Retire; ErrNotReady; or ErrQueueFull, if the next
// connection would be refused. While Serve does not run, it is ErrServerClosed.
func (s *Server) NotReady() error {
	sv := s.state.running()
	switch {
	case sv == nil:
		return ErrServerClosed
	case sv.isRetired():
		return ErrDraining
	}
	if err := sv.filter.Err(); err != nil {
		return fmt.Errorf("%w: %w", ErrNotReady, err)
	}
	if sv.admission.isFull() {
		return ErrQueueFull
	}
	return nil
}

// Retire has NotReady return ErrDraining from now on, while connections are still
// accepted. A balancer that asks for it sends the next ones elsewhere, so that none is
// refused when Serve's context ends some time later.
func (s *Server) Retire() { s.state.retired.Store(true) }

// isRetired reports whether no more connections should be sent to the server.
func (sv *service) isRetired() bool {
	return sv.draining.Err() != nil || sv.config.state.retired.Load()
}
