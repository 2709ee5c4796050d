package netpipe

import (
	"context"
	"embed"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"
)

// A web serves HTTP on the connections that come to it by calls, and is their
// net.Listener. Each POST is the life of a conn.
type web struct {
	*service
	server http.Server
	calls  chan *caller
	closed chan struct{}
	close  sync.Once

	open sync.WaitGroup // callers

	mu       sync.Mutex
	fresh    map[*caller]bool // those that haven't asked for anything yet
	stopping bool             // there shall be no more of them
}

// maxHeader bounds a request's head, in bytes; net/http adds 4 KiB.
const maxHeader = 28 << 10

//go:embed page
var pages embed.FS

func newWeb(sv *service) *web {
	w := &web{service: sv, calls: make(chan *caller), closed: make(chan struct{}), fresh: map[*caller]bool{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{$}", w.post)
	mux.HandleFunc("GET /healthz", w.health)
	mux.HandleFunc("GET /{$}", show("page/page.html"))
	mux.HandleFunc("GET /page.css", show("page/page.css"))
	mux.HandleFunc("GET /page.js", show("page/page.js"))
	w.server = http.Server{
		Handler:                      guarded(w.ending(mux)),
		ReadHeaderTimeout:            sv.IdleTimeout,
		IdleTimeout:                  sv.IdleTimeout,
		MaxHeaderBytes:               maxHeader,
		DisableGeneralOptionsHandler: true,
		ErrorLog:                     slog.NewLogLogger(sv.log.Handler(), slog.LevelDebug),
		ConnState:                    w.state,
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, callerKey{}, c)
		},
	}
	return w
}

// run serves until stop.
func (w *web) run() {
	defer context.AfterFunc(w.alive, func() { w.server.Close() })()
	_ = w.server.Serve(w)
	w.open.Wait()
}

// stop has what is being answered answered, and ends all other connections.
func (w *web) stop() {
	w.mu.Lock()
	w.stopping = true
	for c := range w.fresh {
		c.Close()
	}
	w.mu.Unlock()
	_ = w.server.Shutdown(w.alive)
}

// ending has each connection end with its next response once there is a stop: it
// tells that this server is going.
func (w *web) ending(h http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if w.draining.Err() != nil {
			rw.Header().Set("Connection", "close")
		}
		h.ServeHTTP(rw, r)
	})
}

func (w *web) state(c net.Conn, now http.ConnState) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch c := c.(*caller); {
	case now != http.StateNew:
		delete(w.fresh, c)
	case w.stopping:
		c.Close()
	default:
		w.fresh[c] = true
	}
}

// take has an HTTP connection served, if it may come in.
func (w *web) take(s socket) {
	tcp, from := s.(*net.TCPConn), s.RemoteAddr()
	over, err := w.door.enter(from, true)
	if err != nil {
		_ = tcp.SetLinger(0)
		newConn(w.service, &raw{socket: s}).refuse(err)
		return
	}
	w.open.Add(1)
	c := &caller{TCPConn: tcp, over: over, alive: w.alive, longest: w.Timeout, left: func() {
		w.door.leave(from)
		w.open.Done()
	}}
	select {
	case w.calls <- c:
	case <-w.closed:
		c.Close()
	}
}

// Accept is the server's.
func (w *web) Accept() (net.Conn, error) {
	select {
	case c := <-w.calls:
		return c, nil
	case <-w.closed:
		return nil, net.ErrClosed
	}
}

// Close is the server's.
func (w *web) Close() error {
	w.close.Do(func() { close(w.closed) })
	return nil
}

// Addr is nobody's.
func (w *web) Addr() net.Addr { return &net.TCPAddr{} }

func (w *web) post(rw http.ResponseWriter, r *http.Request) {
	q := newRequest(rw, r, w.IdleTimeout)
	c := newConn(w.service, q)
	switch why := q.objection(w.Server); {
	case why != nil:
		c.refuse(why)
		c.linger()
	case !w.begin():
		c.refuse(errDraining)
		c.linger()
	default:
		c.serve()
		w.conns.Done()
	}
	if q.broken {
		q.line.cut()
		panic(http.ErrAbortHandler)
	}
}

// health says whether a POST would be served just now.
func (w *web) health(rw http.ResponseWriter, _ *http.Request) {
	code, word := http.StatusOK, "ready"
	switch {
	case w.draining.Err() != nil:
		code, word = http.StatusServiceUnavailable, "draining"
	case w.pool.fault() != nil:
		code, word = http.StatusServiceUnavailable, "no filter is ready"
	}
	rw.Header().Set("Content-Type", "text/plain; charset=utf-8")
	rw.Header().Set("Cache-Control", "no-store")
	if code != http.StatusOK {
		rw.Header().Set("Retry-After", strconv.Itoa(int(again.Seconds())))
	}
	rw.WriteHeader(code)
	_, _ = io.WriteString(rw, word+"\n")
}

func show(name string) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) { http.ServeFileFS(rw, r, pages, name) }
}
