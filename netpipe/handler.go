package netpipe

import (
	"embed"
	"io"
	"net/http"
	"strconv"
	"time"
)

//go:embed page
var pages embed.FS

// Handler returns the HTTP front for an http.Server of the program's own, which may put
// TLS, authentication or metrics around it. POST / is an input and gets its answer;
// GET / is a page for browsers, GET /healthz tells whether a POST would be served. All
// limits of s hold, with two exceptions: MaxPerSource and the reserve of descriptors
// are about connections, which are the server's. Allow is checked for each request by
// its RemoteAddr.
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
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{$}", s.servePost)
	mux.HandleFunc("GET /healthz", s.serveHealth)
	mux.HandleFunc("GET /{$}", serveFile("page/page.html"))
	mux.HandleFunc("GET /page.css", serveFile("page/page.css"))
	mux.HandleFunc("GET /page.js", serveFile("page/page.js"))
	return withBrowserPolicy(mux)
}

// servePost serves a POST as a conn.
func (s *Server) servePost(rw http.ResponseWriter, r *http.Request) {
	sv := s.state.running()
	if sv == nil {
		sayUnavailable(rw, "the server is not running")
		return
	}
	if err := http.NewResponseController(rw).SetReadDeadline(time.Time{}); err != nil {
		http.Error(rw, "the server does not let a handler set deadlines: "+err.Error(), http.StatusInternalServerError)
		return
	}
	front := newHTTPFront(sv, rw, r)
	c := newConn(sv, front)
	switch objection := front.objection(); {
	case objection != nil:
		c.refuse(objection)
		c.linger()
	case !sv.begin():
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

// serveHealth tells whether a POST would be served at the moment.
func (s *Server) serveHealth(rw http.ResponseWriter, _ *http.Request) {
	rw.Header().Set("Cache-Control", "no-store")
	switch sv := s.state.running(); {
	case sv == nil:
		sayUnavailable(rw, "the server is not running")
	case sv.draining.Err() != nil:
		sayUnavailable(rw, "draining")
	case sv.pool.Err() != nil:
		sayUnavailable(rw, ErrNotReady.Error())
	default:
		say(rw, http.StatusOK, "ready")
	}
}

func sayUnavailable(rw http.ResponseWriter, text string) {
	rw.Header().Set("Retry-After", strconv.Itoa(int(retryAfter.Seconds())))
	say(rw, http.StatusServiceUnavailable, text)
}

func say(rw http.ResponseWriter, code int, text string) {
	rw.Header().Set("Content-Type", "text/plain; charset=utf-8")
	rw.WriteHeader(code)
	_, _ = io.WriteString(rw, text+"\n")
}

func serveFile(name string) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) { http.ServeFileFS(rw, r, pages, name) }
}
