package pnm

import (
	"io"
	"strconv"
	"strings"
)

// maxHeader bounds a header, comments and all, in bytes.
const maxHeader = 64 << 10

// ReadHeader reads up to the first byte of the samples, and no further.
func ReadHeader(r io.ByteReader) (Header, error) {
	s := scanner{r: r, left: maxHeader}
	h, err := s.header()
	if err == io.EOF {
		err = truncated("ends in the header")
	}
	if err != nil {
		return Header{}, err
	}
	if err := h.check(); err != nil {
		return Header{}, corrupt("%v", err)
	}
	return h, nil
}

// SkipPlain reads over the samples of a plain image, and what ends the last
// number, if r is behind the Header. It gives io.EOF if there are too few.
func (h Header) SkipPlain(r io.ByteReader) error {
	s := scanner{r: r, left: -1}
	for range int64(h.Width) * int64(h.Height) * int64(h.Channels) {
		if _, err := s.sample(h.Magic); err != nil {
			return err
		}
	}
	return nil
}

// A scanner reads characters and numbers between white space and comments.
type scanner struct {
	r    io.ByteReader
	left int // bytes that may still be read; below 0: no bound
}

func (s *scanner) header() (h Header, err error) {
	p, err := s.byte()
	if err != nil {
		return h, err
	}
	if h.Magic, err = s.byte(); err != nil {
		return h, err
	}
	if p != 'P' || h.Magic < PlainPBM || h.Magic > PAM {
		return h, corrupt("no PNM signature")
	}
	if h.Magic == PAM {
		return s.pam()
	}
	h.Channels, h.MaxVal = 1, 1
	if h.Magic == PPM || h.Magic == PlainPPM {
		h.Channels = 3
	}
	numbers := []*int{&h.Width, &h.Height, &h.MaxVal}
	if h.Magic == PBM || h.Magic == PlainPBM {
		numbers = numbers[:2]
	}
	for _, n := range numbers {
		if *n, err = s.number(); err != nil {
			return h, err
		}
	}
	return h, nil
}

// byte reads one byte, which may be of a comment.
func (s *scanner) byte() (byte, error) {
	if s.left == 0 {
		return 0, corrupt("a header of more than %d bytes", maxHeader)
	}
	s.left--
	return s.r.ReadByte()
}

// char reads the next byte that isn't of a comment, of which it gives the end
// of the line, as netpbm does.
func (s *scanner) char() (byte, error) {
	c, err := s.byte()
	if err == nil && c == '#' {
		for err == nil && c != '\n' && c != '\r' {
			c, err = s.byte()
		}
	}
	return c, err
}

// number reads a decimal number and the one character behind it; at the file's
// end that may be missing.
func (s *scanner) number() (int, error) {
	c, err := s.char()
	for err == nil && isSpace(c) {
		c, err = s.char()
	}
	if err != nil {
		return 0, err
	}
	n := 0
	for ; err == nil && c >= '0' && c <= '9'; c, err = s.char() {
		if n = 10*n + int(c-'0'); n > 1<<31-1 {
			return 0, corrupt("a number of more than 31 bits")
		}
	}
	if err != nil && err != io.EOF {
		return 0, err
	}
	if err == nil && !isSpace(c) {
		return 0, corrupt("%q, where a number should be", c)
	}
	return n, nil
}

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// pam reads the lines of pam(5), after the first two characters.
func (s *scanner) pam() (Header, error) {
	h := Header{Magic: PAM}
	var tuple []string
	numbers := map[string]*int{"WIDTH": &h.Width, "HEIGHT": &h.Height, "DEPTH": &h.Channels, "MAXVAL": &h.MaxVal}
	first, err := s.line()
	if err != nil {
		return h, err
	}
	if first != "" {
		return h, corrupt("%q after the signature", first)
	}
	for {
		line, err := s.line()
		if err != nil {
			return h, err
		}
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		value = strings.TrimSpace(value)
		n := numbers[key]
		switch {
		case n != nil && *n == 0:
			if *n, err = strconv.Atoi(value); err != nil || *n < 1 {
				return h, corrupt("%s %q", key, value)
			}
		case key == "TUPLTYPE":
			tuple = append(tuple, value)
		case key == "ENDHDR":
			return h, h.checkTuple(strings.Join(tuple, " "))
		case key != "" && key[0] != '#':
			return h, corrupt("%q in the header", line)
		}
	}
}

func (s *scanner) line() (string, error) {
	var line []byte
	for {
		c, err := s.byte()
		if err != nil || c == '\n' {
			return string(line), err
		}
		line = append(line, c)
	}
}

// checkTuple refuses tuples that are no gray or RGB, with alpha or without. One
// that doesn't say what it is goes by its depth.
func (h Header) checkTuple(tuple string) error {
	channels := map[string]int{
		"": min(h.Channels, 4), "BLACKANDWHITE": 1, "GRAYSCALE": 1, "RGB": 3,
		"BLACKANDWHITE_ALPHA": 2, "GRAYSCALE_ALPHA": 2, "RGB_ALPHA": 4,
	}[tuple]
	if channels == 0 || channels != h.Channels {
		return corrupt("a PAM with tuples of type %q and depth %d", tuple, h.Channels)
	}
	return nil
}
