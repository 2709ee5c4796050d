// Package fdio does with descriptors what packages net and os do not offer: it
// reads and writes as much as is possible without waiting, waits for the other
// side to disappear, looks at a byte without taking it, and makes the end of a
// connection a reset or a FIN.
//
// A *os.File here is a pipe, and a syscall.Conn a pipe or a Socket. They must be
// non-blocking, as those that packages net and os make are.
package fdio

import (
	"errors"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// ChunkSize is the size of a pipe's buffer as the kernel makes it, in bytes, and
// of the pieces in which bytes are copied.
const ChunkSize = 64 << 10

// A Chunk is a buffer for copying.
type Chunk [ChunkSize]byte

var chunks = sync.Pool{New: func() any { return new(Chunk) }}

// GetChunk returns a buffer with arbitrary content. PutChunk gives it back.
func GetChunk() *Chunk { return chunks.Get().(*Chunk) }

// PutChunk makes a buffer available to the next GetChunk.
func PutChunk(c *Chunk) { chunks.Put(c) }

// Expired is a deadline that ends a read or a write at once.
var Expired = time.Unix(1, 0)

// IsTimeout reports whether err is that of a deadline.
func IsTimeout(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }

// TryRead reads what a pipe has at the moment, up to len(b) bytes: 0 and no error
// if it is empty, io.EOF at its end. Another goroutine may be in AwaitReadable.
//
// TryRead, TryWrite and AwaitReadable take a *os.File: through a syscall.Conn, each call
// would allocate.
func TryRead(pipe *os.File, b []byte) (n int, err error) {
	raw, err := pipe.SyscallConn()
	if err != nil {
		return 0, err
	}
	closed := raw.Control(func(fd uintptr) {
		n, err = uninterrupted(func() (int, error) { return unix.Read(int(fd), b) })
	})
	switch {
	case closed != nil:
		return 0, closed
	case err == unix.EAGAIN:
		return 0, nil
	case err == nil && n == 0:
		return 0, io.EOF
	}
	return max(n, 0), err
}

// TryWrite writes as much of b as a pipe takes at the moment, possibly nothing.
func TryWrite(pipe *os.File, b []byte) (n int, err error) {
	raw, err := pipe.SyscallConn()
	if err != nil {
		return 0, err
	}
	closed := raw.Write(func(fd uintptr) bool {
		n, err = uninterrupted(func() (int, error) { return unix.Write(int(fd), b) })
		return true
	})
	switch {
	case closed != nil:
		return 0, closed
	case err == unix.EAGAIN:
		return 0, nil
	}
	return max(n, 0), err
}

// AwaitReadable waits until a read of a pipe would not wait: there is a byte, the end
// or an error. It returns the error of a read deadline that passes before.
func AwaitReadable(pipe *os.File) error {
	raw, err := pipe.SyscallConn()
	if err != nil {
		return err
	}
	return raw.Read(func(fd uintptr) bool { return poll(fd, unix.POLLIN) })
}

// AwaitByte waits for the first byte from a socket and leaves it there. It
// returns io.EOF if the other side half-closes before.
func AwaitByte(s Socket) error {
	raw, err := s.SyscallConn()
	if err != nil {
		return err
	}
	var b [1]byte
	var n int
	waited := raw.Read(func(fd uintptr) bool {
		n, err = peek(fd, b[:])
		return err != unix.EAGAIN
	})
	switch {
	case waited != nil:
		return waited
	case err != nil:
		return err
	case n == 0:
		return io.EOF
	}
	return nil
}

// Peek reads what a socket has at the moment, up to len(b) bytes, and leaves it there.
func Peek(s Socket, b []byte) (n int, err error) {
	raw, err := s.SyscallConn()
	if err != nil {
		return 0, err
	}
	if closed := raw.Control(func(fd uintptr) { n, err = peek(fd, b) }); closed != nil {
		return 0, closed
	}
	return max(n, 0), err
}

func peek(fd uintptr, b []byte) (int, error) {
	return uninterrupted(func() (int, error) {
		n, _, err := unix.Recvfrom(int(fd), b, unix.MSG_PEEK|unix.MSG_DONTWAIT)
		return n, err
	})
}

// AwaitHangup returns nil when IsHungUp holds, or the error of a read deadline
// that passes before. A Read could not tell: once the other side has half-closed,
// a Read returns io.EOF again and again. So the descriptor is polled each time
// that the runtime's poller sees a change.
func AwaitHangup(s Socket) error {
	raw, err := s.SyscallConn()
	if err != nil {
		return err
	}
	return raw.Read(func(fd uintptr) bool { return poll(fd, 0) })
}

// IsHungUp reports whether the other side of c no longer exists. Of a TCP
// connection: it has been reset. Of a unix socket: the other side has closed it in
// both directions. Of the writing end of a pipe: no process has the reading end open.
//
// On a socket, IsHungUp holds only as long as this side has not half-closed:
// after that, a FIN of the other side looks the same. Unlike SO_ERROR, the
// answer does not change when the error has been read.
func IsHungUp(c syscall.Conn) bool { return isPolled(c, 0) }

// IsReadable reports whether a read of c would not wait: there is a byte, the end
// or an error.
func IsReadable(c syscall.Conn) bool { return isPolled(c, unix.POLLIN) }

// isPolled is poll for c. A closed c counts as ended.
func isPolled(c syscall.Conn, events int16) bool {
	raw, err := c.SyscallConn()
	if err != nil {
		return true
	}
	is := true
	if err := raw.Control(func(fd uintptr) { is = poll(fd, events) }); err != nil {
		return true
	}
	return is
}

// poll reports whether one of the events, a hang-up or an error is there for fd.
func poll(fd uintptr, events int16) bool {
	p := []unix.PollFd{{Fd: int32(fd), Events: events}}
	_, _ = uninterrupted(func() (int, error) { return unix.Poll(p, 0) })
	return p[0].Revents&(unix.POLLERR|unix.POLLHUP|events) != 0
}

// uninterrupted repeats a system call that a signal interrupts.
func uninterrupted(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if err != unix.EINTR {
			return n, err
		}
	}
}

// CloseFiles closes files; those that are nil are skipped.
func CloseFiles(files ...*os.File) {
	for _, f := range files {
		if f != nil {
			f.Close()
		}
	}
}
