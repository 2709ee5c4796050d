package worker

import (
	"io"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Files are read and written by system calls that don't block, and so aren't told
// to Go's scheduler: if they were, each would have a thread wake up that then looks
// every 20 µs whether one does, a fifth of what a small picture takes.

// A pipeReader reads a file.
type pipeReader struct {
	file *os.File
	raw  syscall.RawConn
	idle func() error // called before a read waits
}

// newPipeReader makes f non-blocking. It has a descriptor of its own: f isn't known
// to the poller.
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
		if n, err = now(unix.SYS_READ, fd, b); err != unix.EAGAIN {
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

// A pipeWriter writes to a file.
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
			if n, err = now(unix.SYS_WRITE, fd, b); err == unix.EAGAIN {
				_, err = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}, -1)
			}
		}); closed != nil {
			return written, closed
		}
		switch err {
		case nil, unix.EINTR:
		case unix.EPIPE:
			return w.file.Write(b) // which has the signal end the program, if it's stdout
		default:
			return written, err
		}
		written += n
		b = b[n:]
	}
	return written, nil
}

// now is read(2) or write(2) of b, which isn't empty.
func now(call, fd uintptr, b []byte) (int, error) {
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
