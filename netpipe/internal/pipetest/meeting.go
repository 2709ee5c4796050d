package pipetest

import (
	"net"
	"sync"
	"testing"
	"time"

	"imgpipe/netpipe/internal/fdio"
)

// A Meeting is where filters wait for the test: a filter connects to it, and goes on when
// the test closes the connection.
type Meeting struct {
	t *testing.T
	l net.Listener

	mu    sync.Mutex
	conns []net.Conn
}

// NewMeeting listens until the test ends.
func NewMeeting(t *testing.T) *Meeting {
	t.Helper()
	LeavesNothing(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m := &Meeting{t: t, l: l}
	t.Cleanup(m.close)
	return m
}

// String returns the address, for a filter's steps.
func (m *Meeting) String() string { return m.l.Addr().String() }

// Come waits for a process to connect.
func (m *Meeting) Come() net.Conn {
	m.t.Helper()
	_ = m.l.(*net.TCPListener).SetDeadline(time.Now().Add(Patience))
	conn, err := m.l.Accept()
	if err != nil {
		m.t.Fatalf("no process came to the meeting: %v", err)
	}
	m.mu.Lock()
	m.conns = append(m.conns, conn)
	m.mu.Unlock()
	return conn
}

// Dies waits for the end of the process behind conn.
func (m *Meeting) Dies(conn net.Conn) {
	m.t.Helper()
	_ = conn.SetReadDeadline(time.Now().Add(Patience))
	if _, err := conn.Read(make([]byte, 1)); err == nil || fdio.IsTimeout(err) {
		m.t.Errorf("a process that should be dead still lives (%v)", err)
	}
}

func (m *Meeting) close() {
	m.l.Close()
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, conn := range m.conns {
		conn.Close()
	}
}
