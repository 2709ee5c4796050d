package pnm

import (
	"io"
	"strconv"
	"strings"
)

// maxHeader limits the length of a header with its comments, in bytes.
const maxHeader = 64 << 10

// ReadHeader reads a header. It reads no further than to the first byte of the
// samples.
//
// The error wraps [ErrCorrupt] for an invalid header and io.ErrUnexpectedEOF if r
// ends in the header; otherwise it is an error of r.
func ReadHeader(r io.ByteReader) (Header, error) {
	s := scanner{r: r, left: maxHeader}
	h, err := s.readHeader()
	if err == io.EOF {
		err = truncated("ends in the header")
	}
	if err != nil {
		return Header{}, err
	}
	if err := h.validate(); err != nil {
		return Header{}, corrupt("%v", err)
	}
	return h, nil
}

// SkipPlain reads the samples of a plain image and the character after the last
// number. r must be positioned after the header. SkipPlain returns io.EOF if samples
// are missing, and an error that wraps [ErrCorrupt] if r holds anything else.
func (h Header) SkipPlain(r io.ByteReader) error {
	s := scanner{r: r, left: -1}
	for range int64(h.Width) * int64(h.Height) * int64(h.Channels) {
		if _, err := s.readSample(h.Magic); err != nil {
			return err
		}
	}
	return nil
}

// A scanner reads the tokens of headers and plain samples.
type scanner struct {
	r    io.ByteReader
	left int // bytes that may still be read; negative for no limit
}

// readHeader reads the magic number and the rest of the header.
func (s *scanner) readHeader() (h Header, err error) {
	p, err := s.readByte()
	if err != nil {
		return h, err
	}
	if h.Magic, err = s.readByte(); err != nil {
		return h, err
	}
	if p != 'P' || h.Magic < plainPBM || h.Magic > PAM {
		return h, corrupt("no PNM signature")
	}
	if h.Magic == PAM {
		return s.readPAM()
	}
	h.Channels, h.MaxVal = 1, 1
	if h.Magic == PPM || h.Magic == plainPPM {
		h.Channels = 3
	}
	numbers := []*int{&h.Width, &h.Height, &h.MaxVal}
	if h.Magic == PBM || h.Magic == plainPBM {
		numbers = numbers[:2]
	}
	for _, n := range numbers {
		if *n, err = s.readNumber(); err != nil {
			return h, err
		}
	}
	return h, nil
}

// readByte reads one byte, which may belong to a comment.
func (s *scanner) readByte() (byte, error) {
	if s.left == 0 {
		return 0, corrupt("header longer than %d bytes", maxHeader)
	}
	s.left--
	return s.r.ReadByte()
}

// readChar reads one character. For a comment it returns the end of the line, as
// netpbm does.
func (s *scanner) readChar() (byte, error) {
	c, err := s.readByte()
	if err == nil && c == '#' {
		for err == nil && c != '\n' && c != '\r' {
			c, err = s.readByte()
		}
	}
	return c, err
}

// readNumber reads a decimal number after white space, and the character after the
// number. At the end of the file that character may be missing.
func (s *scanner) readNumber() (int, error) {
	c, err := s.readChar()
	for err == nil && isSpace(c) {
		c, err = s.readChar()
	}
	if err != nil {
		return 0, err
	}
	n := 0
	for ; err == nil && c >= '0' && c <= '9'; c, err = s.readChar() {
		if n = 10*n + int(c-'0'); n > 1<<31-1 {
			return 0, corrupt("number of more than 31 bits")
		}
	}
	if err != nil && err != io.EOF {
		return 0, err
	}
	if err == nil && !isSpace(c) {
		return 0, corrupt("unexpected %q, expected a number", c)
	}
	return n, nil
}

// isSpace reports whether c is white space (pgm(5)).
func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// readPAM reads a PAM header after its first two characters (pam(5)).
func (s *scanner) readPAM() (Header, error) {
	h := Header{Magic: PAM}
	var tuple []string
	numbers := map[string]*int{"WIDTH": &h.Width, "HEIGHT": &h.Height, "DEPTH": &h.Channels, "MAXVAL": &h.MaxVal}
	first, err := s.readLine()
	if err != nil {
		return h, err
	}
	if first != "" {
		return h, corrupt("unexpected %q after the signature", first)
	}
	for {
		line, err := s.readLine()
		if err != nil {
			return h, err
		}
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		value = strings.TrimSpace(value)
		n := numbers[key]
		switch {
		case n != nil && *n == 0:
			if *n, err = strconv.Atoi(value); err != nil || *n < 1 {
				return h, corrupt("invalid %s %q", key, value)
			}
		case key == "TUPLTYPE":
			tuple = append(tuple, value)
		case key == "ENDHDR":
			return h, h.validateTupleType(strings.Join(tuple, " "))
		case key != "" && key[0] != '#':
			return h, corrupt("unexpected line %q in the header", line)
		}
	}
}

// readLine reads up to and including the next newline, which it removes.
func (s *scanner) readLine() (string, error) {
	var line []byte
	for {
		c, err := s.readByte()
		if err != nil || c == '\n' {
			return string(line), err
		}
		line = append(line, c)
	}
}

// validateTupleType checks that the tuple type is gray or RGB, with or without alpha,
// and that the depth fits it. Without a tuple type the depth decides.
func (h Header) validateTupleType(tuple string) error {
	channels := map[string]int{
		"": min(h.Channels, 4), "BLACKANDWHITE": 1, "GRAYSCALE": 1, "RGB": 3,
		"BLACKANDWHITE_ALPHA": 2, "GRAYSCALE_ALPHA": 2, "RGB_ALPHA": 4,
	}[tuple]
	if channels == 0 || channels != h.Channels {
		return corrupt("a PAM with tuples of type %q and depth %d", tuple, h.Channels)
	}
	return nil
}
