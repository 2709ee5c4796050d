package filters

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
)

const (
	// maxPadding is how much may stand between two images of a stream, in bytes.
	maxPadding = 1 << 20
	// splitChunk is how much is asked for at once.
	splitChunk = 64 << 10
)

// A tooLongError is of an image that is too long to be held, but whose end was
// found.
type tooLongError struct{ error }

// A splitter takes a stream of images apart. It knows where each ends before
// anything decodes it, so it takes no byte of the next one away, and waits for
// none.
type splitter struct {
	r    io.Reader
	most int64 // of an image, in bytes

	buf  []byte // from the image's beginning, or from where it was too long
	pos  int    // buf[:pos] is known to be the image's
	long bool   // not all of the image is in buf
	err  error  // of r; io.EOF at the end
}

// next gives the bytes of the next image, which are the caller's; io.EOF if
// there is none. Where the stream ends within an image it gives what there is:
// what that lacks, its decoder knows better. After an error other than
// a *tooLongError the rest of the stream can't be read.
func (s *splitter) next() ([]byte, error) {
	if err := s.skipPadding(); err != nil {
		return nil, err
	}
	c, err := s.sniff()
	if err != nil {
		return nil, err
	}
	if err := c.end(s); err != nil && err != io.EOF && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	image, rest, long := s.buf[:s.pos:s.pos], s.buf[s.pos:], s.long || int64(s.pos) > s.most
	if s.pos, s.long = 0, false; long {
		s.buf = rest
		return nil, &tooLongError{tooLong(c.format, s.most)}
	}
	if len(rest) < len(image) { // the shorter one is copied
		s.buf = bytes.Clone(rest)
		return image, nil
	}
	s.buf = rest
	return bytes.Clone(image), nil
}

// skipPadding goes on to the next image. What real producers leave between two:
// zeros and fill bytes up to a multiple of something, line ends.
func (s *splitter) skipPadding() error {
	for skipped := 0; ; skipped++ {
		if err := s.need(1); err != nil {
			return err
		}
		if b := s.buf[s.pos]; b == 0xff { // T.81, section B.1.1.2: before a marker
			if err := s.need(2); err != nil && err != io.EOF {
				return err
			}
			if len(s.buf)-s.pos > 1 && s.buf[s.pos+1] != 0xff {
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
	s.buf, s.pos, s.long = s.buf[s.pos:], 0, false
	return nil
}

// isSpace tells what netpbm takes for white space.
func isSpace(b byte) bool { return b == ' ' || b >= '\t' && b <= '\r' }

// sniff tells the codec of the image that begins, by as few bytes as it takes.
func (s *splitter) sniff() (codec, error) {
	for n := 1; s.need(n) == nil; n++ {
		possible := false
		for _, c := range codecs {
			for _, magic := range c.magic {
				if n == len(magic) && matches(s.buf, magic) {
					return c, nil
				}
				possible = possible || n < len(magic) && matches(s.buf[:n], magic[:n])
			}
		}
		if !possible {
			break
		}
	}
	if s.err != nil && s.err != io.EOF {
		return codec{}, s.err
	}
	return codec{}, errUnknown
}

// need makes n bytes available behind pos.
func (s *splitter) need(n int) error {
	for len(s.buf)-s.pos < n {
		if err := s.fill(); err != nil {
			return err
		}
	}
	return nil
}

// skip takes the next n bytes for the image's.
func (s *splitter) skip(n int64) error {
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

// ReadByte takes one byte for the image's and gives it.
func (s *splitter) ReadByte() (byte, error) {
	if err := s.need(1); err != nil {
		return 0, err
	}
	s.pos++
	return s.buf[s.pos-1], nil
}

// fill reads once more. Of an image that is too long it keeps nothing.
func (s *splitter) fill() error {
	if int64(s.pos) > s.most {
		s.long = true
	}
	if s.long {
		s.buf, s.pos = s.buf[:copy(s.buf, s.buf[s.pos:])], 0
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
