package statusport

import (
	"net"
	"slices"
	"sync"
)

// openConns are the open connections of a port, MaxConns at most. Each new one is let in, so
// that clients that are silent, or slow, keep no health check out: in its place the oldest one
// is closed of those whose request has not come; the oldest of all if each has a request.
type openConns struct {
	mu   sync.Mutex
	open []openConn // the oldest is first
}

type openConn struct {
	net.Conn
	answered bool // its request has come
}

// add lets a connection in.
func (s *openConns) add(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.open) == MaxConns {
		i := max(0, slices.IndexFunc(s.open, func(c openConn) bool { return !c.answered }))
		s.open[i].Close()
		s.open = slices.Delete(s.open, i, i+1)
	}
	s.open = append(s.open, openConn{Conn: conn})
}

// answer notes that the request of a connection has come.
func (s *openConns) answer(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := s.index(conn); i >= 0 {
		s.open[i].answered = true
	}
}

// remove forgets a connection that is closed.
func (s *openConns) remove(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := s.index(conn); i >= 0 {
		s.open = slices.Delete(s.open, i, i+1)
	}
}

// index returns the place of a connection, -1 if add has closed it. The caller holds s.mu.
func (s *openConns) index(conn net.Conn) int {
	return slices.IndexFunc(s.open, func(c openConn) bool { return c.Conn == conn })
}
