package netpipe

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/pipetest"
)

func TestAllow(t *testing.T) {
	pipetest.Parallel(t)
	for _, test := range []struct {
		allow   string
		verdict verdict
	}{{"127.0.0.0/8", whole}, {"192.0.2.0/24", refused}, {"::ffff:127.0.0.1/128", whole}, {"::ffff:127.0.0.0/104", whole}, {"::ffff:192.0.2.1/128", refused}, {"::ffff:0:0/96", whole}, {"::/0", refused}} {
		s := quick("copy")
		s.Allow = []netip.Prefix{netip.MustParsePrefix(test.allow)}
		server := start(t, s)
		if test.verdict == refused {
			turnedAway(t, server.addr)
		} else {
			answer, err := ask(t, server.addr, pipetest.Noise(10))
			wantWhole(t, answer, err, pipetest.Noise(10))
		}
		server.verdict(test.verdict)
	}
}

// turnedAway connects, sends nothing, and wants a reset. That may come before connect(2) has
// returned.
func turnedAway(t *testing.T, at Addr) {
	t.Helper()
	conn, err := net.Dial(at.Transport(), at.Address)
	if err == nil {
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(pipetest.Patience))
		_, err = conn.Read(make([]byte, 1))
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("want %v, got %v", syscall.ECONNRESET, err)
	}
}

func TestMaxPerSource(t *testing.T) {
	pipetest.Parallel(t)
	s := quick("copy")
	s.MaxPerLoopback = 1
	server := start(t, s)
	first := connect(t, server.addr)
	send(t, first, pipetest.Noise(5))
	turnedAway(t, server.addr)
	server.verdict(busy)
	_ = first.CloseWrite()
	answer, err := io.ReadAll(first)
	wantWhole(t, answer, err, pipetest.Noise(5))
	server.verdict(whole)
}

func TestNoHold(t *testing.T) {
	pipetest.Parallel(t)
	for _, hops := range []int{1, 2} {
		for _, test := range []struct {
			name    string
			last    string
			verdict verdict
			want    error // instead of FIN
		}{
			{"exits 0", "exit:0", whole, nil},
			{"exits 3", "exit:3", filterFailed, syscall.ECONNRESET},
			{"is killed", "kill", filterFailed, syscall.ECONNRESET},
		} {
			meeting := pipetest.NewMeeting(t)
			s := quick("write:1000", "read", "meet:"+meeting.String(), test.last)
			s.NoHold = true
			if hops == 2 {
				next := quick("copy")
				next.NoHold = true
				s.Next = []Addr{start(t, next).addr}
			}
			server := start(t, s)
			c := connect(t, server.addr)
			send(t, c, pipetest.Noise(10))
			if _, err := io.ReadFull(c, make([]byte, 1000)); err != nil {
				t.Errorf("%s, %d hops: the answer doesn't come while the filter runs: %v", test.name, hops, err)
			}
			_ = c.CloseWrite()
			meeting.Come().Close()
			if _, err := c.Read(make([]byte, 1)); !errors.Is(err, test.want) && err != io.EOF {
				t.Errorf("%s, %d hops: want %v, got %v", test.name, hops, test.want, err)
			} else if (err == io.EOF) != (test.want == nil) {
				t.Errorf("%s, %d hops: want %v, got %v", test.name, hops, test.want, err)
			}
			server.verdict(test.verdict)
		}
	}
}

func TestNoHoldClientResets(t *testing.T) {
	pipetest.Parallel(t)
	meeting := pipetest.NewMeeting(t)
	s := quick("hold:"+meeting.String(), "write:1000000000", "read")
	s.NoHold, s.Pool = true, 0
	server := start(t, s)
	c := connect(t, server.addr)
	send(t, c, pipetest.Noise(10))
	_ = c.CloseWrite()
	filter := meeting.Come()
	_, _ = io.ReadFull(c, make([]byte, 1000))
	pipetest.Reset(c)
	r := server.verdict(clientGone)
	if want := "client: connection reset by peer"; r["err"] != want {
		t.Errorf("err: want %q, got %v", want, r)
	}
	meeting.Dies(filter)
}

