package netpipe

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"testing"

	"imgpipe/netpipe/internal/pipetest"
	"imgpipe/netpipe/internal/unixsocket"
)

func TestUnixSocket(t *testing.T) {
	pipetest.Parallel(t)
	dir := t.TempDir()
	s := quick("copy")
	s.Listen = []Addr{{Network: "unix", Address: dir + "/second"}}
	second := start(t, s)
	s = quick("copy")
	s.Listen, s.Next = []Addr{{Network: "unix", Address: dir + "/first"}}, []Addr{second.addr}
	first := start(t, s)
	input := pipetest.Noise(200_000)
	answer, err := ask(t, first.addr, input)
	wantWhole(t, answer, err, input)
	first.verdict(whole)
	second.verdict(whole)
}

func TestUnixSocketClosed(t *testing.T) {
	pipetest.Parallel(t)
	meeting := pipetest.NewMeeting(t)
	s := quick("read:1", "hold:"+meeting.String(), "read", "write:10")
	s.Listen = []Addr{{Network: "unix", Address: t.TempDir() + "/socket"}}
	server := start(t, s)
	c := connect(t, server.addr)
	_, _ = c.Write(pipetest.Noise(10))
	filter := meeting.Come()
	c.Close() // without a half-close before: the input was cut off
	server.verdict(clientGone)
	meeting.Dies(filter)
}

func TestStaleUnixSocket(t *testing.T) {
	pipetest.Parallel(t)
	path := t.TempDir() + "/socket"
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err == nil {
		err = syscall.Bind(fd, &syscall.SockaddrUnix{Name: path})
	}
	if err != nil {
		t.Fatal(err)
	}
	syscall.Close(fd) // as if its program had been killed
	s := quick("copy")
	s.Listen = []Addr{{Network: "unix", Address: path}}
	server := start(t, s)
	answer, err := ask(t, server.addr, pipetest.Noise(10))
	wantWhole(t, answer, err, pipetest.Noise(10))

	s = quick("copy")
	s.Listen = []Addr{{Network: "unix", Address: path}}
	if err := s.Serve(t.Context()); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("a second server on the same socket: want it in use, got %v", err)
	}
	answer, err = ask(t, server.addr, pipetest.Noise(10))
	wantWhole(t, answer, err, pipetest.Noise(10))
	server.stop()
	_ = server.wait()
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("want no file left, got %v", err)
	}
}

// What is no socket is never replaced, and is no next hop.
func TestUnixSocketIsAnotherFile(t *testing.T) {
	pipetest.Parallel(t)
	for name, make := range map[string]func(path string) error{
		"a file":            func(path string) error { return os.WriteFile(path, []byte("photo"), 0o666) },
		"an empty file":     func(path string) error { return os.WriteFile(path, nil, 0o666) },
		"a directory":       func(path string) error { return os.Mkdir(path, 0o777) },
		"a pipe":            func(path string) error { return syscall.Mkfifo(path, 0o666) },
		"a link":            func(path string) error { return os.Symlink("/dev/null", path) },
		"a link to nothing": func(path string) error { return os.Symlink("no-such", path) },
	} {
		t.Run(name, func(t *testing.T) {
			path := t.TempDir() + "/socket"
			if err := make(path); err != nil {
				t.Fatal(err)
			}
			before, _ := os.Lstat(path)
			s := quick("copy")
			s.Listen = []Addr{{Network: "unix", Address: path}}
			if err := s.Serve(t.Context()); !errors.Is(err, unixsocket.ErrNotSocket) {
				t.Errorf("want %v, got %v", unixsocket.ErrNotSocket, err)
			}
			if now, err := os.Lstat(path); err != nil || !os.SameFile(before, now) || now.Size() != before.Size() {
				t.Errorf("want the file as it was, got %v", err)
			}
			if name == "a link to nothing" {
				return
			}
			s = quick("copy")
			s.Next = []Addr{{Network: "unix", Address: path}}
			if err := s.Serve(t.Context()); !errors.Is(err, unixsocket.ErrNotSocket) {
				t.Errorf("as the next hop: want %v, got %v", unixsocket.ErrNotSocket, err)
			}
			err := (&Client{Addr: s.Next[0]}).Send(t.Context(), strings.NewReader("x"), io.Discard)
			if !errors.Is(err, unixsocket.ErrNotSocket) || mayBeSentAgain(err) {
				t.Errorf("at a client: want %v, got %v", unixsocket.ErrNotSocket, err)
			}
		})
	}
}

// A server that ends leaves the socket of the server that took its place.
func TestUnixSocketOfSuccessor(t *testing.T) {
	pipetest.Parallel(t)
	path := t.TempDir() + "/socket"
	s := quick("copy")
	s.Listen = []Addr{{Network: "unix", Address: path}}
	first := start(t, s)
	if err := os.Rename(path, path+".old"); err != nil {
		t.Fatal(err)
	}
	s = quick("copy")
	s.Listen = []Addr{{Network: "unix", Address: path}}
	second := start(t, s)
	first.stop()
	_ = first.wait()
	answer, err := ask(t, second.addr, pipetest.Noise(10))
	wantWhole(t, answer, err, pipetest.Noise(10))
}

func TestUnixMode(t *testing.T) {
	pipetest.Parallel(t)
	for _, mode := range []fs.FileMode{0o600, 0o660, 0o666, 0o777} {
		s := quick("copy")
		s.Listen, s.UnixMode = []Addr{{Network: "unix", Address: t.TempDir() + "/socket"}}, mode
		server := start(t, s)
		if file, err := os.Stat(server.addr.Address); err != nil || file.Mode().Perm() != mode {
			t.Errorf("want %v, got %v and %v", mode, file, err)
		}
	}
}
