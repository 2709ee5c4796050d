package netpipe

import (
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"imgpipe/netpipe/internal/fdio"
)

// An httpConn is a connection of an httpServer. It needs no ResetOnClose: the head of
// a response announces a length or chunks, which tell whether the answer is whole.
type httpConn struct {
	*net.TCPConn
	alive     context.Context // done: the connection ends at once
	longest   time.Duration   // of lingering; 0 means no limit
	overLimit bool            // the source has too many connections: all that it gets is a status 429
	unread    atomic.Bool     // the last request has input that was not read
	closing   sync.Once
	onClose   func()
}

type httpConnKey struct{}

// httpConnOf returns the connection of a request, or nil if it comes from a server other
// than an httpServer.
func httpConnOf(r *http.Request) *httpConn {
	c, _ := r.Context().Value(httpConnKey{}).(*httpConn)
	return c
}

// Close lingers if there is unread input, as conn.linger does.
func (c *httpConn) Close() error {
	c.closing.Do(func() {
		if c.unread.Load() {
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
	if c.longest > 0 {
		end = time.Now().Add(c.longest)
	}
	buf := fdio.GetChunk()
	defer fdio.PutChunk(buf)
	for c.alive.Err() == nil && (end.IsZero() || time.Now().Before(end)) {
		_ = c.SetReadDeadline(time.Now().Add(lingerTimeout))
		if _, err := c.Read(buf[:]); err != nil {
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
