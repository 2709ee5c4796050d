package procpool

import (
	"bufio"
	"io"
	"testing"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/pipetest"
	"imgpipe/netpipe/worker"
)

// The input of a worker that comes from a socket is in records of the protocol, and all of it
// comes, though it is more than the pipe holds.
func TestWorkerPushFrom(t *testing.T) {
	pipetest.Parallel(t)
	const size = 300_000
	p, in, _ := playedProcess(t)
	r := newWorkerRequest(p, nil, nil)
	s, client := pipetest.Pair(t, "tcp")
	sent := pipetest.Noise(size)
	go func() { _, _ = client.Write(sent) }()
	pushed := make(chan error, 1)
	go func() {
		for left := size; left > 0; {
			n, err := fdio.AwaitBytes(s)
			if err == nil {
				n, err = r.PushFrom(s, n, Unwatched)
			}
			if left -= n; err != nil || left == 0 {
				pushed <- err
				return
			}
		}
	}()
	records := bufio.NewReader(in)
	var got []byte
	for len(got) < size {
		h, err := worker.ReadHeader(records)
		if err != nil || h.Type != worker.Stdin || h.ID != r.id || h.Length == 0 || h.Padding != 0 {
			t.Fatalf("after %d bytes: got %+v and %v", len(got), h, err)
		}
		content := make([]byte, h.Length)
		if _, err := io.ReadFull(records, content); err != nil {
			t.Fatal(err)
		}
		got = append(got, content...)
	}
	if err := <-pushed; err != nil || string(got) != string(sent) {
		t.Errorf("got %d bytes and %v, equal: %t", len(got), err, string(got) == string(sent))
	}
	if r.incomplete || r.stage.Load() != running {
		t.Errorf("incomplete: %t, stage %d", r.incomplete, r.stage.Load())
	}
}

// If a socket gives less than was said, a process has got what came, and a worker's request
// fails: its record cannot be completed.
func TestPushFromShort(t *testing.T) {
	pipetest.Parallel(t)
	send := func() fdio.Socket {
		s, client := pipetest.Pair(t, "tcp")
		if _, err := client.Write([]byte("abc")); err != nil {
			t.Fatal(err)
		}
		if n, err := fdio.AwaitBytes(s); n != 3 || err != nil {
			t.Fatal(n, err)
		}
		return s
	}
	p, in, _ := playedProcess(t)
	if n, err := p.PushFrom(send(), 4, Unwatched); n != 3 || err != nil {
		t.Errorf("a process: want 3 and nil, got %d and %v", n, err)
	}
	got := make([]byte, 8)
	if n, err := in.Read(got); string(got[:n]) != "abc" || err != nil {
		t.Errorf("a process got %q and %v", got[:n], err)
	}
	p, _, _ = playedProcess(t)
	r := newWorkerRequest(p, nil, nil)
	if n, err := r.PushFrom(send(), 4, Unwatched); n != 3 || err == nil {
		t.Errorf("a worker: want 3 and an error, got %d and %v", n, err)
	}
	if err := r.Wait(); err != errShortRecord {
		t.Errorf("a worker: want %v, got %v", errShortRecord, err)
	}
	if _, err := r.PushFrom(send(), 3, Unwatched); err == nil {
		t.Error("a worker that has failed takes input")
	}
}
