package codec

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
)

// A Splitter takes a stream of images apart. It finds where each image ends
// without decoding it, and returns the image without waiting for the first byte
// of the next one.
//
// Bytes that are no image, and images that are broken or cut short, do not harm other
// images: see Next.
type Splitter struct {
	r      io.Reader
	limits Limits

	buf      []byte // from the image's beginning, or from where it was too long
	pos      int    // buf[:pos] is taken for the image's
	searched int    // no other image begins in buf[:searched]
	long     bool   // not all of the image is in buf
	err      error  // of r; io.EOF at the end

	tail    []byte // the last bytes of the image before, and the padding behind it
	ofImage int    // tail[:ofImage] is the image's
	skipped Skipped
}

// Skipped is what a Splitter has left out between images. Padding does not count:
// zeros, white space, and bytes of 0xff.
type Skipped struct {
	Bytes  int64
	Places int
}

// NewSplitter returns a Splitter of r. Of the limits it needs Memory, which
// bounds the length of an image.
func NewSplitter(r io.Reader, l Limits) *Splitter { return &Splitter{r: r, limits: l} }

// Skipped returns what has been left out so far.
func (s *Splitter) Skipped() Skipped { return s.skipped }

// Next returns the bytes of the next image, which are the caller's; io.EOF if
// there is none. An *ImageError is the error of one image, and Next can be called
// again. After any other error, which is that of the reader, it cannot.
//
// What is no image is skipped until an image surely begins: see recognisers. An
// image whose end cannot be found, or that is cut short, reaches to where the next
// one surely begins, or to the end of the stream. Its decoder can say best what is
// wrong with it.
func (s *Splitter) Next() ([]byte, error) {
	for {
		f, err := s.findImage()
		if err != nil {
			return nil, err
		}
		switch err := s.findEnd(f); err {
		case errNoImage:
			s.pos, s.searched = 0, 1
			if err := s.skipGarbage(); err != nil {
				return nil, err
			}
			continue
		case nil:
			return s.take(f)
		default:
			return nil, err
		}
	}
}

// An ImageError says why one image of a stream cannot be returned; or, if it is
// ErrOverlap, what is wrong with the image that was returned before.
type ImageError struct{ Err error }

func (e *ImageError) Error() string { return e.Err.Error() }

func (e *ImageError) Unwrap() error { return e.Err }

// ErrOverlap is the error of an image which was returned with the first bytes of the
// next image at its end. It lacks as many bytes, at most 16. It is ErrTruncated.
var ErrOverlap error = &kindError{errors.New("truncated image: it ends in the next image"), ErrTruncated}

// Errors of a format's end, besides those of the stream.
var (
	errNoEnd     = errors.New("the end of this image can't be found")
	errNoImage   = errors.New("not an image")
	errNextImage = errors.New("another image begins") // at s.pos
)

// findImage skips to the next image, and returns its format.
func (s *Splitter) findImage() (*format, error) {
	if err := s.skipPadding(); err != nil {
		return nil, err
	}
	f, err := s.sniff()
	if f != nil || err != nil {
		return f, err
	}
	if err := s.searchTail(); err != nil {
		return nil, err
	}
	if err := s.skipGarbage(); err != nil {
		return nil, err
	}
	return s.sniff()
}

// searchTail is called where no image begins. The image before may lack its last bytes, and
// the Splitter may have taken the first bytes of the next image in their place. If an
// image begins among them, searchTail goes back to it and returns ErrOverlap.
func (s *Splitter) searchTail() error {
	tail := s.tail
	s.tail = nil
	if indexPossible(append(tail, s.buf[0])) < 0 || len(tail) >= 2*surely {
		return nil
	}
	s.buf = slices.Concat(tail, s.buf)
	err := s.search(s.ofImage)
	if err == nil {
		s.drop(len(tail))
		return nil
	}
	if err != errNextImage {
		return err
	}
	s.drop(s.pos)
	return &ImageError{ErrOverlap}
}

// findEnd sets pos to the end of the image that begins at the buffer's beginning.
// It returns errNoImage if there is none after all, or the reader's error.
func (s *Splitter) findEnd(f *format) error {
	s.searched = 1
	err := errNoEnd
	if s.long = f.end == nil; !s.long {
		err = f.end(s)
	}
	for err == errNoEnd {
		s.pos = len(s.buf)
		if err = s.fill(); err == nil {
			err = errNoEnd
		}
	}
	switch err {
	case nil:
		err = s.search(s.pos - surely)
	case io.EOF, io.ErrUnexpectedEOF:
		s.pos = len(s.buf)
		err = s.search(s.pos)
	}
	if err == errNextImage {
		return nil
	}
	return err
}

// take returns the image in buf[:pos], and leaves the rest in buf.
func (s *Splitter) take(f *format) ([]byte, error) {
	s.tail = bytes.Clone(s.buf[max(s.searched, s.pos-surely):s.pos])
	s.ofImage = len(s.tail)
	image, rest, long := s.buf[:s.pos:s.pos], s.buf[s.pos:], s.long || int64(s.pos) > s.limits.memory()
	s.pos, s.searched, s.long = 0, 0, false
	switch {
	case f.end == nil:
		s.buf = rest
		return nil, &ImageError{fmt.Errorf("where a %s ends can't be told, so it can't be part of a stream", f.name)}
	case long:
		s.buf = rest
		return nil, &ImageError{s.limits.tooLong(f.name)}
	case len(rest) < len(image): // the shorter one is copied
		s.buf = bytes.Clone(rest)
		return image, nil
	}
	s.buf = rest
	return bytes.Clone(image), nil
}

// skipPadding skips what programs leave between two images: zeros and fill bytes
// up to a multiple of some length, and line ends.
func (s *Splitter) skipPadding() error {
	for {
		if err := s.need(1); err != nil {
			return err
		}
		if b := s.ahead()[0]; b == 0xff { // T.81, section B.1.1.2: before a marker
			if err := s.need(2); err != nil && err != io.EOF {
				return err
			}
			if len(s.ahead()) > 1 && s.ahead()[1] != 0xff {
				return nil
			}
		} else if b != 0 && !isSpace(b) {
			return nil
		}
		if len(s.tail) < 2*surely {
			s.tail = append(s.tail, s.buf[0])
		}
		s.drop(1)
	}
}

// isSpace tells whether netpbm takes a byte for white space.
func isSpace(b byte) bool { return b == ' ' || b >= '\t' && b <= '\r' }

// sniff tells the format of the image that begins, by as few bytes as possible. It
// returns nil if no image begins.
func (s *Splitter) sniff() (*format, error) {
	for n := 1; ; n++ {
		switch err := s.need(n); {
		case err == io.EOF: // in what may have become an image
			s.drop(len(s.buf))
			return nil, &ImageError{ErrFormat}
		case err != nil:
			return nil, err
		}
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
			return nil, nil
		}
	}
}

// skipGarbage skips to where an image surely begins, and counts what it skips. It
// returns io.EOF if no image begins.
func (s *Splitter) skipGarbage() error {
	s.skipped.Places++
	for {
		err := s.search(len(s.buf) - 1)
		s.skipped.Bytes += int64(s.searched)
		s.drop(s.searched)
		if err == errNextImage {
			return nil
		}
		if err == nil && len(s.buf) > 1 {
			continue // the search has read more
		}
		if err == nil {
			err = s.read()
		}
		if err != nil {
			s.skipped.Bytes += int64(len(s.buf))
			s.drop(len(s.buf))
			return err
		}
	}
}
