package netpipe

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"
)

// pair is a connection: this side and the other.
func pair(t *testing.T, network string) (this, other socket) {
	t.Helper()
	at := "127.0.0.1:0"
	if network == "unix" {
		at = t.TempDir() + "/socket"
	}
	l, err := net.Listen(network, at)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	that := connect(t, Addr{network, l.Addr().String()})
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	return conn.(socket), that
}

// The verdict on a next hop rests on this: what a writer is told after a FIN
// differs from what it is told without one, whatever comes after.
func TestAnsweredEarly(t *testing.T) {
	for _, test := range []struct {
		name string
		fin  bool
	}{{"a reset after a FIN", true}, {"a reset alone", false}} {
		this, other := pair(t, "tcp")
		if test.fin {
			if err := other.CloseWrite(); err != nil {
				t.Fatal(err)
			}
			if _, err := this.Read(make([]byte, 1)); err != io.EOF {
				t.Fatalf("%s: want EOF, got %v", test.name, err)
			}
		}
		reset(other)
		if err := awaitGone(this); err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		_, err := this.Write([]byte("x"))
		if err == nil || answeredEarly(err) != test.fin {
			t.Errorf("%s: a write says %v", test.name, err)
		}
		if _, err := this.Read(make([]byte, 1)); err != io.EOF {
			t.Logf("%s: a second reader is told more than EOF here: %v", test.name, err)
		}
	}
}

func TestGone(t *testing.T) {
	for _, test := range []struct {
		name    string
		network string
		leave   func(socket)
		want    bool
	}{
		{"there", "tcp", func(socket) {}, false},
		{"half-closed", "tcp", func(s socket) { _ = s.CloseWrite() }, false},
		{"reset", "tcp", reset, true},
		{"reset after half-close", "tcp", func(s socket) { _ = s.CloseWrite(); reset(s) }, true},
		{"there", "unix", func(socket) {}, false},
		{"half-closed", "unix", func(s socket) { _ = s.CloseWrite() }, false},
		{"closed", "unix", func(s socket) { s.Close() }, true},
		{"closed after half-close", "unix", func(s socket) { _ = s.CloseWrite(); s.Close() }, true},
	} {
		this, other := pair(t, test.network)
		test.leave(other)
		if test.want {
			if err := awaitGone(this); err != nil {
				t.Errorf("%s, %s: awaitGone: %v", test.network, test.name, err)
			}
			// The error can be taken from the socket; that it is gone stays.
			_, _ = this.Write([]byte("x"))
		}
		if got := isGone(this); got != test.want {
			t.Errorf("%s, %s: gone is %t", test.network, test.name, got)
		}
	}
}

func TestAwaitGoneAfterEOF(t *testing.T) {
	this, other := pair(t, "tcp")
	if err := other.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if _, err := this.Read(make([]byte, 1)); err != io.EOF {
		t.Fatalf("want EOF, got %v", err)
	}
	seen := make(chan error)
	go func() { seen <- awaitGone(this) }()
	reset(other)
	if err := <-seen; err != nil {
		t.Errorf("want nil once the client is gone, got %v", err)
	}
}

func TestAwaitGoneEnds(t *testing.T) {
	this, other := pair(t, "tcp")
	_, _ = other.Write([]byte("unread"))
	seen := make(chan error)
	go func() { seen <- awaitGone(this) }()
	_ = this.SetReadDeadline(past)
	if err := <-seen; !isTimeout(err) {
		t.Errorf("want the deadline's error, got %v", err)
	}
}

func TestAwaitByte(t *testing.T) {
	this, other := pair(t, "tcp")
	_, _ = other.Write([]byte("x"))
	if err := awaitByte(this); err != nil {
		t.Errorf("a byte: %v", err)
	}
	b := make([]byte, 1)
	if _, err := this.Read(b); err != nil || b[0] != 'x' {
		t.Errorf("the byte is not there any more: %q, %v", b, err)
	}
	_ = other.CloseWrite()
	if err := awaitByte(this); err != io.EOF {
		t.Errorf("half-close: want EOF, got %v", err)
	}

	this, other = pair(t, "tcp")
	reset(other)
	if err := awaitByte(this); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("reset: want %v, got %v", syscall.ECONNRESET, err)
	}
}
