package netpipe

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/procpool"
	"imgpipe/netpipe/internal/spool"
	"imgpipe/netpipe/internal/tlsconn"
	"imgpipe/netpipe/stdio"
)

// An httpFront is a POST: its body is the input, its response the answer. An answer is
// whole if the status is 200 and all comes that the response's head announces: a
// length, or chunks up to the last. What breaks after the status closes the
// connection before that.
type httpFront struct {
	config   *Server
	loops    loopGuard
	draining context.Context
	request  *http.Request
	rw       http.ResponseWriter
	control  *http.ResponseController // of rw
	conn     *httpConn                // nil in another server than httpServer
	query    []procpool.Param         // set by objection
	owner    string                   // of the token that the request shows; "" before authorize

	mu         sync.Mutex
	inputEnded bool          // the body has been read: from now on net/http reads the connection
	unwatched  bool          // Read has met a deadline, and net/http has ended the request's context
	woken      chan struct{} // closed when awaitGone shall not wait
	code       int           // of the response that has been begun; 0 before
	streamed   bool          // the response has no length
	complete   bool          // the response has been sent: what is unread of the body stays so
	aborted    bool          // no more is to be written
	broken     bool          // the rest of the response will not follow
}

func newHTTPFront(s *service, rw http.ResponseWriter, r *http.Request) *httpFront {
	h := &httpFront{
		config: s.config, loops: s.loops, draining: s.draining,
		request: r, rw: rw, control: http.NewResponseController(rw), conn: httpConnOf(r),
		woken: make(chan struct{}),
	}
	h.inputEnded = r.Body == http.NoBody
	// The response is written while the body is read. HTTP/2 does that anyway.
	_ = h.control.EnableFullDuplex()
	return h
}

func (h *httpFront) client() string { return h.request.RemoteAddr }

func (h *httpFront) user() string { return h.owner }

func (h *httpFront) params() []procpool.Param { return h.query }

func (h *httpFront) trace() traceContext { return traceOf(h.request.Header) }

func (h *httpFront) tlsState() *tls.ConnectionState { return h.request.TLS }

func (h *httpFront) hops() []string { return hopsOf(h.request.Header) }

// objection returns why the request is refused without regard to its body, or nil. Then
// its query has been read.
func (h *httpFront) objection() (err error) {
	if h.conn != nil && h.conn.overLimit {
		return ErrSourceLimit
	}
	if err := h.authorize(); err != nil {
		return err
	}
	coding := h.request.Header.Get("Content-Encoding")
	switch {
	case strings.HasPrefix(strings.ToLower(h.request.Header.Get("Content-Type")), "multipart/"):
		return ErrForm
	case coding != "" && !strings.EqualFold(coding, "identity"):
		return ErrContentEncoding
	case h.config.NoHold && !h.request.ProtoAtLeast(1, 1):
		return ErrHTTP10
	case h.loops.isLoop(h.hops()):
		return ErrLoop
	}
	if err := crossOrigin(h.request, h.config.Hosts); err != nil {
		return err
	}
	h.query, err = parseQuery(h.request.URL.RawQuery, h.config.Params)
	return err
}

// authorize notes whose token the request shows, if one is needed. The response says what
// is missing (RFC 6750, section 3).
func (h *httpFront) authorize() (err error) {
	if h.config.Tokens == nil {
		return nil
	}
	h.owner, err = h.config.Tokens.owner(h.request)
	switch err {
	case ErrNoToken:
		h.rw.Header().Set("WWW-Authenticate", `Bearer realm="netpipe"`)
	case ErrUnknownToken:
		h.rw.Header().Set("WWW-Authenticate", `Bearer realm="netpipe", error="invalid_token"`)
	}
	return err
}

// begin does not wait: a client that waits to be asked for its input (Expect:
// 100-continue) is asked by the first Read, and that is when there is a filter.
func (h *httpFront) begin(context.Context) error {
	switch {
	case h.inputEnded && !h.config.emptyInput():
		return ErrNoInput
	case h.config.MaxInput > 0 && h.request.ContentLength > h.config.MaxInput:
		return ErrInputTooLarge
	}
	return nil
}

// Read reads the body.
func (h *httpFront) Read(b []byte) (int, error) {
	n, err := h.request.Body.Read(b)
	switch {
	case err == nil:
	case err == io.EOF:
		h.mu.Lock()
		h.inputEnded = true
		_ = h.control.SetReadDeadline(time.Time{})
		h.mu.Unlock()
	case fdio.IsTimeout(err):
		h.mu.Lock()
		h.unwatched = true
		h.mu.Unlock()
	case errors.Is(err, io.ErrUnexpectedEOF), h.request.ProtoMajor > 1: // HTTP/2 has no chunks to be malformed
		err = errCutShort
	case errors.Is(err, ErrTLS), errors.Is(err, tlsconn.ErrBroken): // below HTTP
	case !errors.As(err, new(net.Error)):
		err = fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return n, err
}

// socket returns nil: what comes may be chunks, and some of it has been read.
func (h *httpFront) socket() fdio.Socket { return nil }

// SetReadDeadline leaves the connection alone once net/http reads it, to notice its end
// or the next request.
func (h *httpFront) SetReadDeadline(t time.Time) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.complete || h.broken {
		t = fdio.Expired
	}
	h.setWoken(t == fdio.Expired)
	if h.inputEnded {
		return nil
	}
	return h.control.SetReadDeadline(t)
}

