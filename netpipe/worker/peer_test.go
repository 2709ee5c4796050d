package worker_test

import (
	"bufio"
	"io"
	"os"
	"testing"

	"imgpipe/netpipe/worker"
)

// A peer is netpipe's side of a worker that runs in the test process.
type peer struct {
	t      *testing.T
	w      io.WriteCloser // the worker's stdin
	r      *bufio.Reader  // the worker's stdout
	stdout io.Closer      // the pipe that r reads
	ended  chan error     // the result of Serve
}

func newPeer(t *testing.T, f worker.Filter) *peer { return newPeerOver(t, filePipe, f) }

func newPeerOver(t *testing.T, pipe func() (io.ReadCloser, io.WriteCloser), f worker.Filter) *peer {
	inR, inW := pipe()
	outR, outW := pipe()
	p := &peer{t: t, w: inW, r: bufio.NewReader(outR), stdout: outR, ended: make(chan error, 1)}
	t.Cleanup(func() {
		inW.Close()
		outR.Close()
	})
	go func() {
		p.ended <- worker.Serve(inR, outW, f)
		inR.Close()
		outW.Close()
	}()
	p.send(worker.AppendGreeting(nil, false))
	if _, err := worker.CheckAnswer(p.r); err != nil {
		t.Fatalf("answer to the greeting: %v", err)
	}
	return p
}

// filePipe returns an operating system pipe, as between netpipe and a worker. It
// buffers some data.
func filePipe() (io.ReadCloser, io.WriteCloser) {
	r, w, err := os.Pipe()
	if err != nil {
		panic(err)
	}
	return r, w
}

// memoryPipe returns a pipe without a buffer.
func memoryPipe() (io.ReadCloser, io.WriteCloser) { return io.Pipe() }

func (p *peer) send(b []byte) {
	p.t.Helper()
	if _, err := p.w.Write(b); err != nil {
		p.t.Fatal(err)
	}
}

// sendInput sends parts as STDIN records with padding, and the record without content.
func (p *peer) sendInput(id uint16, parts ...string) {
	p.t.Helper()
	for _, part := range append(parts, "") {
		b := worker.Header{Type: worker.Stdin, ID: id, Length: len(part), Padding: 3}.Append(nil)
		p.send(append(append(b, part...), "pad"...))
	}
}

// readRecord reads the next record, which must belong to request id.
func (p *peer) readRecord(id uint16) (worker.Type, string) {
	p.t.Helper()
	h, err := worker.ReadHeader(p.r)
	if err != nil || h.ID != id {
		p.t.Fatalf("got header %+v and error %v, want a record of request %d", h, err, id)
	}
	content := make([]byte, h.Length)
	if _, err := io.ReadFull(p.r, content); err != nil {
		p.t.Fatal(err)
	}
	return h.Type, string(content)
}

// readAnswer reads the answer to a request, to its end.
func (p *peer) readAnswer(id uint16) (stdout, stderr string, status uint32) {
	p.t.Helper()
	for {
		switch kind, content := p.readRecord(id); kind {
		case worker.Stdout:
			stdout += content
		case worker.Stderr:
			stderr += content
		case worker.EndRequest:
			status, err := worker.ParseEnd([]byte(content))
			if err != nil {
				p.t.Fatal(err)
			}
			return stdout, stderr, status
		default:
			p.t.Fatalf("got a record of type %d, want STDOUT, STDERR or END_REQUEST", kind)
		}
	}
}
