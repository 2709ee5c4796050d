package hop

import (
	"errors"
	"strings"

	"imgpipe/netpipe/internal/fdio"
)

// ErrHTTPPort is the error of a raw connection to a server that speaks HTTP: its answer
// begins like the status line of a response (RFC 9112, section 4).
var ErrHTTPPort = errors.New("this is an HTTP port: its address begins with http://")

const statusLine = "HTTP/1."

// A rawExchange is a raw connection as an Exchange.
type rawExchange struct {
	fdio.Socket
	checked bool   // the answer does not begin like statusLine
	start   []byte // read, and not yet returned
	err     error  // that follows start
}

// Read reads the answer.
func (r *rawExchange) Read(b []byte) (int, error) {
	if !r.checked {
		r.readStart()
	}
	switch {
	case len(r.start) > 0:
		n := copy(b, r.start)
		r.start = r.start[n:]
		return n, nil
	case r.err != nil:
		return 0, r.err
	}
	return r.Socket.Read(b)
}

// readStart reads until the answer begins like statusLine, which is an error, or cannot
// any more.
func (r *rawExchange) readStart() {
	r.checked = true
	buf := make([]byte, len(statusLine))
	n := 0
	for n < len(buf) && r.err == nil && strings.HasPrefix(statusLine, string(buf[:n])) {
		var got int
		got, r.err = r.Socket.Read(buf[n:])
		n += got
	}
	if r.start = buf[:n]; string(r.start) == statusLine {
		r.start, r.err = nil, ErrHTTPPort
	}
}
