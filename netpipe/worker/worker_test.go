package worker_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"syscall"
	"testing"

	"imgpipe/netpipe/worker"
)

func cat(w io.Writer, r io.Reader) error {
	_, err := io.Copy(w, r)
	return err
}

// A filter gets each byte of its input once, whether it reads it or has it written, to its
// answer or to a writer that fails.
func TestServeInputIsWritten(t *testing.T) {
	parts := []string{"abc", strings.Repeat("large", worker.MaxContent/5), "x"}
	whole := strings.Join(parts, "")
	for _, first := range []int{0, 1, 3, 4, 70_000} {
		for name, take := range map[string]func(w io.Writer, r io.Reader) error{
			"read": func(w io.Writer, r io.Reader) error {
				_, err := io.CopyN(w, struct{ io.Reader }{r}, int64(min(first, len(whole))))
				return err
			},
			"written to a writer that fails": func(w io.Writer, r io.Reader) error {
				n, err := r.(io.WriterTo).WriteTo(&failingWriter{w, first})
				if n != int64(min(first, len(whole))) || first < len(whole) && err != errFull {
					return fmt.Errorf("got %d and %v", n, err)
				}
				return nil
			},
		} {
			p := newPeer(t, func(w io.Writer, r io.Reader) error {
				if err := take(w, r); err != nil {
					return err
				}
				return cat(w, r)
			})
			p.send(worker.AppendBegin(nil, 1))
			go p.sendInput(1, parts...)
			if got, stderr, status := p.readAnswer(1); got != whole || status != 0 {
				t.Errorf("%d bytes are %s: %d of %d bytes, status %d, %s", first, name, len(got), len(whole), status, stderr)
			}
		}
	}
}

var errFull = errors.New("full")

// A failingWriter takes some bytes.
type failingWriter struct {
	w    io.Writer
	room int
}

func (f *failingWriter) Write(b []byte) (int, error) {
	n, err := f.w.Write(b[:min(len(b), f.room)])
	if f.room -= n; err == nil && n < len(b) {
		err = errFull
	}
	return n, err
}

// TestLast: a worker's input is closed before the last answer ends. The filter's
// goroutines may go on for a while, and change nothing.
func TestLast(t *testing.T) {
	stop := make(chan struct{})
	defer close(stop)
	p := newPeer(t, func(w io.Writer, r io.Reader) error {
		go func() {
			for {
				select {
				case <-stop:
					return
				default:
					_, _ = w.Write([]byte("late"))
					_, _ = r.Read(make([]byte, 1))
				}
			}
		}()
		return worker.Last(errors.New("too much"))
	})
	p.send(worker.AppendBegin(nil, 1))
	if _, stderr, status := p.readAnswer(1); stderr != "too much" || status != 1 {
		t.Errorf("got stderr %q and status %d, want what the filter said and 1", stderr, status)
	}
	if _, err := p.w.Write([]byte{1}); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("a write to the worker after its last answer: %v, want EPIPE", err)
	}
	if err := <-p.ended; err != nil {
		t.Error(err)
	}
}

func TestServe(t *testing.T) {
	large := strings.Repeat("0123456789abcdef", 20000)
	for _, test := range []struct {
		name   string
		filter worker.Filter
		input  []string
		stdout string
		stderr string
		status uint32
	}{
		{"copies", cat, []string{"one", "two"}, "onetwo", "", 0},
		{"nothing", cat, nil, "", "", 0},
		{"a large answer", func(w io.Writer, r io.Reader) error {
			_, err := io.WriteString(w, large)
			return err
		}, []string{"x"}, large, "", 0},
		{"an error", func(w io.Writer, r io.Reader) error {
			_, _ = io.WriteString(w, "a part")
			return errors.New("bad input")
		}, []string{"x", "y"}, "", "bad input", 1},
		{"a long error", func(w io.Writer, r io.Reader) error { return errors.New(large) }, nil, "", large[:worker.MaxContent], 1},
		{"a panic", func(w io.Writer, r io.Reader) error { panic("oh") }, []string{"x"}, "", "the filter failed: oh", 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newPeer(t, test.filter)
			for _, id := range []uint16{1, 2, 65535} {
				sent := make(chan struct{})
				go func() {
					defer close(sent)
					p.send(worker.AppendBegin(nil, id))
					p.sendInput(id, test.input...)
				}()
				stdout, stderr, status := p.readAnswer(id)
				<-sent
				if stdout != test.stdout || stderr != test.stderr || status != test.status {
					t.Errorf("request %d: got stdout %.20q, stderr %.20q, status %d; want %.20q, %.20q, %d", id, stdout, stderr, status, test.stdout, test.stderr, test.status)
				}
			}
			p.w.Close()
			if err := <-p.ended; err != nil {
				t.Errorf("got error %v at the end of stdin, want none", err)
			}
		})
	}
}

