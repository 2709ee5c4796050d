package netpipe

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"imgpipe/netpipe/internal/fdio"
)

// An httpConn is a connection of an httpServer. It needs no ResetOnClose: the head of
// a response announces a length or chunks, which tell whether the answer is whole.
type httpConn struct {
	fdio.Socket
	from      net.Addr             // of the client, which a PROXY header may have named
	tls       *tls.ConnectionState // what the handshake agreed on; nil without TLS
	service   *service
	isProxy   bool        // from is trusted: requests, not the connection, are counted as those of their clients
	counted   bool        // the connection is counted as one of its client
	overLimit bool        // the source has too many connections: all that it gets is a status 429
	unread    atomic.Bool // the last request has input that was not read
	closing   sync.Once
	onClose   func()

	scanner requestScanner // of what has been read
	fault   error          // of a request: nothing behind it is read
	isHTTP  atomic.Bool    // of scanner
	idle    atomic.Bool    // between two requests, and the next deadline is that of the pause
	handled atomic.Bool    // a handler answers the last request, not net/http by itself
	refused bool           // net/http has answered

	mu    sync.Mutex
	begun bool        // a final response to the last request has begun
	first func() bool // not nil: the first request, which has not come, counts among service.conns
}

type httpConnKey struct{}

// httpConnOf returns the connection of a request, or nil if it comes from a server other
// than an httpServer.
func httpConnOf(r *http.Request) *httpConn {
	c, _ := r.Context().Value(httpConnKey{}).(*httpConn)
	return c
}

// Read leaves out what comes from a fault of a request on. If it is one of the head,
// net/http answers by itself then, by Write.
func (c *httpConn) Read(b []byte) (int, error) {
	switch {
	case c.fault != nil && c.fault != errTrailer && c.handled.Load(): // of a later request: net/http waits for the client's end
		return 0, c.awaitReset()
	case c.fault != nil:
		return 0, c.fault
	}
	n, err := c.Socket.Read(b)
	if err == io.EOF && n == 0 && c.isHalfClosed() {
		return 0, c.awaitReset()
	}
	if n, c.fault = c.scanner.scan(b[:n]); c.fault == nil && err == io.EOF {
		c.fault = c.scanner.end()
	}
	c.isHTTP.Store(c.scanner.isHTTP)
	if c.fault != nil && n == 0 {
		err = c.fault
	} else if c.fault != nil {
		err = nil
	}
	return n, err
}

