package hop

import (
	"bufio"
	"io"
	"math"
	"time"

	"imgpipe/netpipe/internal/fdio"
)

// maxHead bounds the head of an HTTP response, in bytes.
const maxHead = 32 << 10

// A persistConn is a connection to an HTTP server, for one clientRequest after
// another.
type persistConn struct {
	fdio.Socket
	in    *bufio.Reader
	limit *io.LimitedReader // below in
	timer *time.Timer       // closes the connection while it is idle
}

func newPersistConn(conn fdio.Socket) *persistConn {
	limit := &io.LimitedReader{R: conn, N: math.MaxInt64}
	return &persistConn{Socket: conn, in: bufio.NewReader(limit), limit: limit}
}

// isQuiet reports whether the server has neither sent anything nor closed.
func (pc *persistConn) isQuiet() bool {
	return pc.in.Buffered() == 0 && !fdio.IsReadable(pc.Socket)
}
