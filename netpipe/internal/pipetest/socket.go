package pipetest

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"
	"testing"
	"time"

	"imgpipe/netpipe/internal/fdio"
)

// Connect connects to an address until the test ends. Each read and write has to be done
// within Patience.
func Connect(t *testing.T, network, address string) fdio.Socket {
	t.Helper()
	conn, err := dial(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(Patience)); err != nil {
		t.Fatal(err)
	}
	return conn.(fdio.Socket)
}

// dial connects to 127.0.0.1 in one system call, which waits. A net.Dialer asks for the
// socket's state afterwards: on a busy machine, a server with a short limit may have
// reset the connection by then, and the Dialer fails.
func dial(network, address string) (net.Conn, error) {
	at, err := netip.ParseAddrPort(address)
	if network != "tcp" || err != nil || at.Addr() != netip.AddrFrom4([4]byte{127, 0, 0, 1}) {
		// A reset that gets lost on its way is found by the first keep-alive probe.
		return (&net.Dialer{KeepAlive: time.Second}).Dial(network, address)
	}
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	syscall.CloseOnExec(fd)
	f := os.NewFile(uintptr(fd), address)
	defer f.Close()
	if err := syscall.Connect(fd, &syscall.SockaddrInet4{Port: int(at.Port()), Addr: at.Addr().As4()}); err != nil {
		return nil, os.NewSyscallError("connect", err)
	}
	return net.FileConn(f)
}

// Pair returns both sides of a connection.
func Pair(t *testing.T, network string) (this, other fdio.Socket) {
	t.Helper()
	at := "127.0.0.1:0"
	if network == "unix" {
		at = t.TempDir() + "/socket"
	}
	l, err := net.Listen(network, at)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	other = Connect(t, network, l.Addr().String())
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(Patience))
	return conn.(fdio.Socket), other
}

// Reset closes s, with a reset if there is one.
func Reset(s fdio.Socket) {
	fdio.MakeReset(s)
	s.Close()
}

// ClosedPort returns a TCP address where no program listens: it is taken until the test
// ends.
func ClosedPort(t *testing.T) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	syscall.CloseOnExec(fd)
	t.Cleanup(func() { syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("127.0.0.1:%d", name.(*syscall.SockaddrInet4).Port)
}
