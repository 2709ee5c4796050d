package netpipe

import (
	"io"
	"time"

	"imgpipe/netpipe/internal/fdio"
)

// minRate is how fast a client has to take an answer, in bytes per second.
const minRate = 64 << 10

// A minRateWriter writes to a client, which has to take each piece of 64 KiB within
// idle, and must never be behind minRate by more than idle: else the error is
// ErrSlowClient.
type minRateWriter struct {
	to interface {
		io.Writer
		SetWriteDeadline(time.Time) error
	}
	idle   time.Duration // 0 means no limit
	behind time.Duration // how far the client is behind minRate
}

func (w *minRateWriter) Write(b []byte) (written int, err error) {
	for len(b) > 0 {
		n, err := w.timed(func() (int64, error) {
			n, err := w.to.Write(b[:min(len(b), fdio.ChunkSize)])
			return int64(n), err
		})
		written += int(n)
		if err != nil {
			return written, err
		}
		b = b[n:]
	}
	return written, nil
}

// ReadFrom lets the kernel send a file by itself.
func (w *minRateWriter) ReadFrom(r io.Reader) (written int64, err error) {
	for {
		n, err := w.timed(func() (int64, error) { return io.CopyN(w.to, r, fdio.ChunkSize) })
		written += n
		if err != nil {
			return written, notEOF(err)
		}
	}
}

// timed has a piece written in time. Only the time within write counts: with NoHold,
// the filter may be slow.
func (w *minRateWriter) timed(write func() (int64, error)) (int64, error) {
	start := time.Now()
	if w.idle > 0 {
		// An error means that the connection is closed, which write returns as well.
		_ = w.to.SetWriteDeadline(start.Add(w.idle - w.behind))
	}
	n, err := write()
	w.behind = max(0, w.behind+time.Since(start)-time.Duration(n)*time.Second/minRate)
	if fdio.IsTimeout(err) {
		return n, ErrSlowClient
	}
	return n, err
}
