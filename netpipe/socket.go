package netpipe

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A socket is what a *net.TCPConn and a *net.UnixConn both do.
type socket interface {
	net.Conn
	CloseWrite() error
	SyscallConn() (syscall.RawConn, error)
}

// errReset is what a connection that no longer exists says when the kernel's
// own error has been read already.
var errReset = error(syscall.ECONNRESET)

// resets makes every end of a connection that finish does not make a reset: an
// early close, and the kernel's own one when this process is killed. It is set
// before there is a connection, for a Dialer's, or inherited from a listener's
// socket, so that there is no moment without it. A unix socket has no reset:
// there, closing without a half-close before stands for it.
func resets(network, _ string, raw syscall.RawConn) error {
	if network == "unix" {
		return nil
	}
	var err error
	if controlled := raw.Control(func(fd uintptr) {
		err = unix.SetsockoptLinger(int(fd), unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1, Linger: 0})
	}); controlled != nil {
		return controlled
	}
	return os.NewSyscallError("setsockopt", err)
}

// finish ends what s sends with a FIN, and leaves the kernel the time it needs
// to deliver it.
func finish(s socket) error {
	if tcp, ok := s.(*net.TCPConn); ok {
		if err := tcp.SetLinger(-1); err != nil {
			return err
		}
	}
	return s.CloseWrite()
}

// gone reports whether the other side of fd is no longer there: it has reset
// the connection, or, over a unix socket, closed it in both directions. It
// holds only as long as this side has not half-closed: after that a FIN looks
// the same. Unlike SO_ERROR the answer stays, whoever has read the error.
func gone(fd uintptr) bool {
	p := []unix.PollFd{{Fd: int32(fd)}}
	for {
		if _, err := unix.Poll(p, 0); err != unix.EINTR {
			return p[0].Revents&(unix.POLLERR|unix.POLLHUP) != 0
		}
	}
}

// isGone is gone for a socket.
func isGone(s socket) bool {
	raw, err := s.SyscallConn()
	if err != nil {
		return true
	}
	dead := true
	if err := raw.Control(func(fd uintptr) { dead = gone(fd) }); err != nil {
		return true
	}
	return dead
}

// awaitGone returns nil when the other side is gone, or the error of a read
// deadline that passes before. A Read says only EOF, again and again, once the
// client has half-closed; so the socket itself is asked, each time the poller
// sees an edge.
func awaitGone(s socket) error {
	raw, err := s.SyscallConn()
	if err != nil {
		return err
	}
	return raw.Read(gone)
}

// awaitByte waits for the first byte and leaves it where it is. It returns
// io.EOF at a half-close.
func awaitByte(s socket) error {
	raw, err := s.SyscallConn()
	if err != nil {
		return err
	}
	var peek [1]byte
	var n int
	waited := raw.Read(func(fd uintptr) bool {
		for {
			n, _, err = unix.Recvfrom(int(fd), peek[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
			if err != unix.EINTR {
				return err != unix.EAGAIN
			}
		}
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

// A patient writer writes in pieces and gives the other side the same time to
// take each.
type patient struct {
	socket
	idle time.Duration // 0 is for ever
}

func (p patient) Write(b []byte) (written int, err error) {
	for len(b) > 0 {
		p.extend()
		n, err := p.socket.Write(b[:min(len(b), chunkSize)])
		written += n
		if err != nil {
			return written, notTaken(err)
		}
		b = b[n:]
	}
	return written, nil
}

// ReadFrom lets the kernel send a file by itself.
func (p patient) ReadFrom(r io.Reader) (written int64, err error) {
	for {
		p.extend()
		n, err := io.CopyN(p.socket, r, 4*chunkSize)
		written += n
		switch {
		case errors.Is(err, io.EOF):
			return written, nil
		case err != nil:
			return written, notTaken(err)
		}
	}
}

func notTaken(err error) error {
	if isTimeout(err) {
		return errNotTaken
	}
	return err
}

func (p patient) extend() {
	if p.idle > 0 {
		// It fails only on a closed connection, and then the write says so.
		_ = p.SetWriteDeadline(time.Now().Add(p.idle))
	}
}