// setWoken has awaitGone end, or wait again. The caller holds h.mu.
func (h *httpFront) setWoken(woken bool) {
	select {
	case <-h.woken:
		if !woken {
			h.woken = make(chan struct{})
		}
	default:
		if woken {
			close(h.woken)
		}
	}
}

// wake sets no deadline of a server other than httpServer: with HTTP/2, a deadline that
// has passed ends the body for good.
func (h *httpFront) wake() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.setWoken(true)
	if h.conn != nil && !h.inputEnded {
		_ = h.conn.SetReadDeadline(fdio.Expired)
	}
}

// awaitGone waits for the socket's end while the body is read, and then for the end of
// the request's context. Another server's socket is out of reach: a client that
// goes within its input is noticed when the body is read.
func (h *httpFront) awaitGone() error {
	h.mu.Lock()
	inputEnded, woken, gone := h.inputEnded, h.woken, h.request.Context().Done()
	if h.unwatched {
		gone = nil
	}
	h.mu.Unlock()
	if h.conn != nil && !inputEnded {
		return fdio.AwaitHangup(h.conn.Socket)
	}
	select {
	case <-gone:
		return nil
	case <-woken:
		return os.ErrDeadlineExceeded
	}
}

// stream begins the response with the first Write.
func (h *httpFront) stream() io.Writer {
	return newMinRateWriter(responseBody{h}, h.config.IdleTimeout)
}

func (h *httpFront) send(answer *spool.Spool) error {
	h.writeAnswerHead(answer.Start(), answer.Size())
	if _, err := answer.WriteTo(h.stream()); err != nil {
		return err
	}
	return h.finish()
}

// finish sends what net/http has buffered of the response.
func (h *httpFront) finish() error {
	err := h.control.Flush()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.complete = true
	_ = h.control.SetWriteDeadline(time.Time{}) // else it would hold for the next response
	return err
}

// abort breaks off an answer that is streamed to a client that may not take it. In any
// other case a response is to come, or is being sent already: abort may be late.
func (h *httpFront) abort() {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case !h.streamed || h.complete:
	case h.conn != nil:
		h.conn.reset()
	default:
		h.aborted = true
		_ = h.control.SetWriteDeadline(fdio.Expired)
	}
}

// fail sends a status with a line of text. If the client is gone, or there is a status
// already, fail leaves the response broken.
func (h *httpFront) fail(r reply) {
	if r.status == 0 || h.status() != 0 {
		h.setBroken()
		return
	}
	switch r.status {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		h.rw.Header().Set("Retry-After", strconv.Itoa(int(r.retryAfter.Seconds())))
	case http.StatusUnsupportedMediaType:
		h.rw.Header().Set("Accept-Encoding", "identity")
	}
	text := stdio.OneLine(r.text) + "\n"
	h.writeHead(r.status, "text/plain; charset=utf-8", int64(len(text)))
	_, err := io.WriteString(h.stream(), text)
	if err != nil || h.finish() != nil {
		h.setBroken()
	}
}

func (h *httpFront) setBroken() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.broken = true
}

// writeAnswerHead begins the response to an input that has an answer, with these first
// bytes.
func (h *httpFront) writeAnswerHead(start []byte, size int64) {
	t := mediaTypeOf(start)
	h.rw.Header().Set("Content-Disposition", disposition(h.request, t))
	h.writeHead(http.StatusOK, t.name, size)
}

// writeHead begins the response. A size below 0 means that the size is not known. If
// there is more of the body to come, the response is the connection's last one.
func (h *httpFront) writeHead(code int, kind string, size int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	header := h.rw.Header()
	header.Set("Content-Type", kind)
	if size >= 0 {
		header.Set("Content-Length", strconv.FormatInt(size, 10))
	} else {
		h.streamed = true
	}
	overLimit := h.conn != nil && h.conn.overLimit
	if h.request.ProtoMajor == 1 && (!h.inputEnded || overLimit || h.draining.Err() != nil) {
		header.Set("Connection", "close")
	}
	if h.conn != nil && !h.inputEnded {
		h.conn.unread.Store(true)
	}
	h.code = code
	h.rw.WriteHeader(code)
}

func (h *httpFront) status() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.code
}

// A responseBody writes to a response for a minRateWriter.
type responseBody struct{ front *httpFront }

func (b responseBody) SetWriteDeadline(t time.Time) error {
	b.front.mu.Lock()
	defer b.front.mu.Unlock()
	if b.front.aborted {
		t = fdio.Expired
	}
	return b.front.control.SetWriteDeadline(t)
}

func (b responseBody) Write(p []byte) (int, error) {
	if b.front.status() == 0 {
		b.front.writeAnswerHead(p, -1)
	}
	n, err := b.front.rw.Write(p)
	if err == nil && b.front.config.NoHold {
		err = b.front.control.Flush()
	}
	return n, err
}

// ReadFrom lets the kernel send a file by itself.
func (b responseBody) ReadFrom(file io.Reader) (int64, error) { return io.Copy(b.front.rw, file) }
