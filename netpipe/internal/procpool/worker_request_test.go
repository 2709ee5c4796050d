package procpool

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"os"
	"testing"
	"time"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/pipetest"
	"imgpipe/netpipe/worker"
)

// FuzzWorkerRequest checks what comes of the bytes that a worker sends for a request: an
// answer is whole only if a plain reading of the protocol says so. Without input, the request
// has not begun, and no answer is due.
func FuzzWorkerRequest(f *testing.F) {
	record := func(kind worker.Type, id uint16, content string, padding int) []byte {
		b := worker.Header{Type: kind, ID: id, Length: len(content), Padding: padding}.Append(nil)
		return append(append(b, content...), make([]byte, padding)...)
	}
	whole := append(record(worker.Stdout, 1, "answer", 3), record(worker.Stderr, 1, "words", 0)...)
	whole = worker.AppendEnd(whole, 1, 0)
	for _, sent := range [][]byte{
		whole,
		whole[:len(whole)-1],
		append(bytes.Clone(whole), 'x'),
		worker.AppendEnd(record(worker.Stdout, 1, "", 0), 1, 0),
		worker.AppendEnd(nil, 1, 3),
		worker.AppendEnd(nil, 2, 0),
		record(worker.EndRequest, 1, "\x00\x00\x00\x00\x01\x00\x00\x00", 0),
		record(worker.EndRequest, 1, "\x00\x00\x00\x00\x00\x00\x00\x00", 9),
		record(worker.Stdin, 1, "x", 0),
		[]byte("a picture"),
	} {
		f.Add(sent, true)
	}
	f.Add(whole, false)
	f.Fuzz(func(t *testing.T, sent []byte, input bool) {
		if len(sent) > 32<<10 {
			t.Skip("more than a pipe holds")
		}
		want, status, ends := readPlainly(sent)
		p, _, out := playedProcess(t)
		if _, err := out.Write(sent); err != nil {
			t.Fatal(err)
		}
		out.Close() // a worker may end after its answer
		r := newWorkerRequest(p, nil, nil)
		if input {
			c := NewInputChunk()
			defer c.Free()
			c.N, c.Last = copy(c.Room(), "input"), true
			if err := r.Push(&c, Unwatched); err != nil {
				t.Fatal(err)
			}
		}
		answer, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if whole := ends && input && status == 0; (r.Wait() == nil) != whole {
			t.Errorf("want a whole answer: %t; got %v", whole, r.Wait())
		}
		if !bytes.Equal(answer, want) {
			t.Errorf("want %q, got %q", want, answer)
		}
		if answered := r.stage.Load() == answered; answered != (ends && input) {
			t.Errorf("want the worker to go on: %t, got %t", ends && input, answered)
		}
	})
}

// playedProcess returns a worker that a test plays: it gets what is read from in, and sends
// what is written to out.
func playedProcess(t *testing.T) (p *process, in, out *os.File) {
	t.Helper()
	var pipes [3][2]*os.File
	for i := range pipes {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { fdio.CloseFiles(r, w) })
		pipes[i] = [2]*os.File{r, w}
	}
	over := make(chan struct{})
	close(over)
	// A process that has been waited for is not killed.
	p = &process{supervisor: new(supervisor), stdin: pipes[0][1], stdout: pipes[1][0], stderr: pipes[2][0], exited: over, over: over, reaped: true}
	_ = p.stdout.SetReadDeadline(time.Now().Add(pipetest.Patience))
	p.worker = &workerState{answers: bufio.NewReaderSize(p, answerBuffer)}
	return p, pipes[0][0], pipes[1][1]
}

// readPlainly reads the records of request 1: up to the first fault, or to an END_REQUEST
// behind which there is nothing.
func readPlainly(b []byte) (answer []byte, status uint32, ends bool) {
	for len(b) >= 8 && b[0] == 1 && b[2] == 0 && b[3] == 1 {
		kind, length, padding := b[1], int(binary.BigEndian.Uint16(b[4:])), int(b[6])
		b = b[8:]
		content := b[:min(length, len(b))]
		switch kind {
		case 6:
			answer = append(answer, content...)
		case 7:
		case 3:
			if length != 8 || len(b) != 8+padding || content[4] != 0 {
				return answer, 0, false
			}
			return answer, binary.BigEndian.Uint32(content), true
		default:
			return answer, 0, false
		}
		if len(b) < length+padding {
			return answer, 0, false
		}
		b = b[length+padding:]
	}
	return answer, 0, false
}
