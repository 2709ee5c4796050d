package netpipe

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"regexp"
	"sync"
	"sync/atomic"
	"time"

	"imgpipe/netpipe/internal/fdio"
)

// An httpConn is a connection of an httpServer. It needs no ResetOnClose: the head of
// a response announces a length or chunks, which tell whether the answer is whole.
type httpConn struct {
	*net.TCPConn
	service   *service
	overLimit bool        // the source has too many connections: all that it gets is a status 429
	unread    atomic.Bool // the last request has input that was not read
	closing   sync.Once
	onClose   func()

	firstLine []byte      // of the first request, as far as it has been read
	isHTTP    atomic.Bool // firstLine is that of an HTTP request
}

type httpConnKey struct{}

// httpConnOf returns the connection of a request, or nil if it comes from a server other
// than an httpServer.
func httpConnOf(r *http.Request) *httpConn {
	c, _ := r.Context().Value(httpConnKey{}).(*httpConn)
	return c
}

// Read returns ErrHTTPPort as soon as it is clear that the client does not speak HTTP.
func (c *httpConn) Read(b []byte) (int, error) {
	n, err := c.TCPConn.Read(b)
	if c.isHTTP.Load() {
		return n, err
	}
	line, _, ended := bytes.Cut(b[:n], []byte("\n"))
	c.firstLine = append(c.firstLine, line...)
	switch {
	case ended && requestLine.Match(append(c.firstLine, '\n')):
		c.firstLine = nil
		c.isHTTP.Store(true)
	case ended, err == io.EOF && len(c.firstLine) > 0, !methodStart.Match(c.firstLine), len(c.firstLine) > maxHeader:
		return 0, ErrHTTPPort
	}
	return n, err
}

// requestLine is the first line of an HTTP request (RFC 9112, section 3), and methodStart
// what a part of it begins with.
var (
	requestLine = regexp.MustCompile("^" + methodChar + `+ .+ HTTP/\d\.\d\r?\n`)
	methodStart = regexp.MustCompile("^" + methodChar + "*( |$)")
)

const methodChar = "[-!#$%&'*+.^_`|~0-9A-Za-z]" // RFC 9110, section 5.6.2

// Write replaces what net/http says by itself to a client that does not speak HTTP. Such
// a client could take it for an answer, if the connection did not end with a reset.
func (c *httpConn) Write(b []byte) (int, error) {
	if c.isHTTP.Load() {
		return c.TCPConn.Write(b)
	}
	newConn(c.service, &rawFront{conn: c.TCPConn, saysHTTP: true}).refuse(ErrHTTPPort)
	return len(b), nil
}

// Close lingers if there is unread input, as conn.linger does. A connection without a
// request ends with a reset: to a client that does not speak HTTP, a FIN would end a
// whole answer.
func (c *httpConn) Close() error {
	c.closing.Do(func() {
		if !c.isHTTP.Load() {
			_ = c.SetLinger(0)
		} else if c.unread.Load() {
			c.linger()
		}
		c.TCPConn.Close()
		c.onClose()
	})
	return nil
}

func (c *httpConn) linger() {
	if c.CloseWrite() != nil {
		return
	}
	var end time.Time
	if longest := c.service.config.Timeout; longest > 0 {
		end = time.Now().Add(longest)
	}
	buf := fdio.GetChunk()
	defer fdio.PutChunk(buf)
	for c.service.alive.Err() == nil && (end.IsZero() || time.Now().Before(end)) {
		_ = c.SetReadDeadline(time.Now().Add(lingerTimeout))
		if _, err := c.TCPConn.Read(buf[:]); err != nil {
			return
		}
	}
}

// reset ends the connection so that not even what is on its way arrives.
func (c *httpConn) reset() {
	c.unread.Store(false)
	_ = c.SetLinger(0)
	c.TCPConn.Close()
}
