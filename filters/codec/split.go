package codec

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
)

const (
	maxPadding = 1 << 20  // bytes that may stand between two images of a stream
	splitChunk = 64 << 10 // bytes that are asked for at once
)

// A Splitter takes a stream of images apart. It finds where each image ends
// without decoding it, and returns the image without waiting for the first byte
// of the next one.
type Splitter struct {
	r      io.Reader
	limits Limits

	buf  []byte // from the image's beginning, or from where it was too long
	pos  int    // buf[:pos] is known to be the image's
	long bool   // not all of the image is in buf
	err  error  // of r; io.EOF at the end
}

// NewSplitter returns a Splitter of r. Of the limits it needs Memory, which
// bounds the length of an image.
func NewSplitter(r io.Reader, l Limits) *Splitter { return &Splitter{r: r, limits: l} }

// Next returns the bytes of the next image, which are the caller's; io.EOF if
// there is none. Where the stream ends within an image, Next returns what there
// is: the image's decoder can say best what is missing. A *LimitError means that
// the image was too long, but its end was found. After any other error the rest
// of the stream cannot be read.
func (s *Splitter) Next() ([]byte, error) {
	if err := s.skipPadding(); err != nil {
		return nil, err
	}
	f, err := s.sniff()
	if err != nil {
		return nil, err
	}
	switch err := f.end(s); {
	case err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF):
		s.pos = len(s.buf)
	case err != nil:
		return nil, err
	}
	image, rest, long := s.buf[:s.pos:s.pos], s.buf[s.pos:], s.long || int64(s.pos) > s.limits.memory()
	if s.pos, s.long = 0, false; long {
		s.buf = rest
		return nil, s.limits.tooLong(f.name)
	}
	if len(rest) < len(image) { // the shorter one is copied
		s.buf = bytes.Clone(rest)
		return image, nil
	}
	s.buf = rest
	return bytes.Clone(image), nil
}

// skipPadding skips what programs leave between two images: zeros and fill bytes
// up to a multiple of some length, and line ends.
func (s *Splitter) skipPadding() error {
	for skipped := 0; ; skipped++ {
		if err := s.need(1); err != nil {
			return err
		}
		if b := s.buf[s.pos]; b == 0xff { // T.81, section B.1.1.2: before a marker
			if err := s.need(2); err != nil && err != io.EOF {
				return err
			}
			if len(s.ahead()) > 1 && s.ahead()[1] != 0xff {
				break
			}
		} else if b != 0 && !isSpace(b) {
			break
		}
		if skipped == maxPadding {
			return fmt.Errorf("more than %d bytes without an image", maxPadding)
		}
		s.pos++
	}
	s.buf, s.pos, s.long = s.ahead(), 0, false
	return nil
}

// isSpace tells whether netpbm takes a byte for white space.
func isSpace(b byte) bool { return b == ' ' || b >= '\t' && b <= '\r' }

// sniff tells the format of the image that begins, by as few bytes as possible.
func (s *Splitter) sniff() (*format, error) {
	for n := 1; s.need(n) == nil; n++ {
		possible := false
		for _, f := range formats {
			for _, magic := range f.magic {
				if n > len(magic) || !matches(s.buf[:n], magic) {
					continue
				}
				if n == len(magic) {
					return f, nil
				}
				possible = true
			}
		}
		if !possible {
			break
		}
	}
	if s.err != nil && s.err != io.EOF {
		return nil, s.err
	}
	return nil, ErrFormat
}

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
			return nil
		}
		if err := s.fill(); err != nil {
			return err
		}
	}
}

// readByte takes one byte for the image's and returns it.
func (s *Splitter) readByte() (byte, error) {
	if err := s.need(1); err != nil {
		return 0, err
	}
	s.pos++
	return s.buf[s.pos-1], nil
}

// fill reads once more. It keeps nothing of an image that is too long.
func (s *Splitter) fill() error {
	if int64(s.pos) > s.limits.memory() {
		s.long = true
	}
	if s.long {
		s.buf, s.pos = s.buf[:copy(s.buf, s.ahead())], 0
	}
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
