package worker

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
)

// recordSize is the size of the largest record that is sent, header included: the
// capacity of a pipe.
const recordSize = 64 << 10

// A Filter reads one input from r and writes the answer to w. An error says why the
// answer is not complete.
//
// A Filter may read and write at the same time, in several goroutines, which must have
// ended when it returns. It should carry nothing over from one request to the next.
type Filter func(w io.Writer, r io.Reader) error

// Last returns an error for a Filter after which the worker shall serve no other
// request, for example because the filter cannot be stopped: here its goroutines may
// still run when it returns.
func Last(err error) error { return &lastError{err} }

type lastError struct{ error }

func (e *lastError) Unwrap() error { return e.error }

// Serve runs a worker: it reads requests from r and writes the answers of f to w. It
// returns nil at the end of r. A worker calls Serve with os.Stdin and os.Stdout.
//
// If f returns an error or panics, Serve reports that as the failure of the request and
// continues with the next request; after an error of Last, Serve closes r if it can, and
// returns nil. Serve returns an error if r does not follow the protocol, or if r or w
// fails.
//
// Serve buffers up to 64 KiB of the answer. It sends the buffer when it is full and
// before it waits for input.
//
// On Linux, Serve sets r and w to non-blocking mode if they are files.
//
// Serve tells netpipe that the worker takes no parameters; see [ServeParams].
func Serve(r io.Reader, w io.Writer, f Filter) error {
	return serve(r, w, &server{newFilter: func([]Param) (Filter, error) { return f, nil }})
}

// ServeParams is Serve for a worker that takes parameters. For each request newFilter
// returns the Filter for the parameters of that request, of which there may be none. An
// error of newFilter says which parameter is wrong, and fails the request before the
// input is read.
func ServeParams(r io.Reader, w io.Writer, newFilter func([]Param) (Filter, error)) error {
	return serve(r, w, &server{newFilter: newFilter, takesParams: true})
}

// serve is Serve and ServeParams.
func serve(r io.Reader, w io.Writer, s *server) error {
	s.w, s.out = w, make([]byte, 0, recordSize)
	in := io.Reader(&flushingReader{s, r})
	if c, ok := r.(io.Closer); ok {
		s.input = append(s.input, c)
	}
	if f, ok := r.(*os.File); ok {
		p, err := newPipeReader(f, s.flush)
		if err != nil {
			return err
		}
		defer p.Close()
		s.input = append(s.input, p)
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
			err = s.serve(h)
		default:
			return ErrProtocol
		}
		switch {
		case err == errWasLast:
			return nil
		case err != nil:
			return err
		}
	}
}

// A server is the state of one Serve.
type server struct {
	newFilter   func([]Param) (Filter, error)
	takesParams bool

	r     *bufio.Reader
	input []io.Closer // what r reads
	id    uint16      // of the current request

	mu  sync.Mutex // guards the fields below: a read flushes, while the filter may write
	w   io.Writer
	out []byte // a STDOUT record not sent yet, after space for its header; or empty
	err error  // the first error of w
}

// A flushingReader sends the buffered answer before each read of r, because the read
// may wait.
type flushingReader struct {
	*server
	r io.Reader
}

func (f *flushingReader) Read(b []byte) (int, error) {
	if err := f.flush(); err != nil {
		return 0, err
	}
	return f.r.Read(b)
}

// flush sends the buffered part of the answer.
func (s *server) flush() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.flushLocked()
}

// greet answers the greeting, whose header has been read.
func (s *server) greet(h Header) error {
	question := make([]byte, h.Length+h.Padding)
	if _, err := io.ReadFull(s.r, question); err != nil {
		return unexpectedEOF(err)
	}
	content := answer
	if s.takesParams && string(question[:h.Length]) == greetingParams {
		content = answerParams
	}
	b := Header{Type: GetValuesResult, Length: len(content)}.Append(nil)
	_, err := s.w.Write(append(b, content...))
	return err
}

