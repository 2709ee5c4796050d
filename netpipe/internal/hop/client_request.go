package hop

import (
	"cmp"
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

	"imgpipe/netpipe/internal/fdio"
)

var (
	errNoStatus  = errors.New("the connection was closed before there was a status")
	errTruncated = errors.New("the connection was closed in mid-answer")
	errNoLength  = errors.New("the answer has neither a length nor chunks: its end could not be told from a failure")
)

// A clientRequest is one POST as an Exchange: the input is sent in chunks (RFC 9112,
// 7.1), and the response may come before the input has ended.
type clientRequest struct {
	conn      *persistConn
	transport *Transport

	fields      string         // more of the head; each ends with CRLF
	pending     []byte         // the request's head, until it goes out with the first chunk
	early       *http.Response // came before any input was sent; nil if none did
	body        io.Reader      // the answer; nil until the response's head is there
	inputEnded  atomic.Bool    // the last chunk has been written, or is about to be
	answerEnded atomic.Bool    // the answer has been read to its end
	keepAlive   bool           // the server keeps the connection; written before answerEnded
	closing     sync.Once
}

func newClientRequest(t *Transport, pc *persistConn, fields string) *clientRequest {
	return &clientRequest{conn: pc, transport: t, fields: fields, pending: requestHead(t.Addr, fields)}
}

// requestHead returns a request's head. The fields in more end with CRLF.
func requestHead(to Addr, more string) []byte {
	host := to.Address
	if strings.HasPrefix(host, ":") {
		host = "localhost" + host
	}
	return []byte("POST / HTTP/1.1\r\nHost: " + host + "\r\nUser-Agent: netpipe\r\n" +
		"Content-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n" + more + "\r\n")
}

// expectContinue sends the head alone, on a kept connection, and waits until the
// server agrees to read the input or has been silent for ContinueTimeout. It returns
// false, and closes the connection, if that was closed or carries something that is
// not about this request. Nothing of the input has been sent then.
func (r *clientRequest) expectContinue(ctx context.Context) bool {
	defer context.AfterFunc(ctx, func() { r.conn.Close() })()
	_, err := r.conn.Write(requestHead(r.transport.Addr, r.fields+"Expect: 100-continue\r\n"))
	r.pending = nil
	if err == nil {
		_ = r.conn.SetReadDeadline(time.Now().Add(cmp.Or(r.transport.ContinueTimeout, continueTimeout)))
		_, err = r.conn.in.Peek(1)
		_ = r.conn.SetReadDeadline(time.Time{})
	}
	if fdio.IsTimeout(err) {
		return true
	}
	if err == nil {
		r.early, err = r.readResponse()
	}
	if err != nil || isStale(r.early.StatusCode) {
		r.conn.Close()
		return false
	}
	if r.early.StatusCode/100 == 1 {
		r.early = nil
	}
	return true
}

// isStale reports whether a status that comes before any input on a kept connection
// may be about something else: an answer belongs to the request before, and 408 to
// the silence between two requests. After a 417 the input is sent on another
// connection without an expectation (RFC 9110, 15.5.18).
func isStale(code int) bool {
	return code/100 == 2 || code == http.StatusRequestTimeout || code == http.StatusExpectationFailed
}

// Write sends a chunk. If that fails, the response tells why, and may be a whole
// answer: the error is EPIPE, as of IsEarlyAnswer.
func (r *clientRequest) Write(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	if r.early != nil {
		return 0, syscall.EPIPE
	}
	r.pending = append(strconv.AppendInt(r.pending, int64(len(b)), 16), "\r\n"...)
	out := net.Buffers{r.pending, b, []byte("\r\n")}
	r.pending = nil
	if _, err := out.WriteTo(r.conn.Socket); err != nil {
		return 0, syscall.EPIPE
	}
	return len(b), nil
}

// CloseWrite sends the last chunk.
func (r *clientRequest) CloseWrite() error {
	if r.early != nil {
		return syscall.EPIPE
	}
	r.inputEnded.Store(true)
	_, err := r.conn.Write(append(r.pending, "0\r\n\r\n"...))
	if err != nil {
		r.inputEnded.Store(false)
	}
	return err
}

// Read reads the answer. A status other than 200 is a *StatusError.
func (r *clientRequest) Read(b []byte) (int, error) {
	if r.body == nil {
		if err := r.readHead(); err != nil {
			return 0, err
		}
	}
	n, err := r.body.Read(b)
	switch {
	case err == io.EOF:
		r.answerEnded.Store(true)
		if !r.inputEnded.Load() { // the server may read no more: a Write must not wait
			r.Close()
		}
	case errors.Is(err, io.ErrUnexpectedEOF):
		err = errTruncated
	}
	return n, err
}

// readHead reads the response's head, after those with a status 1xx.
func (r *clientRequest) readHead() error {
	response := r.early
	for response == nil || response.StatusCode/100 == 1 {
		var err error
		if response, err = r.readResponse(); err != nil {
			return err
		}
	}
	switch {
	case response.StatusCode != http.StatusOK:
		return newStatusError(response)
	case response.ContentLength < 0 && len(response.TransferEncoding) == 0:
		return errNoLength
	}
	r.body, r.keepAlive = response.Body, !response.Close
	return nil
}

func (r *clientRequest) readResponse() (*http.Response, error) {
	r.conn.limit.N = maxHead
	response, err := http.ReadResponse(r.conn.in, &http.Request{Method: http.MethodPost})
	tooLarge := r.conn.limit.N == 0
	r.conn.limit.N = math.MaxInt64
	switch {
	case err == nil:
		return response, nil
	case tooLarge:
		return nil, fmt.Errorf("the answer's head is larger than %d KiB", maxHead>>10)
	case errors.Is(err, io.ErrUnexpectedEOF), err == io.EOF:
		return nil, errNoStatus
	}
	return nil, err
}

// Close gives the connection back to the transport if input and answer are at their
// ends, and resets any other.
func (r *clientRequest) Close() error {
	var err error
	r.closing.Do(func() {
		if r.answerEnded.Load() && r.inputEnded.Load() && r.keepAlive {
			r.transport.putIdle(r.conn)
		} else {
			err = r.conn.Close()
		}
	})
	return err
}

// SetWriteDeadline sets the deadline of Write and CloseWrite.
func (r *clientRequest) SetWriteDeadline(t time.Time) error { return r.conn.SetWriteDeadline(t) }
