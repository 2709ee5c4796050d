package netpipe

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"imgpipe/netpipe/stdio"
)

const (
	// maxHead bounds the head of an HTTP message, in bytes.
	maxHead = 32 << 10

	// agreeing is how long a server may take to say that it wants an input that
	// is announced to it. It may be one that never does (RFC 9110, 10.1.1).
	agreeing = time.Second
)

// A StatusError is what an HTTP server said instead of an answer.
type StatusError struct {
	Code       int           // other than 200
	Text       string        // its reason in one line, if it gave one
	RetryAfter time.Duration // when it wants to be asked again; 0 if it didn't say
}

func (e *StatusError) Error() string {
	said := fmt.Sprintf("HTTP status %d", e.Code)
	if name := http.StatusText(e.Code); name != "" {
		said += " " + name
	}
	if e.Text != "" {
		said += ": " + e.Text
	}
	return said
}

var (
	errNoResponse = errors.New("the connection was closed before there was a status")
	errHalf       = errors.New("the connection was closed in mid-answer")
	errNoLength   = errors.New("the answer has neither a length nor chunks: nothing would tell that it is whole")
)

// A line is a connection to an HTTP server, for one posting after another.
type line struct {
	socket
	in     *bufio.Reader
	head   *io.LimitedReader // below in
	expiry *time.Timer       // while it is kept
}

func newLine(s socket) *line {
	head := &io.LimitedReader{R: s, N: math.MaxInt64}
	return &line{socket: s, in: bufio.NewReader(head), head: head}
}

// A posting is one POST, its input in chunks (RFC 9112, 7.1). The answer may come
// before the input has ended.
type posting struct {
	*line
	link *link

	pending   []byte // what goes before the next chunk: the request's head
	early     *http.Response
	body      io.Reader   // the answer; nil until its head is there
	ended     atomic.Bool // the last chunk is on its way
	whole     atomic.Bool // the answer has been read to its end
	keepAlive bool        // and the server doesn't close; written before whole
	closing   sync.Once
}

func newPosting(to *link, on *line) *posting {
	return &posting{line: on, link: to, pending: requestHead(to.addr, "")}
}

func requestHead(to Addr, more string) []byte {
	host := to.Address
	if strings.HasPrefix(host, ":") {
		host = "localhost" + host
	}
	return []byte("POST / HTTP/1.1\r\nHost: " + host + "\r\nUser-Agent: netpipe\r\n" +
		"Content-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n" + more + "\r\n")
}

// expect sends the head alone and waits until the server agrees, or seems not to
// know that it may. If the connection turns out to be closed, or to have something
// else on it than a word on this request, it reports false, and nothing of the input
// has been sent.
func (p *posting) expect(ctx context.Context) bool {
	defer context.AfterFunc(ctx, func() { p.socket.Close() })()
	_, err := p.socket.Write(requestHead(p.link.addr, "Expect: 100-continue\r\n"))
	p.pending = nil
	if err == nil {
		_ = p.SetReadDeadline(time.Now().Add(agreeing))
		_, err = p.in.Peek(1)
		_ = p.SetReadDeadline(time.Time{})
	}
	if isTimeout(err) {
		return true
	}
	if err == nil {
		p.early, err = p.response()
	}
	if err != nil || staleStatus(p.early.StatusCode) {
		p.socket.Close()
		return false
	}
	if p.early.StatusCode/100 == 1 {
		p.early = nil
	}
	return true
}

// staleStatus tells of a status that comes before any input on a kept connection
// whether it may be about something else. An answer is: to the request before. So is a
// time-out between two requests. A server that doesn't go along with an expectation
// gets the input on another connection without one (RFC 9110, 15.5.18).
func staleStatus(code int) bool {
	return code/100 == 2 || code == http.StatusRequestTimeout || code == http.StatusExpectationFailed
}

// Write sends a chunk. If it can't, the answer tells why, and may be whole: the
// error is the one that leaves it to that, as answeredEarly says.
func (p *posting) Write(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	if p.early != nil {
		return 0, syscall.EPIPE
	}
	p.pending = append(strconv.AppendInt(p.pending, int64(len(b)), 16), "\r\n"...)
	out := net.Buffers{p.pending, b, []byte("\r\n")}
	p.pending = nil
	if _, err := out.WriteTo(p.socket); err != nil {
		return 0, syscall.EPIPE
	}
	return len(b), nil
}

// CloseWrite sends the last chunk.
func (p *posting) CloseWrite() error {
	if p.early != nil {
		return syscall.EPIPE
	}
	p.ended.Store(true)
	_, err := p.socket.Write(append(p.pending, "0\r\n\r\n"...))
	if err != nil {
		p.ended.Store(false)
	}
	return err
}

func (p *posting) Read(b []byte) (int, error) {
	if p.body == nil {
		if err := p.status(); err != nil {
			return 0, err
		}
	}
	n, err := p.body.Read(b)
	switch {
	case err == io.EOF:
		p.whole.Store(true)
		if !p.ended.Load() { // nobody may be reading it any more
			p.Close()
		}
	case errors.Is(err, io.ErrUnexpectedEOF):
		err = errHalf
	}
	return n, err
}

// status reads the answer's head. Any other status than 200 is an error.
func (p *posting) status() error {
	r := p.early
	for r == nil || r.StatusCode/100 == 1 {
		var err error
		if r, err = p.response(); err != nil {
			return err
		}
	}
	switch {
	case r.StatusCode != http.StatusOK:
		return statusError(r)
	case r.ContentLength < 0 && len(r.TransferEncoding) == 0:
		return errNoLength
	}
	p.body, p.keepAlive = r.Body, !r.Close
	return nil
}

func (p *posting) response() (*http.Response, error) {
	p.head.N = maxHead
	r, err := http.ReadResponse(p.in, &http.Request{Method: http.MethodPost})
	cut := p.head.N == 0
	p.head.N = math.MaxInt64
	switch {
	case err == nil:
		return r, nil
	case cut:
		return nil, fmt.Errorf("the answer's head is larger than %d KiB", maxHead>>10)
	case errors.Is(err, io.ErrUnexpectedEOF), err == io.EOF:
		return nil, errNoResponse
	}
	return nil, err
}

// statusError is what r says of itself. Of its text a line is enough.
func statusError(r *http.Response) error {
	e := &StatusError{Code: r.StatusCode}
	e.RetryAfter = retryAfter(r.Header.Get("Retry-After"), time.Now())
	if strings.HasPrefix(r.Header.Get("Content-Type"), "text/plain") {
		text, _ := io.ReadAll(io.LimitReader(r.Body, tailSize))
		e.Text = stdio.OneLine(string(text))
	}
	return e
}

// retryAfter reads that header: seconds, or a date (RFC 9110, section 10.2.3). It's
// 0 if it makes no sense or is over, and a day at most.
func retryAfter(text string, now time.Time) time.Duration {
	const most = 24 * time.Hour
	after := time.Duration(0)
	if at, err := http.ParseTime(text); err == nil {
		after = at.Sub(now)
	} else if seconds, err := strconv.ParseUint(text, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		after = time.Duration(min(seconds, uint64(most/time.Second))) * time.Second
	}
	return max(0, min(after, most))
}

// Close keeps the connection if both sides have said all they had to say.
func (p *posting) Close() error {
	var err error
	p.closing.Do(func() {
		if p.whole.Load() && p.ended.Load() && p.keepAlive {
			p.link.keep(p.line)
		} else {
			err = p.socket.Close()
		}
	})
	return err
}
