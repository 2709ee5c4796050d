package fdio

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// A Socket is a *net.TCPConn, a *net.UnixConn, or a *tlsconn.Conn over TCP.
type Socket interface {
	net.Conn
	CloseWrite() error
	SyscallConn() (syscall.RawConn, error)
}

// ResetOnClose is a Control function for a net.ListenConfig or a net.Dialer. It
// sets SO_LINGER to 0: each end of a connection other than by Finish is then a
// reset (RST), whether the program closes it early or the kernel does because
// the program was killed. Connections inherit the option from their listener, so
// that there is no moment without it.
//
// A unix socket has no reset. There, closing it without a half-close before means
// the same.
func ResetOnClose(network, _ string, raw syscall.RawConn) error {
	if network == "unix" {
		return nil
	}
	var err error
	if closed := raw.Control(func(fd uintptr) {
		err = unix.SetsockoptLinger(int(fd), unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1, Linger: 0})
	}); closed != nil {
		return closed
	}
	return os.NewSyscallError("setsockopt", err)
}

// Finish half-closes s with a FIN, and undoes ResetOnClose: a later close leaves
// the kernel the time that it needs to deliver what was written.
func Finish(s Socket) error {
	if err := setLinger(s, -1); err != nil {
		return err
	}
	return s.CloseWrite()
}

// MakeReset has any later close of s be a reset, if s has one.
func MakeReset(s Socket) { _ = setLinger(s, 0) }

// setLinger sets SO_LINGER of what is not a unix socket.
func setLinger(s Socket, seconds int) error {
	if tcp, ok := s.(interface{ SetLinger(int) error }); ok {
		return tcp.SetLinger(seconds)
	}
	return nil
}

// ErrReset is the error of a connection that was reset.
var ErrReset = error(syscall.ECONNRESET)

// Plain returns the kernel's own error out of those of packages net and os,
// without their addresses and names of system calls. EPIPE and ENOTCONN become
// ErrReset: they mean that another call has been told of the reset.
func Plain(err error) error {
	for {
		switch e := err.(type) {
		case *net.OpError:
			err = e.Err
		case *os.SyscallError:
			err = e.Err
		default:
			if err == syscall.EPIPE || err == syscall.ENOTCONN {
				return ErrReset
			}
			return err
		}
	}
}

// IsOwn reports whether err comes of this side's closing of what another
// goroutine still used, or of its cancelling or its deadline.
func IsOwn(err error) bool {
	return errors.Is(err, os.ErrClosed) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.Canceled)
}
