package netpipe

import (
	"strings"
	"syscall"
	"testing"

	"imgpipe/netpipe/internal/pipetest"
)

func TestUnixSocket(t *testing.T) {
	pipetest.Parallel(t)
	dir := t.TempDir()
	s := quick("copy")
	s.Listen = []Addr{{Network: "unix", Address: dir + "/second"}}
	second := start(t, s)
	s = quick("copy")
	s.Listen, s.Next = []Addr{{Network: "unix", Address: dir + "/first"}}, second.addr
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
}
