package jpegdct

import (
	"bytes"
	"io"
)

// readSize is the number of bytes that are read at once from the underlying reader.
const readSize = 32 << 10

// A source is the input with a buffer. Until released is set, the buffer keeps all
// that was read, so that it can be replayed; afterwards it drops what was consumed.
type source struct {
	r        io.Reader
	buf      []byte // buf[:i] is consumed, buf[i:] is not
	i        int
	err      error // error of r; io.EOF at the end of the input
	released bool
}

// fill reads more bytes into the buffer and reports whether any came. If not, err
// is set.
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

// grow changes the capacity of the buffer to size bytes.
func (s *source) grow(size int) {
	grown := make([]byte, len(s.buf), size)
	copy(grown, s.buf)
	s.buf = grown
}

// need reads until the buffer has n bytes that are not consumed.
func (s *source) need(n int) error {
	for len(s.buf)-s.i < n {
		if !s.fill() {
			return s.endError("file ends in its headers")
		}
	}
	return nil
}

// endError returns ErrTruncated at the end of the input, or the error of the
// underlying reader.
func (s *source) endError(what string, args ...any) error {
	if s.err == io.EOF {
		return truncated(what, args...)
	}
	return s.err
}

// replay returns the input from its first byte.
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

// An errReader is a Reader that only returns an error.
type errReader struct{ err error }

func (e errReader) Read([]byte) (int, error) { return 0, e.err }

// readAll reads to the end of the input and returns all bytes that are not consumed.
// It calls allow with the new size before the buffer grows. A small buffer grows
// fourfold, a large one twofold, because every copy takes fresh pages of memory.
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
