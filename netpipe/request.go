package netpipe

import (
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

	"imgpipe/netpipe/stdio"
)

// A request is the front of one POST: its body is the input, its response the
// answer. Whole is a status of 200 with all that its head announces, be it a
// length or chunks up to the last. What breaks after the status closes the
// connection before that.
type request struct {
	*http.Request
	rw   http.ResponseWriter
	line *caller
	idle time.Duration

	mu       sync.Mutex
	ended    bool          // the body has come to its end: net/http reads the connection from now on
	woken    chan struct{} // closed when awaitGone shall not wait any more
	answered bool          // the response is complete: what is unread of the body stays so
	begun    bool          // the response's head is out
	streamed bool          // and said nothing of a length
	broken   bool          // and the rest won't follow
}

var (
	errDraining    = errors.New("netpipe is being stopped")
	errNoInput     = errors.New("there is no input: POST it as the body")
	errCut         = errors.New("the connection was closed in mid-input")
	errMalformed   = errors.New("not HTTP")
	errForm        = errors.New("a form: POST the file itself as the body (curl --data-binary @FILE)")
	errCoding      = errors.New("Content-Encoding: POST the input as it is")
	errOldHTTP     = errors.New("HTTP/1.0 can't tell the end of an answer that isn't held (-no-hold)")
	errCrossOrigin = errors.New("another site's page asks")
	errRebound     = errors.New("a page of an unknown host asks; this is localhost")
)

// objections are what objection says, but for errSourceBusy.
var objections = []error{errForm, errCoding, errOldHTTP, errCrossOrigin, errRebound}

func newRequest(rw http.ResponseWriter, r *http.Request, idle time.Duration) *request {
	q := &request{Request: r, rw: rw, line: callerOf(r), idle: idle, woken: make(chan struct{})}
	q.ended = r.Body == http.NoBody
	// The body is read while the response is written, and by us alone.
	_ = http.NewResponseController(rw).EnableFullDuplex()
	return q
}

func (q *request) RemoteAddr() net.Addr { return q.line.RemoteAddr() }

// objection is what keeps a request from being served, whatever its body is.
func (q *request) objection(s *Server) error {
	coding := q.Header.Get("Content-Encoding")
	switch {
	case q.line.over:
		return errSourceBusy
	case strings.HasPrefix(strings.ToLower(q.Header.Get("Content-Type")), "multipart/"):
		return errForm
	case coding != "" && !strings.EqualFold(coding, "identity"):
		return errCoding
	case s.NoHold && !q.ProtoAtLeast(1, 1):
		return errOldHTTP
	}
	return abused(q.Request)
}

// begins waits for nothing: only a filter that reads the body has a client send
// it that waits to be asked (Expect: 100-continue).
func (q *request) begins(c *conn) bool {
	c.begun = time.Now()
	switch {
	case q.ended && c.isNothing():
		c.end.input = errNoInput
	case c.MaxInput > 0 && q.ContentLength > c.MaxInput:
		c.end.input = errInputTooLarge
	default:
		return true
	}
	return false
}

func (q *request) Read(b []byte) (int, error) {
	n, err := q.Body.Read(b)
	switch {
	case err == nil:
	case err == io.EOF:
		q.mu.Lock()
		q.ended = true
		_ = q.line.SetReadDeadline(time.Time{})
		q.mu.Unlock()
	case err == io.ErrUnexpectedEOF:
		err = errCut
	case !errors.As(err, new(net.Error)):
		err = fmt.Errorf("%w: %w", errMalformed, err)
	}
	return n, err
}

// SetReadDeadline leaves the connection alone once net/http reads it, to hear of
// its end or of the next request.
func (q *request) SetReadDeadline(t time.Time) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.answered {
		t = past
	}
	if !q.ended {
		return q.line.SetReadDeadline(t)
	}
	select {
	case <-q.woken:
		if t != past {
			q.woken = make(chan struct{})
		}
	default:
		if t == past {
			close(q.woken)
		}
	}
	return nil
}

func (q *request) awaitGone() error {
	q.mu.Lock()
	ended, woken := q.ended, q.woken
	q.mu.Unlock()
	if !ended {
		return awaitGone(q.line.TCPConn)
	}
	select {
	case <-q.Context().Done():
		return nil
	case <-woken:
		return os.ErrDeadlineExceeded
	}
}

// stream begins the answer with what is first written.
func (q *request) stream(c *conn) io.Writer {
	return &patient{sink: response{q, c}, idle: q.idle}
}

func (q *request) send(c *conn) error {
	if !q.hasBegun() { // it is held, or empty
		q.head(c, http.StatusOK, mediaType(c.answer.start()), c.answer.size)
		if _, err := c.answer.WriteTo(q.stream(c)); err != nil {
			return err
		}
	}
	return q.complete()
}

// mediaType is that of an answer by its first bytes, if a browser may be told so
// and will do nothing but show it.
func mediaType(start []byte) string {
	if t := http.DetectContentType(start); strings.HasPrefix(t, "image/") {
		return t
	}
	return "application/octet-stream"
}

// abort cuts an answer that is being streamed, to a client that may not take it.
// Otherwise there is a status to come, or even its text: abort may be late.
func (q *request) abort() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.streamed && !q.answered {
		q.line.cut()
	}
}

func (q *request) fail(c *conn, v verdict) {
	if v == clientGone || q.hasBegun() {
		q.broken = true
		return
	}
	code, why, again := c.reply(v)
	switch code {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		q.rw.Header().Set("Retry-After", strconv.Itoa(int(again.Seconds())))
	case http.StatusUnsupportedMediaType:
		q.rw.Header().Set("Accept-Encoding", "identity")
	}
	text := stdio.OneLine(why) + "\n"
	q.head(c, code, "text/plain; charset=utf-8", int64(len(text)))
	_, err := io.WriteString(q.stream(c), text)
	q.broken = err != nil || q.complete() != nil
}

// head begins the response. If there is more of the body to come, how much nobody
// knows, it's the last one of its connection.
func (q *request) head(c *conn, code int, kind string, size int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	h := q.rw.Header()
	h.Set("Content-Type", kind)
	if size >= 0 {
		h.Set("Content-Length", strconv.FormatInt(size, 10))
	} else {
		q.streamed = true
	}
	if !q.ended || q.line.over || c.draining.Err() != nil {
		h.Set("Connection", "close")
		q.line.unread.Store(!q.ended)
	}
	q.begun, c.code = true, code
	q.rw.WriteHeader(code)
}

func (q *request) hasBegun() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.begun
}

// complete has all of the response sent that is still here.
func (q *request) complete() error {
	err := http.NewResponseController(q.rw).Flush()
	q.mu.Lock()
	defer q.mu.Unlock()
	q.answered = true
	return err
}

// A response is a request's as a sink.
type response struct {
	*request
	conn *conn
}

func (r response) SetWriteDeadline(t time.Time) error { return r.line.SetWriteDeadline(t) }

func (r response) Write(b []byte) (int, error) {
	if !r.hasBegun() {
		r.head(r.conn, http.StatusOK, mediaType(b), -1)
	}
	n, err := r.rw.Write(b)
	if err == nil && r.conn.NoHold {
		err = http.NewResponseController(r.rw).Flush()
	}
	return n, err
}

// ReadFrom lets the kernel send a file by itself.
func (r response) ReadFrom(file io.Reader) (int64, error) { return io.Copy(r.rw, file) }
