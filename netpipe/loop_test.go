package netpipe

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"imgpipe/netpipe/internal/pipetest"
)

// A server that is its own next hop does not start.
func TestLoopAtStart(t *testing.T) {
	pipetest.Parallel(t)
	for _, test := range []struct {
		listen, next string // with the listener's port
		want         bool
	}{
		{"127.0.0.1:0", "127.0.0.1:PORT", true},
		{"127.0.0.1:0", "localhost:PORT", true},
		{"127.0.0.1:0", ":PORT", true},
		{"127.0.0.1:0", "0.0.0.0:PORT", true},
		{"127.0.0.1:0", "127.0.0.2:PORT", false},
		{"127.0.0.1:0", "[::1]:PORT", false},
		{"127.0.0.1:0", "no-such-host.invalid:PORT", false},
		{"127.0.0.1:0", "127.0.0.1:1", false},
		{"0.0.0.0:0", "127.0.0.1:PORT", true},
		{"0.0.0.0:0", "127.0.0.2:PORT", true},
		{"0.0.0.0:0", "192.0.2.1:PORT", false},
		{":0", "localhost:PORT", true},
		{":0", "192.0.2.1:PORT", false},
	} {
		for _, kind := range []string{"", "http://"} {
			l, err := net.Listen("tcp", test.listen)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			_, port, _ := net.SplitHostPort(l.Addr().String())
			s := quick("copy")
			next, err := ParseAddr(kind + strings.ReplaceAll(test.next, "PORT", port))
			if err != nil {
				t.Fatal(err)
			}
			s.Next = []Addr{{Network: "tcp", Address: "127.0.0.1:1"}, next}
			err = s.checkNext(t.Context(), []listener{{Listener: l}})
			if errors.Is(err, ErrLoop) != test.want {
				t.Errorf("listen %s, next %s%s: want a loop %t, got %v", test.listen, kind, test.next, test.want, err)
			}
		}
	}
	s := quick("copy")
	s.Listen = []Addr{{Network: "unix", Address: t.TempDir() + "/socket"}}
	s.Next = s.Listen
	if err := s.Serve(t.Context()); !errors.Is(err, ErrLoop) {
		t.Errorf("a unix socket: want %v, got %v", ErrLoop, err)
	}
}

// An input that comes back over another server by HTTP is refused at once.
func TestLoop(t *testing.T) {
	pipetest.Parallel(t)
	// The second server is started last, when the address of the first one is known.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := overHTTP("copy")
	s.Next = []Addr{{Network: "http", Address: l.Addr().String()}}
	first := start(t, s)
	s = overHTTP("copy")
	s.Next = []Addr{first.addr}
	second := start(t, s)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		from, err := l.Accept()
		if err != nil {
			return
		}
		defer from.Close()
		to := connect(t, second.addr)
		defer to.Close()
		go func() {
			_, _ = io.Copy(to, onlyReader{from}) // without splice, whose pipes stay open
			to.Close()
		}()
		_, _ = io.Copy(from, onlyReader{to})
	}()
	got, err := post(t, first.addr, strings.NewReader("x"), nil)
	got.says(t, err, 508, ErrLoop.Error())
	second.verdict(nextFailed)
	first.verdicts(refused, nextFailed)
	l.Close()
	first.stop()
	_ = first.wait()
	<-ended
}

// Names of servers are handed on, and nothing else of the field.
func TestHopsField(t *testing.T) {
	pipetest.Parallel(t)
	g := loopGuard{"00112233445566ff"}
	for _, test := range []struct {
		fields []string
		want   string
		isLoop bool
	}{
		{nil, "00112233445566ff", false},
		{[]string{"0123456789abcdef"}, "0123456789abcdef, 00112233445566ff", false},
		{[]string{"0123456789abcdef,1123456789abcdef", "2123456789abcdef"}, "0123456789abcdef, 1123456789abcdef, 2123456789abcdef, 00112233445566ff", false},
		{[]string{"x, 0123456789abcdef\r\nX: y, ,", "01"}, "00112233445566ff", false},
		{[]string{"0123456789abcdef, 00112233445566ff"}, "0123456789abcdef, 00112233445566ff, 00112233445566ff", true},
		{[]string{strings.Repeat("0123456789abcdef,", maxHops)}, strings.Repeat("0123456789abcdef, ", maxHops) + "00112233445566ff", true},
	} {
		hops := hopsOf(map[string][]string{hopsField: test.fields})
		if got := g.field(hops); got != hopsField+": "+test.want+"\r\n" || g.isLoop(hops) != test.isLoop {
			t.Errorf("%q: want %q, a loop %t; got %q, %t", test.fields, test.want, test.isLoop, got, g.isLoop(hops))
		}
	}
}
