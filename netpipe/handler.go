package netpipe

import (
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"imgpipe/netpipe/internal/httpport"
)

// Handler returns the HTTP front for an http.Server of the program's own, which may put
// TLS, authentication or metrics around it. POST / is an input and gets its answer;
// GET / is a page for browsers, GET /healthz tells whether a POST would be served. All
// limits of s hold, with two exceptions: MaxPerSource and the reserve of descriptors
// are about connections, which are the server's. Allow is checked for each request by
// its RemoteAddr, or by the client that the fields of a trusted proxy name; health checks,
// GET /healthz and OPTIONS, are answered to all.
//
// The handler serves while Serve runs, which may have nothing to listen on. Before and
// after that, POST gets a status 503. Serve waits for requests that have begun, so the
// context of Serve should end, or Shutdown be called, before the http.Server shuts
// down.
//
// The handler sets the deadlines of a POST itself, by http.ResponseController; a
// ResponseWriter that wraps that of net/http has to have an Unwrap method. Where an
// answer cannot be completed after its status has been sent, the handler panics with
// http.ErrAbortHandler: net/http then closes the connection, or resets the stream of
// HTTP/2, and the client sees that the answer is not whole. A client that goes
// before its input has been read is noticed when its input is read.
func (s *Server) Handler() http.Handler {
	return withBrowserPolicy(http.HandlerFunc(s.route))
}

// route serves a request by its path and its method.
func (s *Server) route(rw http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	file, isPage := pageFiles[path]
	isGet := r.Method == http.MethodGet || r.Method == http.MethodHead
	isCheck := path == "/healthz" && isGet || r.Method == http.MethodOptions
	r, conflict := s.fromClient(r)
	switch {
	case !isCheck && conflict != nil:
		s.serveConn(rw, r, conflict)
	case !isCheck && !s.allows(r):
		s.serveConn(rw, r, ErrNotAllowed)
	case path == "/" && r.Method == http.MethodPost:
		s.serveConn(rw, r, nil)
	case isPage && isGet:
		level := slog.LevelDebug // what belongs to the page
		if path == "/" {
			level = slog.LevelInfo
		}
		s.record(rw, r, level, func(rw http.ResponseWriter) { http.ServeFileFS(rw, r, pages, file) })
	case path == aboutPath && isGet:
		s.record(rw, r, slog.LevelDebug, s.serveAbout)
	case path == "/healthz" && isGet:
		s.record(rw, r, slog.LevelDebug, s.serveHealth)
	case !isPage && path != aboutPath && path != "/healthz" && path != "*":
		s.serveConn(rw, r, fmt.Errorf("%w: %s %s", ErrNoSuchPath, r.Method, path))
	case r.Method == http.MethodOptions:
		rw.Header().Set("Allow", allowed(path))
		s.record(rw, r, slog.LevelDebug, func(rw http.ResponseWriter) { rw.WriteHeader(http.StatusNoContent) })
	default:
		rw.Header().Set("Allow", allowed(path))
		s.serveConn(rw, r, fmt.Errorf("%w: %s %s", ErrNoSuchMethod, r.Method, path))
	}
}

// allowed returns the methods of a path; "*" is that of the server (RFC 9110, section
// 9.3.7).
func allowed(path string) string {
	if path == "/" || path == "*" {
		return "GET, HEAD, OPTIONS, POST"
	}
	return "GET, HEAD, OPTIONS"
}

// record serves a request that is not a conn, and leaves a record of it.
func (s *Server) record(rw http.ResponseWriter, r *http.Request, level slog.Level, serve func(http.ResponseWriter)) {
	noting := &statusWriter{ResponseWriter: rw, status: http.StatusOK}
	serve(noting)
	if sv := s.state.running(); sv != nil {
		sv.log.Log(r.Context(), level, "request", "client", r.RemoteAddr, "method", r.Method, "path", r.URL.Path, "http", noting.status)
	}
}

// A statusWriter notes the status of a response.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// serveConn serves a request as a conn. An objection is why it is refused.
func (s *Server) serveConn(rw http.ResponseWriter, r *http.Request, objection error) {
	sv := s.state.running()
	if sv == nil {
		httpport.SayUnavailable(rw, "the server is not running")
		return
	}
	if err := http.NewResponseController(rw).SetReadDeadline(time.Time{}); err != nil {
		http.Error(rw, "the server does not let a handler set deadlines: "+err.Error(), http.StatusInternalServerError)
		return
	}
	front := newHTTPFront(sv, rw, r)
	c := newConn(sv, front)
	if objection == nil && front.conn != nil && front.conn.isProxy {
		client := parseClient(r.RemoteAddr)
		if _, objection = sv.limiter.enterClient(client, false); objection == nil {
			defer sv.limiter.leaveClient(client)
		}
	}
	if objection == nil {
		objection = front.objection()
	}
	switch {
	case objection != nil:
		c.refuse(objection)
		c.linger()
	case !(front.conn != nil && front.conn.takeFirst()) && !sv.begin():
		c.refuse(ErrDraining)
		c.linger()
	default:
		func() {
			defer sv.conns.Done()
			c.serve()
		}()
	}
	if front.broken {
		if front.conn != nil {
			front.conn.reset()
		}
		panic(http.ErrAbortHandler)
	}
}

// serveHealth tells whether a POST would be served, or wait in the queue, at the moment.
// Every client may ask, so that the filter's words are left out.
func (s *Server) serveHealth(rw http.ResponseWriter) {
	rw.Header().Set("Cache-Control", "no-store")
	switch err := s.NotReady(); err {
	case nil, ErrQueueFull:
		httpport.Say(rw, http.StatusOK, "ready")
	case ErrServerClosed:
		httpport.SayUnavailable(rw, "the server is not running")
	case ErrDraining:
		httpport.SayUnavailable(rw, "draining")
	default:
		httpport.SayUnavailable(rw, ErrNotReady.Error())
	}
}