// serve answers one request, whose BEGIN_REQUEST header has been read. It reads the
// input to its end, even if the filter did not.
func (s *server) serve(h Header) error {
	if _, err := s.r.Discard(h.Length + h.Padding); err != nil {
		return unexpectedEOF(err)
	}
	s.id = h.ID
	var params []Param
	if s.takesParams {
		var err error
		if params, err = s.readParams(); err != nil {
			return err
		}
	}
	in := &input{server: s}
	out := &output{server: s}
	err := s.filter(out, in, params)
	out.close()
	if last := new(lastError); errors.As(err, &last) {
		return s.endLast(err)
	}
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

// filter calls the filter and turns a panic into an error. An error of newFilter is a
// *paramsError.
func (s *server) filter(w io.Writer, r io.Reader, params []Param) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("the filter failed: %v", cause)
		}
	}()
	f, err := s.newFilter(params)
	if err != nil {
		return &paramsError{err}
	}
	return f(w, r)
}

// A paramsError is why a filter refuses the parameters of a request.
type paramsError struct{ error }

// An output is the answer to one request, as the filter writes it. After the request it
// is closed: a goroutine that the filter left behind cannot write into the next answer.
type output struct {
	*server
	closed bool
}

func (o *output) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
}

// Write buffers a part of the answer and sends full records.
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
			_ = s.flushLocked()
		}
	}
	return written, s.err
}

// takeRecord returns the buffered STDOUT record, or nothing, and empties the buffer.
func (s *server) takeRecord() []byte {
	b := s.out
	if len(b) > 0 {
		Header{Type: Stdout, ID: s.id, Length: len(b) - HeaderSize}.Append(b[:0])
	}
	s.out = b[:0]
	return b
}

// flushLocked is flush for a caller that holds s.mu.
func (s *server) flushLocked() error {
	if len(s.out) > 0 && s.err == nil {
		_, s.err = s.w.Write(s.takeRecord())
	}
	return s.err
}

// end sends the rest of the answer and END_REQUEST; or, if the filter failed, the error
// as STDERR in place of the buffered part of the answer.
func (s *server) end(failed error) error {
	if failed == nil {
		_, err := s.w.Write(AppendEnd(s.takeRecord(), s.id, 0))
		return err
	}
	s.out = s.out[:0]
	text := failed.Error()
	text = text[:min(len(text), MaxContent)]
	b := append(Header{Type: Stderr, ID: s.id, Length: len(text)}.Append(nil), text...)
	status := uint32(1)
	if errors.As(failed, new(*paramsError)) {
		status = ParamsStatus
	}
	_, err := s.w.Write(AppendEnd(b, s.id, status))
	return err
}

// errWasLast ends Serve after an error of Last.
var errWasLast = errors.New("that was the last request")

// endLast is end for an error of Last. netpipe sends no other request to a worker that
// has closed its input.
func (s *server) endLast(failed error) error {
	for _, c := range s.input {
		c.Close()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return cmp.Or(s.err, s.end(failed), errWasLast)
}

// An input reads the input of one request from its STDIN records (FastCGI 1.0, section
// 5.3).
type input struct {
	*server
	left    int   // bytes of the current record's content not read yet
	padding int   // bytes after it
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
	in.err = unexpectedEOF(err)
	return n, in.err
}

// WriteTo writes the rest of the input out of the buffer that it was read to: a filter that
// uses io.Copy needs no buffer between.
func (in *input) WriteTo(w io.Writer) (written int64, err error) {
	for {
		for in.left == 0 && in.err == nil {
			in.err = in.next()
		}
		if in.err == nil {
			_, err = in.r.Peek(1)
			in.err = unexpectedEOF(err)
		}
		switch in.err {
		case nil:
		case io.EOF:
			return written, nil
		default:
			return written, in.err
		}
		b, _ := in.r.Peek(min(in.left, in.r.Buffered()))
		n, err := w.Write(b)
		written += int64(n)
		in.left -= n
		_, _ = in.r.Discard(n)
		if err == nil && n < len(b) {
			err = io.ErrShortWrite
		}
		if err != nil {
			return written, err
		}
	}
}

// next skips the padding of the current record and reads the next header.
func (in *input) next() error {
	if _, err := in.r.Discard(in.padding); err != nil {
		return unexpectedEOF(err)
	}
	h, err := ReadHeader(in.r)
	switch {
	case err != nil:
		return unexpectedEOF(err)
	case h.Type != Stdin || h.ID != in.id:
		return ErrProtocol
	}
	in.left, in.padding = h.Length, h.Padding
	if h.Length > 0 {
		return nil
	}
	if _, err := in.r.Discard(in.padding); err != nil {
		return unexpectedEOF(err)
	}
	return io.EOF
}

// unexpectedEOF turns io.EOF into io.ErrUnexpectedEOF, for reads within a request.
func unexpectedEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
