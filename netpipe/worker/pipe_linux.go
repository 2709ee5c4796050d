package worker

import (
	"io"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Pipes are read and written by raw, non-blocking system calls, which the Go scheduler
// does not see. An ordinary system call wakes the runtime's monitor thread, which then
// polls every 20 µs. That takes a fifth of the time that a small image takes.

// A pipeReader reads a file in non-blocking mode.
type pipeReader struct {
	file *os.File
	raw  syscall.RawConn
	idle func() error // called before a read waits
}

// newPipeReader makes f non-blocking. The pipeReader has a duplicate of f's descriptor,
// because f itself is not registered with the runtime's poller.
func newPipeReader(f *os.File, idle func() error) (*pipeReader, error) {
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("fcntl", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		unix.Close(fd)
		return nil, os.NewSyscallError("fcntl", err)
	}
	r := &pipeReader{file: os.NewFile(uintptr(fd), f.Name()), idle: idle}
	r.raw, err = r.file.SyscallConn()
	return r, err
}

func (r *pipeReader) Close() error { return r.file.Close() }

func (r *pipeReader) Read(b []byte) (n int, err error) {
	if len(b) == 0 {
		return 0, nil
	}
	waited := r.raw.Read(func(fd uintptr) bool {
		if n, err = rawIO(unix.SYS_READ, fd, b); err != unix.EAGAIN {
			return true
		}
		err = r.idle()
		return err != nil
	})
	switch {
	case waited != nil:
		return 0, waited
	case err == nil && n == 0:
		return 0, io.EOF
	}
	return n, err
}

// A pipeWriter writes to a file in non-blocking mode.
type pipeWriter struct {
	file *os.File
	raw  syscall.RawConn
}

// newPipeWriter makes f non-blocking.
func newPipeWriter(f *os.File) (*pipeWriter, error) {
	if err := unix.SetNonblock(int(f.Fd()), true); err != nil {
		return nil, os.NewSyscallError("fcntl", err)
	}
	raw, err := f.SyscallConn()
	return &pipeWriter{f, raw}, err
}

func (w *pipeWriter) Write(b []byte) (written int, err error) {
	for len(b) > 0 {
		var n int
		if closed := w.raw.Control(func(fd uintptr) {
			if n, err = rawIO(unix.SYS_WRITE, fd, b); err == unix.EAGAIN {
				_, err = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}, -1)
			}
		}); closed != nil {
			return written, closed
		}
		switch err {
		case nil, unix.EINTR:
		case unix.EPIPE:
			return w.file.Write(b) // if it is stdout, SIGPIPE ends the program, as always in Go
		default:
			return written, err
		}
		written += n
		b = b[n:]
	}
	return written, nil
}

// rawIO makes the system call read(2) or write(2) with b, which must not be empty.
func rawIO(call, fd uintptr, b []byte) (int, error) {
	for {
		n, _, err := unix.RawSyscall(call, fd, uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)))
		switch err {
		case 0:
			return int(n), nil
		case unix.EINTR:
		default:
			return 0, err
		}
	}
}
