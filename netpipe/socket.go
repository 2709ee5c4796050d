package netpipe

import (
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
func gone(fd uintptr) bool { return polled(fd, 0) }

// polled reports whether one of the events has come to fd, or its end.
func polled(fd uintptr, events int16) bool {
	p := []unix.PollFd{{Fd: int32(fd), Events: events}}
	for {
		if _, err := unix.Poll(p, 0); err != unix.EINTR {
			return p[0].Revents&(unix.POLLERR|unix.POLLHUP|events) != 0
		}
	}
}

// isGone is gone for a socket, or for the pipe to a filter: there it is that
// nobody reads it any more.
func isGone(s syscall.Conn) bool { return isPolled(s, 0) }

// isReadable reports whether a read of s wouldn't wait.
func isReadable(s syscall.Conn) bool { return isPolled(s, unix.POLLIN) }

func isPolled(s syscall.Conn, events int16) bool {
	raw, err := s.SyscallConn()
	if err != nil {
		return true
	}
	is := true
	if err := raw.Control(func(fd uintptr) { is = polled(fd, events) }); err != nil {
		return true
	}
	return is
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

// minRate is how fast a client has to take an answer, in bytes per second, but
// for the idle timeout by which it may fall behind.
const minRate = 64 << 10

// A sink is what an answer goes to.
type sink interface {
	io.Writer
	SetWriteDeadline(time.Time) error
}

// A patient writer waits for the other side as long as that takes each piece
// within idle and is never behind minRate by more than that.
type patient struct {
	sink
	idle time.Duration // 0 is for ever
	late time.Duration // how far the other side is behind minRate
}

func (p *patient) Write(b []byte) (written int, err error) {
	for len(b) > 0 {
		n, err := p.piece(func() (int64, error) {
			n, err := p.sink.Write(b[:min(len(b), chunkSize)])
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
func (p *patient) ReadFrom(r io.Reader) (written int64, err error) {
	for {
		n, err := p.piece(func() (int64, error) { return io.CopyN(p.sink, r, chunkSize) })
		written += n
		if err != nil {
			return written, notEOF(err)
		}
	}
}

// piece has a piece written in time. Only the time in which the other side is
// waited for counts: with -no-hold, the answer may be as slow as it likes.
func (p *patient) piece(write func() (int64, error)) (int64, error) {
	begun := time.Now()
	if p.idle > 0 {
		// It fails only on a closed connection, and then the write says so.
		_ = p.SetWriteDeadline(begun.Add(p.idle - p.late))
	}
	n, err := write()
	p.late = max(0, p.late+time.Since(begun)-time.Duration(n)*time.Second/minRate)
	if isTimeout(err) {
		return n, errNotTaken
	}
	return n, err
}