// isHalfClosed reports whether a client that has sent a whole request, and then a FIN,
// still waits for the response, as far as that can be known: to a client that has closed
// the connection, a status 100 brings a reset, for which awaitReset waits. A client of
// HTTP/1.1 takes any number of these (RFC 9110, section 15.2); one of HTTP/1.0 counts as
// gone.
func (c *httpConn) isHalfClosed() bool {
	if !c.handled.Load() || c.scanner.state != inHead || c.scanner.inLines || c.scanner.head.version10 {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.begun {
		return true
	}
	_, err := io.WriteString(c.Socket, statusContinue)
	return err == nil
}

const statusContinue = "HTTP/1.1 100 Continue\r\n\r\n"

// awaitReset returns ErrReset when the client is gone, or the error of a deadline.
func (c *httpConn) awaitReset() error {
	if err := fdio.AwaitHangup(c.Socket); err != nil {
		return err
	}
	return fdio.ErrReset
}

// Write replaces what net/http says by itself, without a handler, and leaves a record of
// that. To a client that does not speak HTTP it could be an answer, if the connection did
// not end with a reset.
func (c *httpConn) Write(b []byte) (int, error) {
	if c.handled.Load() {
		if string(b) != statusContinue {
			c.setBegun(true)
		}
		return c.Socket.Write(b)
	}
	if !c.refused {
		c.refused = true
		if c.fault == nil {
			c.fault = headErrorOf(b)
		}
		c.unread.Store(true)
		front := newRawFront(c.service, c.Socket, c.from)
		front.says = inHTTP
		newConn(c.service, front).refuse(c.fault)
	}
	return len(b), nil
}

// ReadFrom lets the kernel send a file by itself, where there is no TLS.
func (c *httpConn) ReadFrom(r io.Reader) (int64, error) {
	return c.Socket.(io.ReaderFrom).ReadFrom(r)
}

// requestOver is called between two requests.
func (c *httpConn) requestOver() {
	c.handled.Store(false)
	c.idle.Store(c.isProxy)
	c.setBegun(false)
}

// admit counts the connection as one of its client, or returns why that may not come. A
// trusted proxy may, and is not counted.
func (c *httpConn) admit() (err error) {
	if c.isProxy = c.service.config.trustsPeer(c.from); c.isProxy {
		return nil
	}
	c.overLimit, err = c.service.limiter.enterClient(ipAddr(c.from), true)
	c.counted = err == nil
	return err
}

// RemoteAddr returns the client's address.
func (c *httpConn) RemoteAddr() net.Addr { return c.from }

// proxyIdleTime is how long a connection of a trusted proxy may be idle, at least: longer
// than the proxy leaves it so. Else the proxy could send a request when the connection is
// being closed, and its client would get a status 502. nginx closes idle connections after
// 60 s, AWS's balancer too, Go's client after 90 s, and Google's balancer after 600 s.
const proxyIdleTime = 620 * time.Second

// SetReadDeadline extends the deadline that net/http sets first after a request.
func (c *httpConn) SetReadDeadline(t time.Time) error {
	if c.isProxy && c.idle.Swap(false) && !t.IsZero() {
		if longer := time.Now().Add(proxyIdleTime); t.Before(longer) {
			t = longer
		}
	}
	return c.Socket.SetReadDeadline(t)
}

func (c *httpConn) setBegun(begun bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.begun = begun
}

// headErrorOf returns why net/http refuses a request, by its response.
func headErrorOf(response []byte) error {
	head, text, _ := strings.Cut(string(response), "\r\n\r\n")
	e := &headError{code: http.StatusBadRequest, text: text}
	if fields := strings.Fields(head); len(fields) > 1 {
		if code, err := strconv.Atoi(fields[1]); err == nil {
			e.code = code
		}
	}
	if e.text == "" {
		e.text = http.StatusText(e.code)
	}
	return e
}

// Close lingers if there is unread input, as conn.linger does. A connection without a
// request ends with a reset: to a client that does not speak HTTP, a FIN would end a
// whole answer. With TLS, the end may have to wait for room in the socket's buffer. So while
// the server drains Close does not wait for it: net/http closes idle connections in turn.
func (c *httpConn) Close() error {
	c.closing.Do(func() {
		if c.tls != nil && c.service.draining.Err() != nil {
			go c.end()
		} else {
			c.end()
		}
	})
	return nil
}

// end closes the connection. One that is cut off has no close_notify, which would have to
// wait for another goroutine's Write to a client that may take nothing.
func (c *httpConn) end() {
	switch {
	case !c.isHTTP.Load():
		fdio.MakeReset(c.Socket)
	case c.tls != nil && c.service.alive.Err() != nil:
	case c.unread.Load():
		c.linger()
	case c.tls != nil:
		_ = c.halfClose()
	}
	c.Socket.Close()
	c.firstOver()
	c.onClose()
}

// awaitFirst counts the first request among service.conns before it comes: the connection
// has been accepted. When the server drains, the request may still take firstByteTime
// from then on.
func (c *httpConn) awaitFirst() {
	accepted := time.Now()
	c.service.conns.Add(1)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.first = context.AfterFunc(c.service.draining, func() {
		time.AfterFunc(time.Until(accepted.Add(firstByteTime)), c.firstOver)
	})
}

// takeFirst reports whether this is the first request, and in time; conns.Done must
// follow.
func (c *httpConn) takeFirst() bool {
	c.mu.Lock()
	stop := c.first
	c.first = nil
	c.mu.Unlock()
	if stop == nil {
		return false
	}
	stop()
	return true
}

// firstOver ends awaitFirst if the first request is none that counts, or does not come.
func (c *httpConn) firstOver() {
	if c.takeFirst() {
		c.service.conns.Done()
	}
}

func (c *httpConn) linger() {
	if c.halfClose() != nil {
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
		if _, err := c.Socket.Read(buf[:]); err != nil {
			return
		}
	}
}

// reset ends the connection so that not even what is on its way arrives.
func (c *httpConn) reset() {
	c.unread.Store(false)
	fdio.MakeReset(c.Socket)
	c.Socket.Close()
}

// halfClose has a limit of time for TLS, whose end takes room in the socket's buffer.
func (c *httpConn) halfClose() error {
	_ = c.SetWriteDeadline(time.Now().Add(lingerTimeout))
	return c.CloseWrite()
}