// TestServeStreams checks that Serve sends what the filter wrote before it waits for
// input.
func TestServeStreams(t *testing.T) {
	t.Run("files", func(t *testing.T) { serveStreams(t, filePipe) })
	t.Run("in memory", func(t *testing.T) { serveStreams(t, memoryPipe) })
}

func serveStreams(t *testing.T, pipe func() (io.ReadCloser, io.WriteCloser)) {
	p := newPeerOver(t, pipe, func(w io.Writer, r io.Reader) error {
		var b [10]byte
		for {
			n, err := r.Read(b[:])
			fmt.Fprintf(w, "%d", n)
			if err != nil {
				return nil
			}
		}
	})
	p.send(worker.AppendBegin(nil, 1))
	for _, part := range []string{"x", "yy"} {
		p.send(append(worker.Header{Type: worker.Stdin, ID: 1, Length: len(part)}.Append(nil), part...))
		want := fmt.Sprint(len(part))
		if kind, content := p.readRecord(1); kind != worker.Stdout || content != want {
			t.Errorf("got %q of type %d, want %q of type %d", content, kind, want, worker.Stdout)
		}
	}
}

// TestServeToClosedPipe checks that a worker ends when its stdout is closed.
func TestServeToClosedPipe(t *testing.T) {
	p := newPeer(t, cat)
	p.stdout.Close()
	all := worker.AppendBegin(nil, 1)
	all = append(worker.Header{Type: worker.Stdin, ID: 1, Length: 1}.Append(all), 'x')
	p.send(worker.Header{Type: worker.Stdin, ID: 1}.Append(all)) // in one write: the worker may end at the x
	if err := <-p.ended; !errors.Is(err, syscall.EPIPE) {
		t.Errorf("got error %v, want %v", err, syscall.EPIPE)
	}
}

// TestServeBothAtOnce has a filter read and write in two goroutines.
func TestServeBothAtOnce(t *testing.T) {
	p := newPeer(t, func(w io.Writer, r io.Reader) error {
		piped, in := io.Pipe()
		go func() {
			_, err := io.Copy(in, r)
			in.CloseWithError(err)
		}()
		_, err := io.CopyBuffer(struct{ io.Writer }{w}, piped, make([]byte, 100))
		return err
	})
	want := strings.Repeat("0123456789abcdef", 20000)
	go func() {
		p.send(worker.AppendBegin(nil, 1))
		var parts []string
		for b := range slices.Chunk([]byte(want), 999) {
			parts = append(parts, string(b))
		}
		p.sendInput(1, parts...)
	}()
	if got, _, status := p.readAnswer(1); got != want || status != 0 {
		t.Errorf("got %d bytes (equal: %t) and status %d, want %d bytes and status 0", len(got), got == want, status, len(want))
	}
}

// TestServeLateWrite checks that a writer of an earlier request cannot write into the
// next answer.
func TestServeLateWrite(t *testing.T) {
	var late io.Writer
	p := newPeer(t, func(w io.Writer, r io.Reader) error {
		if late != nil {
			if _, err := late.Write([]byte("late")); err == nil {
				t.Error("got no error from a write to the earlier answer, want one")
			}
		}
		late = w
		_, err := io.Copy(w, r)
		return err
	})
	for _, id := range []uint16{1, 2} {
		go func() {
			p.send(worker.AppendBegin(nil, id))
			p.sendInput(id, "own")
		}()
		if got, _, status := p.readAnswer(id); got != "own" || status != 0 {
			t.Errorf("got %q and status %d, want own and 0", got, status)
		}
	}
}

// TestServeRefuses checks that Serve returns an error for input that breaks the
// protocol.
func TestServeRefuses(t *testing.T) {
	begin := worker.AppendBegin(nil, 7)
	stdin := func(id uint16) []byte { return worker.Header{Type: worker.Stdin, ID: id, Length: 1}.Append(nil) }
	for _, test := range []struct {
		name  string
		input []byte
	}{
		{"another program's input", []byte("\xff\xd8\xff\xe0 a picture")},
		{"one byte of it", []byte("\xff")},
		{"half a header", begin[:5]},
		{"half a BEGIN_REQUEST", begin[:12]},
		{"input before a request", stdin(7)},
		{"a request without an id", worker.AppendBegin(nil, 0)},
		{"another request's input", append(bytes.Clone(begin), stdin(8)...)},
		{"a request in a request", append(bytes.Clone(begin), begin...)},
		{"input that is cut", append(bytes.Clone(begin), stdin(7)...)},
		{"no end of the input", append(append(bytes.Clone(begin), stdin(7)...), 'x')},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			if err := worker.Serve(bytes.NewReader(test.input), &out, cat); err == nil {
				t.Error("got no error, want one")
			}
			if bytes.Contains(out.Bytes(), worker.AppendEnd(nil, 7, 0)) {
				t.Error("got status 0, want none")
			}
		})
	}
}
