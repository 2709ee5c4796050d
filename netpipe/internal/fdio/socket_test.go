package fdio_test

import (
	"errors"
	"io"
	"os"
	"syscall"
	"testing"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/pipetest"
)

func TestIsHungUp(t *testing.T) {
	pipetest.Parallel(t)
	for _, test := range []struct {
		name    string
		network string
		leave   func(fdio.Socket)
		want    bool
	}{
		{"there", "tcp", func(fdio.Socket) {}, false},
		{"half-closed", "tcp", func(s fdio.Socket) { _ = s.CloseWrite() }, false},
		{"reset", "tcp", pipetest.Reset, true},
		{"reset after half-close", "tcp", func(s fdio.Socket) { _ = s.CloseWrite(); pipetest.Reset(s) }, true},
		{"there", "unix", func(fdio.Socket) {}, false},
		{"half-closed", "unix", func(s fdio.Socket) { _ = s.CloseWrite() }, false},
		{"closed", "unix", func(s fdio.Socket) { s.Close() }, true},
		{"closed after half-close", "unix", func(s fdio.Socket) { _ = s.CloseWrite(); s.Close() }, true},
	} {
		this, other := pipetest.Pair(t, test.network)
		test.leave(other)
		if test.want {
			if err := fdio.AwaitHangup(this); err != nil {
				t.Errorf("%s, %s: AwaitHangup: %v", test.network, test.name, err)
			}
			// The error can be taken from the socket; that it is gone stays.
			_, _ = this.Write([]byte("x"))
		}
		if got := fdio.IsHungUp(this); got != test.want {
			t.Errorf("%s, %s: IsHungUp is %t", test.network, test.name, got)
		}
	}
}

func TestAwaitHangupAfterEOF(t *testing.T) {
	pipetest.Parallel(t)
	this, other := pipetest.Pair(t, "tcp")
	if err := other.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if _, err := this.Read(make([]byte, 1)); err != io.EOF {
		t.Fatalf("want EOF, got %v", err)
	}
	seen := make(chan error)
	go func() { seen <- fdio.AwaitHangup(this) }()
	pipetest.Reset(other)
	if err := <-seen; err != nil {
		t.Errorf("want nil once the client is gone, got %v", err)
	}
}

func TestAwaitHangupTimesOut(t *testing.T) {
	pipetest.Parallel(t)
	this, other := pipetest.Pair(t, "tcp")
	_, _ = other.Write([]byte("unread"))
	seen := make(chan error)
	go func() { seen <- fdio.AwaitHangup(this) }()
	_ = this.SetReadDeadline(fdio.Expired)
	if err := <-seen; !fdio.IsTimeout(err) {
		t.Errorf("want the deadline's error, got %v", err)
	}
}

func TestAwaitByte(t *testing.T) {
	pipetest.Parallel(t)
	this, other := pipetest.Pair(t, "tcp")
	_, _ = other.Write([]byte("x"))
	if err := fdio.AwaitByte(this); err != nil {
		t.Errorf("a byte: %v", err)
	}
	b := make([]byte, 1)
	if _, err := this.Read(b); err != nil || b[0] != 'x' {
		t.Errorf("the byte is not there any more: %q, %v", b, err)
	}
	_ = other.CloseWrite()
	if err := fdio.AwaitByte(this); err != io.EOF {
		t.Errorf("half-close: want EOF, got %v", err)
	}

	this, other = pipetest.Pair(t, "tcp")
	pipetest.Reset(other)
	if err := fdio.AwaitByte(this); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("reset: want %v, got %v", syscall.ECONNRESET, err)
	}
}

// TryRead and TryWrite do what is possible at once, and tell an empty or full pipe from
// one that has ended.
func TestTryReadAndWrite(t *testing.T) {
	pipetest.Parallel(t)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer fdio.CloseFiles(r, w, nil)
	want := func(what string, n, wantN int, err, wantErr error) {
		t.Helper()
		if n != wantN || !errors.Is(err, wantErr) {
			t.Errorf("%s: want %d and %v, got %d and %v", what, wantN, wantErr, n, err)
		}
	}
	b := make([]byte, 1<<20)
	n, err := fdio.TryRead(r, b)
	want("read an empty pipe", n, 0, err, nil)
	if fdio.IsReadable(r) {
		t.Error("an empty pipe is readable")
	}
	n, err = fdio.TryWrite(w, b)
	want("write more than a pipe takes", n, fdio.ChunkSize, err, nil)
	n, err = fdio.TryWrite(w, b)
	want("write to a full pipe", n, 0, err, nil)
	if err := fdio.AwaitReadable(r); err != nil || !fdio.IsReadable(r) {
		t.Errorf("a full pipe isn't readable: %v", err)
	}
	n, err = fdio.TryRead(r, b)
	want("read a full pipe", n, fdio.ChunkSize, err, nil)
	w.Close()
	n, err = fdio.TryRead(r, b)
	want("read an ended pipe", n, 0, err, io.EOF)
	r.Close()
	if n, err := fdio.TryRead(r, b); n != 0 || err == nil || err == io.EOF {
		t.Errorf("read a closed pipe: want an error, got %d and %v", n, err)
	}
}

func TestTryWriteWithoutReader(t *testing.T) {
	pipetest.Parallel(t)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	r.Close()
	if !fdio.IsHungUp(w) {
		t.Error("a pipe without a reader isn't hung up")
	}
	if _, err := fdio.TryWrite(w, []byte("x")); err != syscall.EPIPE {
		t.Errorf("want %v, got %v", syscall.EPIPE, err)
	}
}
