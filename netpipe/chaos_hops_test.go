package netpipe

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/pipetest"
	"imgpipe/netpipe/internal/tlsconn"
)

// A fakeHop is a next hop that behaves as a test wants.
type fakeHop struct {
	l    net.Listener
	http bool
	tls  bool
	done sync.WaitGroup

	mu     sync.Mutex
	inputs []error // how the connections' inputs ended; nil is a FIN
}

// newFakeHop serves each connection by behave, which returns how its input ended.
func newFakeHop(t *testing.T, behave func(fdio.Socket) error) *fakeHop {
	t.Helper()
	pipetest.LeavesNothing(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &fakeHop{l: l}
	h.done.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			h.done.Go(func() {
				defer conn.Close()
				_ = conn.SetDeadline(time.Now().Add(pipetest.Patience))
				err := behave(conn.(fdio.Socket))
				h.mu.Lock()
				h.inputs = append(h.inputs, err)
				h.mu.Unlock()
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		h.done.Wait()
	})
	return h
}

// newFakeTLSHop is newFakeHop over TLS.
func newFakeTLSHop(t *testing.T, behave func(fdio.Socket) error) *fakeHop {
	t.Helper()
	h := newFakeHop(t, overTLS(behave))
	h.tls = true
	return h
}

// overTLS has a next hop behave so over TLS.
func overTLS(behave func(fdio.Socket) error) func(fdio.Socket) error {
	return func(s fdio.Socket) error {
		conn := tlsconn.Server(s.(*net.TCPConn), serverConfig())
		if err := conn.Handshake(context.Background()); err != nil {
			return err
		}
		return behave(conn)
	}
}

func (h *fakeHop) addr() Addr {
	network := "tcp"
	switch {
	case h.http && h.tls:
		network = "https"
	case h.http:
		network = "http"
	case h.tls:
		network = "tls"
	}
	return Addr{Network: network, Address: h.l.Addr().String()}
}

// sawNoEnd checks that no input ended with a FIN.
func (h *fakeHop) sawNoEnd(t *testing.T) {
	t.Helper()
	h.l.Close()
	h.done.Wait()
	for _, err := range h.inputs {
		if err == nil {
			t.Error("the next hop took a broken input for a whole one")
		}
	}
}

// echo answers with its input.
func echo(s fdio.Socket) error {
	input, err := io.ReadAll(s)
	if err == nil {
		_, _ = s.Write(input)
		_ = s.CloseWrite()
	}
	return err
}

func TestChaosNextHops(t *testing.T) {
	pipetest.Parallel(t)
	const size = 8 << 20 // more than sockets and pipes hold
	for _, test := range []struct {
		name    string
		behave  func(fdio.Socket) error
		verdict verdict
		answer  []byte
	}{
		{"answers", echo, whole, pipetest.Written(size)},
		{"resets at once", func(s fdio.Socket) error {
			pipetest.Reset(s)
			return nil
		}, nextFailed, nil},
		{"resets in mid-input", func(s fdio.Socket) error {
			_, err := io.CopyN(io.Discard, s, 1000)
			pipetest.Reset(s)
			return err
		}, nextFailed, nil},
		{"resets in mid-answer", func(s fdio.Socket) error {
			_, err := io.Copy(io.Discard, s)
			_, _ = s.Write(pipetest.Written(1000))
			pipetest.Reset(s)
			return err
		}, nextFailed, nil},
		{"resets in mid-answer, input unread", func(s fdio.Socket) error {
			_, err := io.CopyN(io.Discard, s, 1000)
			_, _ = s.Write(pipetest.Written(1000))
			pipetest.Reset(s)
			return err
		}, nextFailed, nil},
		{"hangs", func(s fdio.Socket) error {
			_, err := s.Read(make([]byte, 1))
			return errors.Join(err, fdio.AwaitHangup(s))
		}, filterTimeout, nil},
		{"hangs after the input", func(s fdio.Socket) error {
			_, err := io.Copy(io.Discard, s)
			return errors.Join(err, fdio.AwaitHangup(s))
		}, filterTimeout, nil},
		{"hangs in mid-answer", func(s fdio.Socket) error {
			_, _ = s.Write(pipetest.Written(1000))
			_, err := io.Copy(io.Discard, s)
			return errors.Join(err, fdio.AwaitHangup(s))
		}, filterTimeout, nil},
		{"answers before it has read everything, and reads on", func(s fdio.Socket) error {
			_, _ = io.CopyN(io.Discard, s, 1000)
			_, _ = s.Write(pipetest.Written(1000))
			_ = s.CloseWrite()
			_, err := io.Copy(io.Discard, s)
			return err
		}, whole, pipetest.Written(1000)},
		{"answers before it has read everything, and resets then", func(s fdio.Socket) error {
			_, _ = io.CopyN(io.Discard, s, 1000)
			_, _ = s.Write(pipetest.Written(1000))
			_ = s.CloseWrite()
			pipetest.Reset(s)
			return nil
		}, whole, pipetest.Written(1000)},
		{"answers nothing before it has read everything", func(s fdio.Socket) error {
			_, _ = io.CopyN(io.Discard, s, 1000)
			_ = s.CloseWrite()
			_, err := io.Copy(io.Discard, s)
			return err
		}, noAnswer, nil},
		{"answers nothing", func(s fdio.Socket) error {
			_, err := io.Copy(io.Discard, s)
			_ = s.CloseWrite()
			return err
		}, noAnswer, nil},
	} {
		for _, variant := range [][3]string{
			{"input read", "read", "TCP"}, {"input unread", "read:1000", "TCP"},
			{"input read over TLS", "read", "TLS"}, {"input unread over TLS", "read:1000", "TLS"},
		} {
			t.Run(test.name+"/"+variant[0], func(t *testing.T) {
				pipetest.Parallel(t)
				next, s := newFakeHop(t, test.behave), quick(variant[1], "write:8388608")
				if variant[2] == "TLS" {
					next, s = newFakeTLSHop(t, test.behave), withTLS(s)
				}
				s.Next = []Addr{next.addr()}
				if test.verdict == filterTimeout {
					s.Timeout = 2 * short
				}
				server := start(t, s)
				answer, err := ask(t, server.addr, pipetest.Noise(300_000))
				server.verdict(test.verdict)
				if test.verdict == whole {
					wantWhole(t, answer, err, test.answer)
				} else {
					wantReset(t, answer, err)
				}
			})
		}
	}
}

// If the next hop answers early, the status of the server's own filter still counts.
func TestChaosEarlyAnswerThenFailure(t *testing.T) {
	pipetest.Parallel(t)
	next := newFakeHop(t, func(s fdio.Socket) error {
		// One of these calls is told of the reset; a read after it finds only an end.
		_, sent := s.Write(pipetest.Written(1000))
		closed := s.CloseWrite()
		_, read := io.Copy(io.Discard, s)
		return errors.Join(sent, closed, read)
	})
	s := quick("read", "write:300000", "exit:3")
	s.Next = []Addr{next.addr()}
	server := start(t, s)
	answer, err := ask(t, server.addr, pipetest.Noise(1000))
	server.verdict(filterFailed)
	wantReset(t, answer, err)
	next.sawNoEnd(t)
}

// overBoth runs a test over TCP and over TLS; over makes a server of that kind.
func overBoth(t *testing.T, name string, test func(t *testing.T, over func(*Server) *Server)) {
	for kind, over := range map[string]func(*Server) *Server{"TCP": func(s *Server) *Server { return s }, "TLS": withTLS} {
		t.Run(name+"/"+kind, func(t *testing.T) {
			pipetest.Parallel(t)
			test(t, over)
		})
	}
}

func TestChaosThreeHops(t *testing.T) {
	pipetest.Parallel(t)
	input := pipetest.Noise(500_000)
	for _, test := range []struct {
		name    string
		failing int    // of the three filters
		how     string // its last step
		want    [3]verdict
	}{
		{"none fails", 0, "exit:0", [3]verdict{whole, whole, whole}},
		{"the first fails", 0, "exit:3", [3]verdict{filterFailed, clientGone, clientGone}},
		{"the second fails", 1, "exit:3", [3]verdict{nextFailed, filterFailed, clientGone}},
		{"the third fails", 2, "exit:3", [3]verdict{nextFailed, nextFailed, filterFailed}},
		{"the first is killed", 0, "kill", [3]verdict{filterFailed, clientGone, clientGone}},
		{"the third is killed", 2, "kill", [3]verdict{nextFailed, nextFailed, filterFailed}},
	} {
		overBoth(t, test.name, func(t *testing.T, over func(*Server) *Server) {
			gate, third := pipetest.NewMeeting(t), pipetest.NewMeeting(t)
			var servers [3]*backstage
			for i := 2; i >= 0; i-- {
				s := quick("copy")
				if i == test.failing {
					s = quick("copy", "meet:"+gate.String(), test.how)
				}
				if i < 2 {
					s.Next = []Addr{servers[i+1].addr}
				} else { // its filter is started for its connection, and shows by that that there is one
					s.Pool, s.Filter = 0, append(pipetest.Filter("hold:"+third.String()), s.Filter[2:]...)
				}
				servers[i] = start(t, over(s))
			}
			client := connect(t, servers[0].addr)
			sent := make(chan struct{})
			go func() {
				defer close(sent)
				_, _ = client.Write(input)
				_ = client.CloseWrite()
			}()
			third.Come()
			filter := gate.Come()
			<-sent
			filter.Close()
			for i, want := range test.want {
				servers[i].verdict(want)
			}
			answer, err := io.ReadAll(client)
			if test.want[0] == whole {
				wantWhole(t, answer, err, input)
			} else {
				wantReset(t, answer, err)
			}
		})
	}
}
