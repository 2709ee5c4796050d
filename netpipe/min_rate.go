package netpipe

import (
	"io"
	"time"

	"imgpipe/netpipe/internal/fdio"
)

// How fast a client has to be, in bytes per second. The client may be another server,
// whose input is what a slow filter writes: so an input may come more slowly than an
// answer has to be taken.
const (
	minRate      = 64 << 10 // taking an answer
	minInputRate = 16 << 10 // sending an input
)

// A pace is that of a client, who must never be silent for idle, nor be behind rate by
// more than idle. Only the time in which the client is waited for counts.
type pace struct {
	rate   int64         // bytes per second
	idle   time.Duration // 0 means no limit
	behind time.Duration // how far the client is behind rate
	last   time.Duration // how long the last piece took
}

// left returns how long the next piece may take.
func (p *pace) left() time.Duration { return p.idle - p.behind }

// moved notes that n bytes took the time d.
func (p *pace) moved(n int64, d time.Duration) {
	p.behind = max(0, p.behind+d-time.Duration(n)*time.Second/time.Duration(p.rate))
	p.last = d
}

// A minRateWriter writes to a client, which has to take each piece of 64 KiB within
// pace.idle, and must keep pace: else the error is ErrSlowClient.
type minRateWriter struct {
	to   deadlineWriter
	pace pace
}

type deadlineWriter interface {
	io.Writer
	SetWriteDeadline(time.Time) error
}

func newMinRateWriter(to deadlineWriter, idle time.Duration) *minRateWriter {
	return &minRateWriter{to: to, pace: pace{rate: minRate, idle: idle}}
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
	if w.pace.idle > 0 {
		// An error means that the connection is closed, which write returns as well.
		_ = w.to.SetWriteDeadline(start.Add(w.pace.left()))
	}
	n, err := write()
	w.pace.moved(n, time.Since(start))
	if fdio.IsTimeout(err) {
		return n, ErrSlowClient
	}
	return n, err
}
