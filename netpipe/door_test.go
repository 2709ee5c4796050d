package netpipe

import (
	"fmt"
	"io"
	"net"
	"os/exec"
	"testing"
	"time"
)

// Whoever is let in gets its answer, though all of them leave theirs in the
// server's temporary files.
func TestDescriptorsOfSlowReaders(t *testing.T) {
	const clients, size = 40, 6_000_000 // more than sockets hold
	s := quick("read", fmt.Sprintf("write:%d", size))
	s.Pool, s.Max, s.IdleTimeout = 1, 2, 0
	server := startApart(t, s, func(cmd *exec.Cmd) {
		cmd.Env = append(cmd.Env, fmt.Sprintf("NETPIPE_TEST_FILES=%d", baseFiles+filterFiles*s.Pool+boundFiles*s.Max+connFiles*clients))
	})
	var slow []socket
	for range clients {
		c := connect(t, server.addr)
		_ = c.(*net.TCPConn).SetReadBuffer(64 << 10)
		send(t, c, noise(10))
		_ = c.CloseWrite()
		if _, err := io.ReadFull(c, make([]byte, 1)); err != nil {
			t.Fatalf("client %d: %v", len(slow), err)
		}
		slow = append(slow, c)
	}
	for i, c := range slow {
		_ = c.SetDeadline(time.Now().Add(patience))
		if n, err := io.Copy(io.Discard, c); n != size-1 || err != nil {
			t.Errorf("client %d: want %d bytes and FIN, got %d and %v", i, size-1, n, err)
		}
	}
}
