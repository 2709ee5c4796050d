package netpipe

import (
	"bytes"
	"errors"
	"regexp"
	"strconv"
	"strings"

	"imgpipe/netpipe/internal/tlsconn"
)

// A requestScanner follows the requests of an HTTP/1 connection in the bytes that
// net/http reads, and finds heads that another program in front of this server could
// read in another way: net/http lets them pass (RFC 9112, sections 2.2, 5.2 and 6.1).
// Where the scanner cannot follow, net/http refuses the request by itself.
type requestScanner struct {
	isHTTP bool // the first line has been that of a request

	state   scanState
	line    []byte // of a head, or between chunks, as far as it has come
	left    int64  // bytes of a body or a chunk
	head    requestHead
	inLines bool // the head's first line is over
}

// A requestHead is what a head says of the length of the body.
type requestHead struct {
	version10 bool // HTTP/1.0
	hasLength bool
	length    string // Content-Length
	hasCoding bool
	coding    string // Transfer-Encoding
}

type scanState int

const (
	inHead scanState = iota
	inBody           // of a Content-Length
	inChunkSize
	inChunk
	inTrailer
	lost // all is left to net/http
)

// A headError is why a request is refused for its head: the status, and what is wrong.
type headError struct {
	code int
	text string
}

func (e *headError) Error() string { return e.text }

var (
	errBareLF   = &headError{400, "a line of the request's head does not end with CR LF"}
	errObsFold  = &headError{400, "a line of the request's head begins with a space"}
	errTwoSizes = &headError{400, "the request has Content-Length and Transfer-Encoding"}
	errCoding10 = &headError{400, "the request is HTTP/1.0, which has no Transfer-Encoding"}
)

// errTrailer is a fault of a body. net/http would look for the trailer's end behind it.
var errTrailer = errors.New("a line of the trailer does not end with CR LF")

// requestLine is the first line of an HTTP request (RFC 9112, section 3), and methodStart
// what a part of it begins with.
var (
	requestLine = regexp.MustCompile("^" + methodChar + `+ .+ HTTP/\d\.\d\r?\n`)
	methodStart = regexp.MustCompile("^" + methodChar + "*( |$)")
)

const methodChar = "[-!#$%&'*+.^_`|~0-9A-Za-z]" // RFC 9110, section 5.6.2

// scan takes the next bytes of the connection. It returns how many of them come before
// a fault: ErrHTTPPort as soon as the first ones cannot be a request, ErrPlainPort if they
// are those of TLS, a *headError, or errTrailer.
func (s *requestScanner) scan(b []byte) (n int, fault error) {
	if !s.isHTTP && len(s.line) == 0 && tlsconn.IsClientHello(b) {
		return 0, ErrPlainPort
	}
	for n < len(b) && s.state != lost {
		if s.state == inBody || s.state == inChunk {
			n += s.skip(len(b) - n)
			continue
		}
		size := bytes.IndexByte(b[n:], '\n') + 1
		if size == 0 {
			s.line = append(s.line, b[n:]...)
			return s.unended(n, len(b))
		}
		s.line = append(s.line, b[n:n+size]...)
		if err := s.endLine(s.line); err != nil {
			return n, err
		}
		s.line = s.line[:0]
		n += size
	}
	return len(b), nil
}

// end returns ErrHTTPPort if the connection ends in mid-word.
func (s *requestScanner) end() error {
	if !s.isHTTP && len(s.line) > 0 {
		return ErrHTTPPort
	}
	return nil
}

// maxHead is more than net/http reads of a head, in bytes.
const maxHead = maxHeader + 4<<10

// unended is what scan returns for a line that has not ended.
func (s *requestScanner) unended(before, all int) (int, error) {
	switch {
	case !s.isHTTP && (len(s.line) > maxHeader || !methodStart.Match(s.line)):
		return before, ErrHTTPPort
	case len(s.line) > maxHead:
		s.state = lost
	}
	return all, nil
}

// skip passes up to n bytes of a body or a chunk.
func (s *requestScanner) skip(n int) int {
	n = int(min(int64(n), s.left))
	if s.left -= int64(n); s.left > 0 {
		return n
	}
	if s.state == inBody {
		s.state = inHead
	} else {
		s.state = inChunkSize
	}
	return n
}

// endLine takes a whole line, with its LF.
func (s *requestScanner) endLine(line []byte) error {
	text := strings.TrimRight(string(line), "\r\n")
	switch s.state {
	case inHead:
		return s.headLine(line, text)
	case inChunkSize:
		size, _, _ := strings.Cut(text, ";")
		n, err := strconv.ParseInt(strings.TrimSpace(size), 16, 62)
		switch {
		case err != nil || n < 0:
			s.state = lost
		case n == 0:
			s.state = inTrailer
		default:
			s.state, s.left = inChunk, n+int64(len("\r\n"))
		}
	case inTrailer:
		switch {
		case !bytes.HasSuffix(line, []byte("\r\n")):
			return errTrailer
		case len(line) == len("\r\n"):
			s.state = inHead
		}
	}
	return nil
}

// headLine takes a line of a head.
func (s *requestScanner) headLine(line []byte, text string) error {
	if !s.inLines {
		return s.firstLine(line, text)
	}
	name, value, _ := strings.Cut(text, ":")
	switch {
	case !bytes.HasSuffix(line, []byte("\r\n")):
		return errBareLF
	case text == "":
		return s.endHead()
	case text[0] == ' ' || text[0] == '\t':
		return errObsFold
	case strings.EqualFold(name, "Content-Length"):
		s.head.hasLength, s.head.length = true, strings.TrimSpace(value)
	case strings.EqualFold(name, "Transfer-Encoding"):
		s.head.hasCoding, s.head.coding = true, strings.TrimSpace(value)
	}
	return nil
}

// firstLine takes the first line of a head. Between two requests net/http skips CR and
// LF.
func (s *requestScanner) firstLine(line []byte, text string) error {
	if s.isHTTP {
		line = bytes.TrimLeft(line, "\r")
	}
	switch {
	case requestLine.Match(line):
		s.isHTTP, s.inLines = true, true
		s.head = requestHead{version10: strings.HasSuffix(text, "HTTP/1.0")}
		if !bytes.HasSuffix(line, []byte("\r\n")) {
			return errBareLF
		}
	case !s.isHTTP:
		return ErrHTTPPort
	case len(line) > 1:
		s.state = lost
	}
	return nil
}

// endHead finds how long the body is.
func (s *requestScanner) endHead() error {
	s.inLines, s.line = false, nil
	length, err := strconv.ParseInt(s.head.length, 10, 63)
	switch {
	case s.head.hasCoding && s.head.hasLength:
		return errTwoSizes
	case s.head.hasCoding && s.head.version10:
		return errCoding10
	case strings.EqualFold(s.head.coding, "chunked"):
		s.state = inChunkSize
	case s.head.hasCoding, s.head.hasLength && err != nil:
		s.state = lost
	case length > 0:
		s.state, s.left = inBody, length
	}
	return nil
}
