package netpipe

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"os/exec"
	"testing"
	"time"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/pipetest"
)

func TestConnLimiter(t *testing.T) {
	pipetest.Parallel(t)
	tcp := func(s string) netip.Addr { return ipAddr(net.TCPAddrFromAddrPort(netip.MustParseAddrPort(s))) }
	l := &connLimiter{
		allow:     []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("127.0.0.1/32")},
		perSource: 2,
		total:     6,
		sources:   map[netip.Addr]int{},
	}
	for i, test := range []struct {
		from string
		want error
	}{
		{"192.0.2.1:1", nil},
		{"198.51.100.1:1", ErrNotAllowed},
		{"[::1]:1", ErrNotAllowed},
		{"192.0.2.1:2", nil},
		{"192.0.2.1:3", ErrSourceLimit},
		{"[::ffff:192.0.2.1]:4", ErrSourceLimit}, // the same
		{"192.0.2.2:1", nil},
		{"[2001:db8::1]:1", nil},
		{"[2001:db8::2]:1", nil},
		{"[2001:db8::3]:1", ErrSourceLimit}, // the same /64
		{"[2001:db8:0:1::1]:1", nil},
		{"192.0.2.3:1", ErrNoFiles},
	} {
		if _, got := l.enter(tcp(test.from), false); got != test.want {
			t.Errorf("%d: %s: want %v, got %v", i, test.from, test.want, got)
		}
	}
	l.leave(tcp("192.0.2.1:1"))
	if _, err := l.enter(tcp("192.0.2.1:5"), false); err != nil {
		t.Errorf("after one left: %v", err)
	}
	for _, from := range []string{"192.0.2.1:1", "192.0.2.1:1", "192.0.2.2:1", "[2001:db8::1]:1", "[2001:db8::1]:1", "[2001:db8:0:1::1]:1"} {
		l.leave(tcp(from))
	}
	if l.inside != 0 || len(l.sources) != 0 {
		t.Errorf("at the end: %d inside, sources %v", l.inside, l.sources)
	}
}

func TestConnLimiterUnixSocket(t *testing.T) {
	pipetest.Parallel(t)
	l := &connLimiter{allow: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, perSource: 1, total: 3, sources: map[netip.Addr]int{}}
	for range 3 {
		if _, err := l.enter(ipAddr(&net.UnixAddr{}), false); err != nil {
			t.Errorf("a unix socket has no source: %v", err)
		}
	}
}

// Each client that is let in gets its answer, though all of them leave theirs in the
// server's temporary files.
func TestDescriptorsOfSlowReaders(t *testing.T) {
	pipetest.Parallel(t)
	const clients, size = 40, 6_000_000 // more than sockets hold
	s := quick("read", fmt.Sprintf("write:%d", size))
	s.Pool, s.Max, s.IdleTimeout = 1, 2, 0
	server := startApart(t, s, func(cmd *exec.Cmd) {
		cmd.Env = append(cmd.Env, fmt.Sprintf("NETPIPE_TEST_FILES=%d", filesBesideConns(s, 1)+connFiles*clients))
	})
	var slow []fdio.Socket
	for range clients {
		c := connect(t, server.addr)
		_ = c.(*net.TCPConn).SetReadBuffer(64 << 10)
		send(t, c, pipetest.Noise(10))
		_ = c.CloseWrite()
		if _, err := io.ReadFull(c, make([]byte, 1)); err != nil {
			t.Fatalf("client %d: %v", len(slow), err)
		}
		slow = append(slow, c)
	}
	for i, c := range slow {
		_ = c.SetDeadline(time.Now().Add(pipetest.Patience))
		if n, err := io.Copy(io.Discard, c); n != size-1 || err != nil {
			t.Errorf("client %d: want %d bytes and FIN, got %d and %v", i, size-1, n, err)
		}
	}
}