func TestAllowEmpty(t *testing.T) {
	pipetest.Parallel(t)
	begin := func(t *testing.T, next []Addr, steps ...string) *backstage {
		s := quick(steps...)
		s.AllowEmpty, s.Next = true, next
		return start(t, s)
	}
	for _, test := range []struct {
		name          string
		first, second []string // the filters' steps
		input, answer []byte
	}{
		{"answer", []string{"read"}, nil, pipetest.Noise(10), nil},
		{"input", []string{"read", "write:10"}, nil, nil, pipetest.Written(10)},
		{"input and answer", []string{"copy"}, nil, nil, nil},
		{"answer of the second hop", []string{"read", "write:1"}, []string{"read"}, pipetest.Noise(10), nil},
		{"answer of the first hop", []string{"read"}, []string{"read", "write:10"}, pipetest.Noise(10), pipetest.Written(10)},
		{"all through two hops", []string{"copy"}, []string{"copy"}, nil, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			var next []Addr
			if test.second != nil {
				second := begin(t, next, test.second...)
				next = []Addr{second.addr}
				defer second.verdict(whole)
			}
			first := begin(t, next, test.first...)
			answer, err := ask(t, first.addr, test.input)
			wantWhole(t, answer, err, test.answer)
			first.verdict(whole)
		})
	}
	t.Run("a reset before a byte is no input", func(t *testing.T) {
		server := begin(t, nil, "read")
		pipetest.Reset(connect(t, server.addr))
		if r := server.verdict(clientGone); r["status"] != "" {
			t.Errorf("want no filter, got %v", r)
		}
	})
}

func TestUnixSocketRefusals(t *testing.T) {
	pipetest.Parallel(t)
	for _, set := range []func(*Server){
		func(s *Server) { s.NoHold = true },
		func(s *Server) { s.AllowEmpty = true },
	} {
		s := quick("copy")
		s.Listen = []Addr{{Network: "unix", Address: t.TempDir() + "/socket"}}
		set(s)
		if err := s.Serve(t.Context()); err != ErrUnixSocket {
			t.Errorf("want %v, got %v", ErrUnixSocket, err)
		}
	}
}

// When a connection's record is there, what its answer held is free again.
func TestHeldIsGivenBack(t *testing.T) {
	pipetest.Parallel(t)
	const large, small = 30_000_000, 1000
	s := quick("obey")
	s.MaxHeld = 2 * large // one address may hold half
	server := start(t, s)
	for range 3 {
		gone := connect(t, server.addr)
		send(t, gone, fmt.Appendf(nil, "write:%d\n", large))
		_ = gone.CloseWrite()
		if _, err := io.ReadFull(gone, make([]byte, small)); err != nil {
			t.Fatal(err)
		}
		pipetest.Reset(gone)
		server.verdict(clientGone)
		answer, err := ask(t, server.addr, fmt.Appendf(nil, "write:%d\n", small))
		wantWhole(t, answer, err, pipetest.Written(small))
		server.verdict(whole)
	}
}

// A client that takes none of its answers keeps no other address from its answer.
func TestHeldShare(t *testing.T) {
	pipetest.Parallel(t)
	const large = 20_000_000
	for name, s := range map[string]*Server{"processes": quick("obey"), "workers": quickWorkers(), "HTTP": overHTTP("obey")} {
		t.Run(name, func(t *testing.T) {
			pipetest.Parallel(t)
			s.MaxHeld = 3 * large
			server := start(t, s)
			request := func(source string) fdio.Socket {
				c := connectFrom(t, source, server.addr)
				steps := fmt.Sprintf("write:%d\n", large)
				if server.addr.Network == "http" {
					sendHTTP(t, c, fmt.Sprintf("%sContent-Length: %d\n\n", postHead, len(steps)))
				}
				send(t, c, []byte(steps))
				if server.addr.Network != "http" {
					_ = c.CloseWrite()
				}
				return c
			}
			receive := func(c fdio.Socket) (httpAnswer, error) {
				if server.addr.Network == "http" {
					return hear(t, bufio.NewReader(c), "POST")
				}
				answer, err := io.ReadAll(c)
				return httpAnswer{code: 200, body: answer}, err
			}
			first := request("127.0.0.2")
			if _, err := io.ReadFull(first, make([]byte, 1000)); err != nil { // its answer is held
				t.Fatal(err)
			}
			got, err := receive(request("127.0.0.2"))
			if server.addr.Network == "http" {
				got.says(t, err, 503, "")
			} else {
				wantReset(t, got.body, err)
			}
			if r := server.verdict(notHeld); !strings.Contains(r["err"], ErrHeldShare.Error()) {
				t.Errorf("err: want %v, got %v", ErrHeldShare, r)
			}
			got, err = receive(request("127.0.0.1"))
			got.want(t, err, 200, pipetest.Written(large))
			server.verdict(whole)
		})
	}
}
