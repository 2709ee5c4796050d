package netpipe

import (
	"strings"
	"syscall"
	"testing"
)

func TestUnixSocket(t *testing.T) {
	dir := t.TempDir()
	s := quick("copy")
	s.Listen = []Addr{{"unix", dir + "/second"}}
	second := start(t, s)
	s = quick("copy")
	s.Listen, s.Next = []Addr{{"unix", dir + "/first"}}, second.addr
	first := start(t, s)
	input := noise(200_000)
	answer, err := ask(t, first.addr, input)
	wantWhole(t, answer, err, input)
	first.verdict(whole)
	second.verdict(whole)
}

func TestUnixSocketClosed(t *testing.T) {
	meeting := newMeeting(t)
	s := quick("read:1", "hold:"+meeting.String(), "read", "write:10")
	s.Listen = []Addr{{"unix", t.TempDir() + "/socket"}}
	server := start(t, s)
	c := connect(t, server.addr)
	_, _ = c.Write(noise(10))
	filter := meeting.come()
	c.Close() // without a half-close: it takes no answer, so its input was cut
	server.verdict(clientGone)
	meeting.dies(filter)
}

func TestStaleUnixSocket(t *testing.T) {
	path := t.TempDir() + "/socket"
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err == nil {
		err = syscall.Bind(fd, &syscall.SockaddrUnix{Name: path})
	}
	if err != nil {
		t.Fatal(err)
	}
	syscall.Close(fd) // as a kill would
	s := quick("copy")
	s.Listen = []Addr{{"unix", path}}
	server := start(t, s)
	answer, err := ask(t, server.addr, noise(10))
	wantWhole(t, answer, err, noise(10))

	s = quick("copy")
	s.Listen = []Addr{{"unix", path}}
	if err := s.Serve(t.Context(), t.Context()); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("a second server on the same socket: want it in use, got %v", err)
	}
}
