package jpegdct

import (
	"bytes"
	"io"
)

// readSize is how much is asked of the underlying reader at once.
const readSize = 32 << 10

// A source is the raw input with one buffer. Until release it forgets nothing,
// so that the input can be replayed; after it, what has been read is dropped.
type source struct {
	r        io.Reader
	buf      []byte // buf[i:] is unread
	i        int
	err      error // of r; io.EOF at the end
	released bool
}

// fill reads once more and reports whether a byte came.
func (s *source) fill() bool {
	if s.err != nil {
		return false
	}
	if s.released {
		n := copy(s.buf, s.buf[s.i:])
		s.buf, s.i = s.buf[:n], 0
	}
	if cap(s.buf)-len(s.buf) < readSize/2 {
		s.grow(2*cap(s.buf) + readSize)
	}
	for range 100 {
		n, err := s.r.Read(s.buf[len(s.buf):cap(s.buf)])
		s.buf = s.buf[:len(s.buf)+n]
		s.err = err
		if n > 0 {
			return true
		}
		if err != nil {
			return false
		}
	}
	s.err = io.ErrNoProgress
	return false
}

func (s *source) grow(size int) {
	grown := make([]byte, len(s.buf), size)
	copy(grown, s.buf)
	s.buf = grown
}

// need makes n unread bytes available.
func (s *source) need(n int) error {
	for len(s.buf)-s.i < n {
		if !s.fill() {
			return s.endError("file ends in its headers")
		}
	}
	return nil
}

// endError is the reader's own error, or at a plain end of input a truncation.
func (s *source) endError(what string, args ...any) error {
	if s.err == io.EOF {
		return truncated(what, args...)
	}
	return s.err
}

// replay gives the input from its first byte.
func (s *source) replay() io.Reader {
	head := bytes.NewReader(s.buf)
	if s.err == io.EOF {
		return head
	}
	if s.err != nil {
		return io.MultiReader(head, errReader{s.err})
	}
	return io.MultiReader(head, s.r)
}

type errReader struct{ err error }

func (e errReader) Read([]byte) (int, error) { return 0, e.err }

// readAll reads to the end of the input, asking before the buffer grows, and gives
// what is unread. At first the buffer grows faster than twofold: every copy of
// what's in it takes fresh pages.
func (s *source) readAll(allow func(int64) error) ([]byte, error) {
	s.released = true
	for {
		if cap(s.buf)-len(s.buf) < readSize/2 {
			size := 2*cap(s.buf) + readSize
			if size < 1<<20 {
				size *= 2
			}
			if err := allow(int64(size)); err != nil {
				return nil, err
			}
			s.grow(size)
		}
		if !s.fill() {
			break
		}
	}
	if s.err != io.EOF {
		return nil, s.err
	}
	return s.buf[s.i:], nil
}
