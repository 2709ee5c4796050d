package netpipe

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// A run is what one connection has of a filter: a process, or one request to a
// worker.
type run interface {
	// Read reads the answer. At its end it returns io.EOF, also if there is
	// something wrong with it: exit says what. Any other error comes of abort.
	io.Reader

	// push gives the filter a piece of input, and tells it of the input's end. An
	// error says that it takes no more. What it doesn't take at once is written
	// within waits.
	push(b *piece, waits waiter) error

	// takes reports whether the filter still takes input; after exit it doesn't.
	takes() bool

	// abort ends the filter at once, if it hasn't ended this run. It takes
	// nothing that happens after it for the end of its input.
	abort()

	// exit waits for the run's end. An error says why the answer isn't whole.
	exit() error

	// free gives back all that the run has, and waits for that. No other method
	// but last may be called after it, and it may be called once.
	free()

	// last says how the run ended, and the last of what the filter said. Only
	// after free.
	last() (status, words string)
}

// A refusal is the status of a run that came to its end, if it isn't 0: the filter
// doesn't like its input, one may think.
type refusal string

func (r refusal) Error() string { return string(r) }

// A waiter runs what may take long.
type waiter func(write func() error) error

// Room in a piece for what a run puts around the input.
const (
	headroom = 24
	tailroom = 8
)

// A piece is input on its way to a filter.
type piece struct {
	buf  *[chunkSize]byte
	n    int  // bytes of input
	last bool // the input ends with them
}

func newPiece() piece { return piece{buf: chunks.Get().(*[chunkSize]byte)} }

func (p *piece) release() { chunks.Put(p.buf) }

// room is where input is read to.
func (p *piece) room() []byte { return p.buf[headroom : chunkSize-tailroom] }

func (p *piece) input() []byte { return p.buf[headroom : headroom+p.n] }

// pushTo writes b to a pipe; within waits, what it doesn't take at once.
func pushTo(pipe *os.File, b []byte, waits waiter) error {
	n, err := writeNow(pipe, b)
	if err != nil || n == len(b) {
		return err
	}
	return waits(func() error {
		_, err := pipe.Write(b[n:])
		return err
	})
}

// writeNow writes as much of b as a pipe takes without waiting.
func writeNow(pipe *os.File, b []byte) (n int, err error) {
	raw, err := pipe.SyscallConn()
	if err != nil {
		return 0, err
	}
	closed := raw.Write(func(fd uintptr) bool {
		for {
			if n, err = unix.Write(int(fd), b); err != unix.EINTR {
				return true
			}
		}
	})
	switch {
	case closed != nil:
		return 0, closed
	case err == unix.EAGAIN:
		return 0, nil
	}
	return max(n, 0), err
}
