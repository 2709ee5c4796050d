package hop

import (
	"errors"
	"strings"
	"syscall"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/tlsconn"
)

// ErrHTTPPort is the error of a raw connection to a server that speaks HTTP: its answer
// begins like the status line of a response (RFC 9112, section 4).
var ErrHTTPPort = errors.New("this is an HTTP port: its address begins with http:// or https://")

const statusLine = "HTTP/1."

// A rawExchange is a raw connection as an Exchange.
type rawExchange struct {
	fdio.Socket
	tls     bool   // Socket is a *tlsconn.Conn
	checked bool   // the answer does not begin like that of another kind of port
	start   []byte // read, and not yet returned
	err     error  // that follows start
}

// Write sends input. With TLS, what the kernel says of the connection's end does not tell
// whether the answer is whole. Read does, so that every failure may be an early answer.
func (r *rawExchange) Write(b []byte) (int, error) {
	n, err := r.Socket.Write(b)
	if err != nil && r.tls && !fdio.IsOwn(err) {
		err = syscall.EPIPE
	}
	return n, err
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

// readStart reads until the answer begins like that of an HTTP or a TLS server, which is an
// error, or cannot any more.
func (r *rawExchange) readStart() {
	r.checked = true
	buf := make([]byte, max(len(statusLine), tlsconn.AlertSize))
	n := 0
	for n < len(buf) && r.err == nil && (strings.HasPrefix(statusLine, string(buf[:n])) || tlsconn.MayBeAlert(buf[:n])) {
		var got int
		got, r.err = r.Socket.Read(buf[n:])
		n += got
	}
	r.start = buf[:n]
	switch {
	case strings.HasPrefix(string(r.start), statusLine):
		r.start, r.err = nil, ErrHTTPPort
	case tlsconn.IsAlert(r.start):
		r.start, r.err = nil, ErrTLSPort
	}
}
