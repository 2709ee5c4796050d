package worker

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"sync"
)

// recordSize is that of a record which just fits into a pipe.
const recordSize = 64 << 10

// A Filter reads one input and writes its answer; an error says why that isn't
// whole. It may read and write at the same time, in several goroutines, all of
// which have ended when it returns. It keeps nothing from one request to the next.
type Filter func(w io.Writer, r io.Reader) error

// Serve is a worker's life: it answers the requests that come on r, until r
// ends. An error of f, or a panic, is the answer to that one request; an error
// of Serve says that there can't be another.
//
// What f writes is sent when there are 64 KiB of it, and before r is waited for.
//
// On Linux, r and w become non-blocking if they are files.
func Serve(r io.Reader, w io.Writer, f Filter) error {
	s := &server{w: w, out: make([]byte, 0, recordSize)}
	in := io.Reader(&flushing{s, r})
	if f, ok := r.(*os.File); ok {
		p, err := newPipeReader(f, s.idle)
		if err != nil {
			return err
		}
		defer p.Close()
		in = p
	}
	if f, ok := w.(*os.File); ok {
		p, err := newPipeWriter(f)
		if err != nil {
			return err
		}
		s.w = p
	}
	s.r = bufio.NewReaderSize(in, recordSize)
	for {
		h, err := ReadHeader(s.r)
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case h.Type == GetValues && h.ID == 0:
			err = s.greet(h)
		case h.Type == BeginRequest && h.ID != 0:
			err = s.serve(h, f)
		default:
			return errNoRecord
		}
		if err != nil {
			return err
		}
	}
}

// A server is a worker with what it reads and writes.
type server struct {
	r  *bufio.Reader
	id uint16 // of the request

	mu  sync.Mutex // a filter may read, which flushes, while it writes
	w   io.Writer
	out []byte // a STDOUT record that isn't sent yet, with its header's place; or nothing
	err error  // why nothing can be written any more
}

// A flushing reader lets nobody wait for what is already there.
type flushing struct {
	*server
	r io.Reader
}

func (f *flushing) Read(b []byte) (int, error) {
	if err := f.idle(); err != nil {
		return 0, err
	}
	return f.r.Read(b)
}

// idle sends what is there, before a wait.
func (s *server) idle() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.flush()
}

func (s *server) greet(h Header) error {
	if _, err := s.r.Discard(h.Length + h.Padding); err != nil {
		return cut(err)
	}
	b := Header{Type: GetValuesResult, Length: len(answer)}.Append(nil)
	_, err := s.w.Write(append(b, answer...))
	return err
}

// serve answers one request, and reads its input to the end.
func (s *server) serve(h Header, f Filter) error {
	if _, err := s.r.Discard(h.Length + h.Padding); err != nil {
		return cut(err)
	}
	s.id = h.ID
	in := &input{server: s}
	out := &output{server: s}
	err := f.safely(out, in)
	out.close()
	if in.err != nil && in.err != io.EOF {
		return in.err
	}
	if s.err != nil {
		return s.err
	}
	if err := s.end(err); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, in)
	return err
}

// safely is f with a panic as its error.
func (f Filter) safely(w io.Writer, r io.Reader) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("the filter failed: %v", cause)
		}
	}()
	return f(w, r)
}

// An output is a request's. Nothing that is written to it later gets into
// another answer.
type output struct {
	*server
	closed bool
}

func (o *output) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
}

// Write takes a piece of the answer.
func (o *output) Write(b []byte) (written int, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return 0, io.ErrClosedPipe
	}
	s := o.server
	for len(b) > 0 && s.err == nil {
		if len(s.out) == 0 {
			s.out = s.out[:HeaderSize]
		}
		n := min(len(b), cap(s.out)-len(s.out))
		s.out = append(s.out, b[:n]...)
		written += n
		b = b[n:]
		if len(s.out) == cap(s.out) {
			_ = s.flush()
		}
	}
	return written, s.err
}

// record gives the STDOUT record that isn't sent yet.
func (s *server) record() []byte {
	b := s.out
	if len(b) > 0 {
		Header{Type: Stdout, ID: s.id, Length: len(b) - HeaderSize}.Append(b[:0])
	}
	s.out = b[:0]
	return b
}

// flush sends it. The caller holds s.mu.
func (s *server) flush() error {
	if len(s.out) > 0 && s.err == nil {
		_, s.err = s.w.Write(s.record())
	}
	return s.err
}

// end sends the rest of the answer and its status.
func (s *server) end(failed error) error {
	if failed == nil {
		_, err := s.w.Write(AppendEnd(s.record(), s.id, 0))
		return err
	}
	s.out = s.out[:0]
	text := failed.Error()
	text = text[:min(len(text), MaxContent)]
	b := append(Header{Type: Stderr, ID: s.id, Length: len(text)}.Append(nil), text...)
	_, err := s.w.Write(AppendEnd(b, s.id, 1))
	return err
}

// An input is a request's, as records.
type input struct {
	*server
	left    int // of the record's content
	padding int
	err     error // io.EOF after the record without content
}

func (in *input) Read(b []byte) (int, error) {
	for in.left == 0 && in.err == nil {
		in.err = in.next()
	}
	if in.err != nil {
		return 0, in.err
	}
	n, err := in.r.Read(b[:min(len(b), in.left)])
	in.left -= n
	in.err = cut(err)
	return n, in.err
}

// next goes to the next record.
func (in *input) next() error {
	if _, err := in.r.Discard(in.padding); err != nil {
		return cut(err)
	}
	h, err := ReadHeader(in.r)
	switch {
	case err != nil:
		return cut(err)
	case h.Type != Stdin || h.ID != in.id:
		return errNoRecord
	}
	in.left, in.padding = h.Length, h.Padding
	if h.Length > 0 {
		return nil
	}
	if _, err := in.r.Discard(in.padding); err != nil {
		return cut(err)
	}
	return io.EOF
}

// cut is err where no end is expected.
func cut(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
