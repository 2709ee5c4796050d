package tlsconn

import (
	"io"
	"net"
	"sync"
	"time"
)

// A wire is the TCP connection below a tls.Conn.
type wire struct {
	*net.TCPConn

	head []byte // the first bytes that came, up to headerSize; all of the first that are not TLS

	mu       sync.Mutex
	deadline time.Time // of the user's writes
	writing  int       // of the user's writes that are under way
}

// Read has a FIN end in ErrCut. A tls.Conn takes io.EOF between two records, and also
// io.ErrUnexpectedEOF, for the end of the stream.
func (w *wire) Read(b []byte) (int, error) {
	n, err := w.TCPConn.Read(b)
	if len(w.head) < headerSize {
		w.head = append(w.head, b[:n]...)
		if !w.isNotTLS() {
			w.head = w.head[:min(len(w.head), headerSize)]
		}
	}
	if err == io.EOF {
		err = ErrCut
	}
	return n, err
}

// isNotTLS reports whether what has come is not the beginning of a TLS record: of a
// handshake or an alert, and version 3 (RFC 8446, section 5.1).
func (w *wire) isNotTLS() bool {
	return len(w.head) > 0 && w.head[0] != recordHandshake && w.head[0] != recordAlert || len(w.head) > 1 && w.head[1] != 3
}

// ownTimeout bounds what a Read or a handshake writes by itself, such as an alert, or the
// answer to a request for new keys. The other side may have asked for it, and not take it.
const ownTimeout = 5 * time.Second

// Write writes within the user's deadline, or within ownTimeout if it is not the user who
// writes.
func (w *wire) Write(b []byte) (int, error) {
	w.mu.Lock()
	own := w.writing == 0
	if own {
		_ = w.TCPConn.SetWriteDeadline(time.Now().Add(ownTimeout))
	}
	w.mu.Unlock()
	n, err := w.TCPConn.Write(b)
	if own {
		w.mu.Lock()
		_ = w.TCPConn.SetWriteDeadline(w.deadline)
		w.mu.Unlock()
	}
	return n, err
}

// writes notes that the user writes, up to the call of what it returns.
func (w *wire) writes() (done func()) {
	w.add(1)
	return func() { w.add(-1) }
}

func (w *wire) add(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.writing += n
}

// setWriteDeadline sets the deadline of the user's writes.
func (w *wire) setWriteDeadline(t time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.deadline = t
	return w.TCPConn.SetWriteDeadline(t)
}

// SetWriteDeadline does nothing: tls.Conn.CloseWrite would set deadlines of its own in
// place of the user's.
func (w *wire) SetWriteDeadline(time.Time) error { return nil }
