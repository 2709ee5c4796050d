package netpipe

import (
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// A caller is an HTTP connection. Its end needs no reset: what the head of a
// response announces tells a whole one.
type caller struct {
	*net.TCPConn
	alive   context.Context
	longest time.Duration // of reading on after the last response; 0 is no limit
	over    bool          // its source has too many: it is told so, and nothing else
	unread  atomic.Bool   // its last request has more to come than was read
	once    sync.Once
	left    func() // called when it's closed
}

type callerKey struct{}

func callerOf(r *http.Request) *caller { return r.Context().Value(callerKey{}).(*caller) }

// Close reads on first, as conn.linger does.
func (c *caller) Close() error {
	c.once.Do(func() {
		if c.unread.Load() {
			c.linger()
		}
		c.TCPConn.Close()
		c.left()
	})
	return nil
}

func (c *caller) linger() {
	if c.CloseWrite() != nil {
		return
	}
	var last time.Time
	if c.longest > 0 {
		last = time.Now().Add(c.longest)
	}
	buf := chunks.Get().(*[chunkSize]byte)
	defer chunks.Put(buf)
	for c.alive.Err() == nil && (last.IsZero() || time.Now().Before(last)) {
		_ = c.SetReadDeadline(time.Now().Add(lingering))
		if _, err := c.Read(buf[:]); err != nil {
			return
		}
	}
}

// cut ends it so that not even what is on its way arrives.
func (c *caller) cut() {
	c.unread.Store(false)
	_ = c.SetLinger(0)
	c.TCPConn.Close()
}
