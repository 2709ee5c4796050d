package fdio

import (
	"io"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// CanSplice reports whether this system has AwaitBytes, TrySplice and Splice.
const CanSplice = true

// AwaitBytes is AwaitByte, and returns how many bytes the socket has: those that Splice can
// take, which may be none where urgent data has come. If the socket has ended, and IsHungUp
// holds, the error is ErrReset.
func AwaitBytes(s Socket) (n int, err error) {
	switch err = AwaitByte(s); {
	case err == io.EOF && IsHungUp(s):
		return 0, ErrReset
	case err != nil:
		return 0, err
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return 0, err
	}
	if closed := raw.Control(func(fd uintptr) { n, err = unix.IoctlGetInt(int(fd), unix.TIOCINQ) }); closed != nil {
		return 0, closed
	}
	return n, os.NewSyscallError("ioctl", err)
}

// TrySplice moves bytes that a socket has to a pipe: as many of n as the pipe takes at the
// moment, possibly none. The kernel does not copy them (splice(2)).
func TrySplice(pipe *os.File, s Socket, n int) (moved int, err error) {
	return splicePiece(pipe, s, n, func(uintptr) bool { return true })
}

// Splice is TrySplice, but waits until the pipe has taken n bytes. It moves fewer, without
// an error, if the socket gives no more: it was reset, or has urgent data.
func Splice(pipe *os.File, s Socket, n int) (moved int, err error) {
	for more := 1; more > 0 && moved < n && err == nil; moved += more {
		more, err = splicePiece(pipe, s, n-moved, func(fd uintptr) bool { return poll(fd, unix.POLLOUT) })
	}
	return moved, err
}

// splicePiece moves up to n bytes. If it can move none, and hasRoom said before that the pipe
// was full, it waits for the pipe and tries again. The socket is in use only within a system
// call, so that closing it does not wait for the pipe.
func splicePiece(pipe *os.File, s Socket, n int, hasRoom func(pipe uintptr) bool) (moved int, err error) {
	to, err := pipe.SyscallConn()
	if err != nil {
		return 0, err
	}
	from, err := s.SyscallConn()
	if err != nil {
		return 0, err
	}
	closed := to.Write(func(fd uintptr) bool {
		isFull := !hasRoom(fd)
		moved, err = spliceNow(fd, from, n)
		return moved > 0 || err != nil || !isFull
	})
	if closed != nil {
		return 0, closed
	}
	return moved, err
}

func spliceNow(pipe uintptr, from syscall.RawConn, n int) (moved int, err error) {
	const flags = unix.SPLICE_F_MOVE | unix.SPLICE_F_NONBLOCK
	if closed := from.Control(func(fd uintptr) {
		moved, err = uninterrupted(func() (int, error) {
			n, err := unix.Splice(int(fd), nil, int(pipe), nil, n, flags)
			return int(n), err
		})
	}); closed != nil {
		return 0, closed
	}
	if err == unix.EAGAIN {
		err = nil
	}
	return max(moved, 0), err
}
