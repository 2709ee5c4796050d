package codec

import (
	"io"
	"slices"
)

// splitChunk is how many bytes of a stream are asked for at once.
const splitChunk = 64 << 10

// ahead returns the bytes behind pos that have been read. It is valid until more
// is read.
func (s *Splitter) ahead() []byte { return s.buf[s.pos:] }

// need reads until n bytes are ahead.
func (s *Splitter) need(n int) error {
	for len(s.buf)-s.pos < n {
		if err := s.fill(); err != nil {
			return err
		}
	}
	return nil
}

// skip takes the next n bytes for the image's.
func (s *Splitter) skip(n int64) error {
	for {
		available := min(n, int64(len(s.buf)-s.pos))
		s.pos += int(available)
		if n -= available; n == 0 {
			break
		}
		if err := s.fill(); err != nil {
			return err
		}
	}
	const often = 1 << 10 // a walk through the next images is a short one
	if s.pos-s.searched > often {
		return s.search(s.pos - surely)
	}
	return nil
}

// skipMetadata takes the next n bytes, which must have been read, for the image's.
// What looks like another image there is part of this one.
func (s *Splitter) skipMetadata(n int) error {
	if err := s.search(s.pos); err != nil {
		return err
	}
	s.pos += n
	s.searched = s.pos
	return nil
}

// readByte takes one byte for the image's and returns it.
func (s *Splitter) readByte() (byte, error) {
	if err := s.need(1); err != nil {
		return 0, err
	}
	s.pos++
	return s.buf[s.pos-1], nil
}

// drop forgets the first n bytes.
func (s *Splitter) drop(n int) {
	s.buf = s.buf[n:]
	s.pos, s.searched = max(s.pos-n, 0), max(s.searched-n, 0)
}

// fill reads once more, unless the search for other images has done so. Of an image that is
// too long it keeps nothing. It returns errNextImage if another image begins in the bytes
// that have been taken for this one's.
func (s *Splitter) fill() error {
	ahead := len(s.ahead())
	if err := s.search(s.pos - surely); err != nil || len(s.ahead()) > ahead {
		return err
	}
	if int64(s.pos) > s.limits.memory() {
		s.long = true
	}
	if s.long {
		s.drop(s.searched)
	}
	return s.read()
}

// read reads once.
func (s *Splitter) read() error {
	for range 100 {
		if s.err != nil {
			return s.err
		}
		s.buf = slices.Grow(s.buf, splitChunk)
		var n int
		n, s.err = s.r.Read(s.buf[len(s.buf) : len(s.buf)+splitChunk])
		s.buf = s.buf[:len(s.buf)+n]
		if n > 0 {
			return nil
		}
	}
	return io.ErrNoProgress
}
