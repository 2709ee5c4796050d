package procpool

import (
	"errors"
	"io"
	"os"

	"imgpipe/netpipe/internal/fdio"
)

// An Invocation is one use of a filter, for one input and its answer: a process, a
// request to a worker, or a chain of these.
type Invocation interface {
	// Read reads the answer. It returns io.EOF at the answer's end, whole or not:
	// Wait says which. Any other error is a consequence of Abort.
	io.Reader

	// Push gives the filter a piece of input. An error means that the filter takes
	// no more. What it does not take at once is written within wait.
	Push(c *InputChunk, wait WaitFunc) error

	// PushFrom is Push of n bytes that a socket has, which the kernel does not copy. A Push
	// has come before. PushFrom moves fewer bytes, without an error, if the socket gives no
	// more.
	PushFrom(s fdio.Socket, n int, wait WaitFunc) (moved int, err error)

	// TakesInput reports whether the filter still takes input. It does not after
	// Wait.
	TakesInput() bool

	// Abort ends the invocation at once, unless it has ended. The filter cannot
	// take anything that happens afterwards for the end of its input.
	Abort()

	// Wait waits for the end. An error says why the answer is not whole: an
	// ExitError, ErrKilled or another.
	Wait() error

	// Release frees all that the invocation has, and waits until that is done. What has
	// not ended is ended as Abort does; a worker that got nothing stays. Release is
	// called once; no method but Status follows.
	Release()

	// Status describes the end. It is called after Release.
	Status() Status
}

// A Status describes the end of an Invocation.
type Status struct {
	Text   string // for the log: "exit status 3", of a chain that of each program
	Stderr string // the last of what the filter wrote to stderr, of a chain that of each program
	Cause  string // of that, what the program wrote whose failure is the error of Wait
	Used   Usage  // of a chain that of all programs together
}

// A WaitFunc calls write, which may take long, and returns its error.
type WaitFunc func(write func() error) error

// Unwatched is a WaitFunc that does nothing else.
func Unwatched(write func() error) error { return write() }

// An ExitError is the status, other than 0, with which a filter ended by itself: it
// has worked on its input and refuses it.
type ExitError struct {
	Status string // "exit status 3", or of a worker "answer status 1"
	Code   int    // 3, 1
}

func (e *ExitError) Error() string { return e.Status }

// Errors of Invocation.Wait, Pool.Take and New. Those that they return may wrap them.
var (
	ErrKilled      = errors.New("killed by signal 9 (killed)") // mostly by this package
	ErrMemory      = errors.New("killed by the kernel, which had no memory left for it")
	ErrMidAnswer   = errors.New("ended before its answer did")
	ErrProtocol    = errors.New("broke the worker protocol")
	ErrNotReady    = errors.New("no filter is ready")
	ErrDoesNotWait = errors.New("a program that does not read stdin cannot be started ahead of its input")
	ErrCommandLine = errors.New("the filter refuses its command line")
	ErrNotWorker   = errors.New("the filter is not a worker")
	ErrNoParams    = errors.New("the filter is a worker that takes no parameters")
	ErrParams      = errors.New("refuses its parameters") // beside an ExitError
	ErrSlowStart   = errors.New("no answer to the greeting within the start timeout")
)

// Room in an InputChunk for the records that a worker's input is put in.
const (
	headroom = 24
	tailroom = 8
	roomSize = fdio.ChunkSize - headroom - tailroom
)

// An InputChunk is a piece of input on its way to a filter. Its Room is in a buffer
// from NewInputChunk, which Free gives back.
type InputChunk struct {
	buf  *fdio.Chunk
	N    int  // bytes of input, from the beginning of Room
	Last bool // the input ends with them
}

// NewInputChunk returns a chunk without input.
func NewInputChunk() InputChunk { return InputChunk{buf: fdio.GetChunk()} }

// Free gives the buffer back.
func (c *InputChunk) Free() { fdio.PutChunk(c.buf) }

// Room returns the space for input.
func (c *InputChunk) Room() []byte { return c.buf[headroom : headroom+roomSize] }

func (c *InputChunk) input() []byte { return c.buf[headroom : headroom+c.N] }

// writePipe writes b to a pipe: what the pipe does not take at once, within wait.
func writePipe(pipe *os.File, b []byte, wait WaitFunc) error {
	n, err := fdio.TryWrite(pipe, b)
	if err != nil || n == len(b) {
		return err
	}
	return wait(func() error {
		_, err := pipe.Write(b[n:])
		return err
	})
}

// splicePipe moves n bytes from a socket to a pipe: what the pipe does not take at once,
// within wait. It moves fewer, without an error, if the socket gives no more.
func splicePipe(pipe *os.File, s fdio.Socket, n int, wait WaitFunc) (moved int, err error) {
	moved, err = fdio.TrySplice(pipe, s, n)
	if err != nil || moved == n {
		return moved, err
	}
	err = wait(func() error {
		more, err := fdio.Splice(pipe, s, n-moved)
		moved += more
		return err
	})
	return moved, err
}
