package worker

import (
	"bufio"
	"io"
)

// An AnswerReader reads the answer to one request, on the side that has sent the request.
type AnswerReader struct {
	In     *bufio.Reader     // what the worker writes
	ID     uint16            // of the request
	Stderr func(text []byte) // is called with the parts of STDERR records; the next Read changes text

	left, padding int // of the record that is being read, in bytes
	ended         bool
	status        uint32
}

// Read reads the content of STDOUT records. It returns io.EOF after END_REQUEST, of which
// nothing more than the padding is read. An answer that ends before that is
// io.ErrUnexpectedEOF, and a record that belongs to no answer, or to that of another
// request, is ErrProtocol. After an error other than io.EOF Read must not be called again.
func (a *AnswerReader) Read(b []byte) (int, error) {
	for a.left == 0 {
		if a.ended {
			return 0, io.EOF
		}
		if err := a.nextRecord(); err != nil {
			return 0, inAnswer(err)
		}
	}
	n, err := a.In.Read(b[:min(len(b), a.left)])
	a.left -= n
	return n, inAnswer(err)
}

// Status returns the status of the answer, after Read has returned io.EOF: 0 if it is whole.
func (a *AnswerReader) Status() uint32 { return a.status }

// nextRecord reads up to the content of the next STDOUT record, or to the end of the
// answer.
func (a *AnswerReader) nextRecord() error {
	if _, err := a.In.Discard(a.padding); err != nil {
		return err
	}
	h, err := ReadHeader(a.In)
	if err != nil {
		return err
	}
	a.padding = h.Padding
	switch {
	case h.ID != a.ID:
		return ErrProtocol
	case h.Type == Stdout:
		a.left = h.Length
		return nil
	case h.Type == Stderr:
		return a.readStderr(h.Length)
	case h.Type == EndRequest:
		return a.readEnd(h)
	}
	return ErrProtocol
}

// readStderr reads the content of a STDERR record, n bytes.
func (a *AnswerReader) readStderr(n int) error {
	var part [512]byte
	for n > 0 {
		got, err := a.In.Read(part[:min(n, len(part))])
		if err != nil {
			return err
		}
		a.Stderr(part[:got])
		n -= got
	}
	return nil
}

// readEnd reads the content of END_REQUEST, and its padding.
func (a *AnswerReader) readEnd(h Header) (err error) {
	var content [8]byte
	if h.Length != len(content) {
		return ErrProtocol
	}
	if _, err := io.ReadFull(a.In, content[:]); err != nil {
		return err
	}
	if _, err := a.In.Discard(h.Padding); err != nil {
		return err
	}
	if a.status, err = ParseEnd(content[:]); err != nil {
		return ErrProtocol
	}
	a.ended = true
	return nil
}

// inAnswer returns err; io.ErrUnexpectedEOF instead of the end of what the worker writes.
func inAnswer(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
