package fdio_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/pipetest"
)

// What Splice moves comes out of the pipe as it was sent, though the pipe holds less. What
// was not asked for stays in the socket.
func TestSplice(t *testing.T) {
	pipetest.Parallel(t)
	for _, network := range []string{"tcp", "unix"} {
		for _, size := range []int{1, fdio.ChunkSize, 3_000_000} {
			this, other := pipetest.Pair(t, network)
			r, w := newPipe(t)
			sent := pipetest.Noise(size + 1)
			go func() {
				_, _ = other.Write(sent)
				_ = other.CloseWrite()
			}()
			moved := make(chan error, 1)
			go func() {
				defer w.Close()
				moved <- spliceAll(w, this, size)
			}()
			if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, sent[:size]) {
				t.Errorf("%s, %d bytes: got %d and %v, equal: %t", network, size, len(got), err, bytes.Equal(got, sent[:size]))
			}
			if err := <-moved; err != nil {
				t.Errorf("%s, %d bytes: %v", network, size, err)
			}
			if left, err := io.ReadAll(this); err != nil || !bytes.Equal(left, sent[size:]) {
				t.Errorf("%s, %d bytes: %d are left, and %v", network, size, len(left), err)
			}
			if n, err := fdio.AwaitBytes(this); n != 0 || err != io.EOF {
				t.Errorf("%s, %d bytes: at the end: want EOF, got %d and %v", network, size, n, err)
			}
		}
	}
}

// spliceAll moves n bytes as they come.
func spliceAll(w *os.File, s fdio.Socket, n int) error {
	for n > 0 {
		has, err := fdio.AwaitBytes(s)
		if err != nil {
			return err
		}
		has = min(has, n)
		moved, err := fdio.Splice(w, s, has)
		if err != nil || moved < has {
			return errors.Join(err, io.ErrShortWrite)
		}
		n -= moved
	}
	return nil
}

// A pipe that is full takes nothing at once, and one without a reader is an error.
func TestTrySplice(t *testing.T) {
	pipetest.Parallel(t)
	this, other := pipetest.Pair(t, "tcp")
	r, w := newPipe(t)
	send := func() {
		t.Helper()
		if _, err := other.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		if n, err := fdio.AwaitBytes(this); n != 1 || err != nil {
			t.Fatalf("want 1 byte, got %d and %v", n, err)
		}
	}
	send()
	if n, err := fdio.TryWrite(w, make([]byte, fdio.ChunkSize)); n != fdio.ChunkSize || err != nil {
		t.Fatal(n, err)
	}
	if n, err := fdio.TrySplice(w, this, 1); n != 0 || err != nil {
		t.Errorf("full: want 0 and nil, got %d and %v", n, err)
	}
	if _, err := io.CopyN(io.Discard, r, fdio.ChunkSize); err != nil {
		t.Fatal(err)
	}
	if n, err := fdio.TrySplice(w, this, 1); n != 1 || err != nil {
		t.Errorf("with room: want 1 and nil, got %d and %v", n, err)
	}
	send()
	r.Close()
	if _, err := fdio.TrySplice(w, this, 1); err != syscall.EPIPE {
		t.Errorf("without a reader: want %v, got %v", syscall.EPIPE, err)
	}
	if _, err := fdio.Splice(w, this, 1); err != syscall.EPIPE {
		t.Errorf("without a reader, Splice: want %v, got %v", syscall.EPIPE, err)
	}
	w.Close()
	if n, err := fdio.Splice(w, this, 1); n != 0 || err == nil {
		t.Errorf("closed: want an error, got %d and %v", n, err)
	}
}

// A socket that gives no more does not keep Splice waiting.
func TestSpliceShort(t *testing.T) {
	pipetest.Parallel(t)
	_, w := newPipe(t)
	this, other := pipetest.Pair(t, "tcp")
	_, _ = other.Write([]byte("ab"))
	if err := sendUrgent(other, "c"); err != nil {
		t.Fatal(err)
	}
	awaitUrgent(t, this)
	if n, err := fdio.AwaitBytes(this); n != 2 || err != nil {
		t.Errorf("want 2 bytes, got %d and %v", n, err)
	}
	if n, err := fdio.Splice(w, this, 4); n != 2 || err != nil {
		t.Errorf("up to urgent data: want 2 and nil, got %d and %v", n, err)
	}
	_, _ = other.Write([]byte("d"))
	if n, err := fdio.AwaitBytes(this); n != 0 || err != nil {
		t.Errorf("at urgent data: want 0 and nil, got %d and %v", n, err)
	}

	this, other = pipetest.Pair(t, "tcp")
	pipetest.Reset(other)
	if _, err := fdio.AwaitBytes(this); !errors.Is(err, fdio.ErrReset) {
		t.Errorf("reset: want %v, got %v", fdio.ErrReset, err)
	}
	if n, err := fdio.Splice(w, this, 1); n != 0 || err != nil && !errors.Is(err, fdio.ErrReset) {
		t.Errorf("reset: want 0, got %d and %v", n, err)
	}
}

// sendUrgent sends urgent data.
func sendUrgent(s fdio.Socket, text string) error {
	raw, err := s.SyscallConn()
	if err != nil {
		return err
	}
	closed := raw.Control(func(fd uintptr) { err = unix.Sendto(int(fd), []byte(text), unix.MSG_OOB, nil) })
	return errors.Join(closed, err)
}

// awaitUrgent waits until urgent data has come.
func awaitUrgent(t *testing.T, s fdio.Socket) {
	t.Helper()
	raw, err := s.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	_ = raw.Control(func(fd uintptr) {
		p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLPRI}}
		for n := 0; n == 0 || err == unix.EINTR; {
			n, err = unix.Poll(p, -1)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

// newPipe returns the ends of a pipe until the test ends.
func newPipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { fdio.CloseFiles(r, w) })
	return r, w
}
