package netpipe

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"imgpipe/netpipe/internal/pipetest"
)

func TestShutdown(t *testing.T) {
	pipetest.Parallel(t)
	for _, test := range []struct {
		name    string
		inTime  bool
		want    error // of Shutdown
		verdict verdict
	}{
		{"in time", true, nil, whole},
		{"not in time", false, context.Canceled, stopped},
	} {
		t.Run(test.name, func(t *testing.T) {
			pipetest.Parallel(t)
			meeting := pipetest.NewMeeting(t)
			s := quick("read", "meet:"+meeting.String(), "write:10")
			s.Drain = 0 // Shutdown has its own limit
			server := start(t, s)
			c := connect(t, server.addr)
			send(t, c, pipetest.Noise(10))
			_ = c.CloseWrite()
			filter := meeting.Come()

			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			got := make(chan error, 1)
			go func() { got <- s.Shutdown(ctx) }()
			waitRefused(t, server.addr)
			if test.inTime {
				filter.Close()
			} else {
				cancel()
				meeting.Dies(filter)
			}
			if err := <-got; err != test.want {
				t.Errorf("Shutdown: want %v, got %v", test.want, err)
			}
			if err := server.wait(); err != ErrServerClosed {
				t.Errorf("Serve: want %v, got %v", ErrServerClosed, err)
			}
			r := <-server.records
			for r["verdict"] == string(probe) { // a connection of waitRefused
				r = <-server.records
			}
			if r["verdict"] != string(test.verdict) {
				t.Errorf("verdict: want %q, got %v", test.verdict, r)
			}
			answer, err := io.ReadAll(c)
			if test.verdict == whole {
				wantWhole(t, answer, err, pipetest.Written(10))
			} else {
				wantReset(t, answer, err)
			}
		})
	}
}

// waitRefused waits until the server does not accept connections any more.
func waitRefused(t *testing.T, at Addr) {
	t.Helper()
	for end := time.Now().Add(pipetest.Patience); time.Now().Before(end); {
		c, err := net.Dial(at.Transport(), at.Address)
		if err != nil {
			return
		}
		c.Close()
	}
	t.Fatal("the server still accepts connections")
}

func TestClose(t *testing.T) {
	pipetest.Parallel(t)
	meeting := pipetest.NewMeeting(t)
	server := start(t, quick("read", "meet:"+meeting.String(), "write:10"))
	c := connect(t, server.addr)
	send(t, c, pipetest.Noise(10))
	_ = c.CloseWrite()
	filter := meeting.Come()
	if err := server.server.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	if err := server.wait(); err != ErrServerClosed {
		t.Errorf("Serve: want %v, got %v", ErrServerClosed, err)
	}
	meeting.Dies(filter)
	server.verdict(stopped)
	answer, err := io.ReadAll(c)
	wantReset(t, answer, err)
}

func TestServeOnce(t *testing.T) {
	pipetest.Parallel(t)
	server := start(t, quick("copy"))
	if err := server.server.Serve(t.Context()); err == nil || errors.Is(err, ErrServerClosed) {
		t.Errorf("a second Serve: got %v", err)
	}
	for name, end := range map[string]func(*Server) error{
		"Shutdown": func(s *Server) error { return s.Shutdown(t.Context()) },
		"Close":    (*Server).Close,
	} {
		s := quick("copy")
		if err := end(s); err != nil {
			t.Errorf("%s before Serve: %v", name, err)
		}
		if err := s.Serve(t.Context()); err != ErrServerClosed {
			t.Errorf("Serve after %s: want %v, got %v", name, ErrServerClosed, err)
		}
	}
}

// Connections that are cut off after Drain are counted.
func TestCutOffError(t *testing.T) {
	pipetest.Parallel(t)
	meeting := pipetest.NewMeeting(t)
	s := quick("read", "meet:"+meeting.String())
	s.Drain = 0
	server := start(t, s)
	for range 2 {
		c := connect(t, server.addr)
		send(t, c, pipetest.Noise(10))
		_ = c.CloseWrite()
		meeting.Come()
	}
	server.stop()
	var cut *CutOffError
	if err := server.wait(); !errors.As(err, &cut) || cut.Connections != 2 {
		t.Errorf("want 2 connections cut off, got %v", err)
	}
}

// Listeners that the program brings are served like others, and their connections end
// with a reset if the answer is not whole.
func TestGivenListeners(t *testing.T) {
	pipetest.Parallel(t)
	listen := func() net.Listener {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	s := quick("obey")
	raw, web := listen(), listen()
	s.Listen, s.Listeners, s.HTTPListeners = nil, []net.Listener{raw}, []net.Listener{web}
	pipetest.LeavesNothing(t)
	b := &backstage{t: t, server: s, records: make(chan record, 100), ended: make(chan error, 1)}
	go func() { b.ended <- s.Serve(t.Context()) }()
	<-s.Ready()
	defer s.Close()
	if got := s.Addrs(); len(got) != 2 || got[0] != raw.Addr() || got[1] != web.Addr() {
		t.Errorf("Addrs: want %v and %v, got %v", raw.Addr(), web.Addr(), got)
	}
	at := Addr{Network: "tcp", Address: raw.Addr().String()}
	answer, err := ask(t, at, []byte("copy\nhello"))
	wantWhole(t, answer, err, []byte("hello"))
	answer, err = ask(t, at, []byte("copy exit:3\nhello"))
	wantReset(t, answer, err)
	got, err := post(t, Addr{Network: "http", Address: web.Addr().String()}, strings.NewReader("copy\nhello"), nil)
	got.want(t, err, 200, []byte("hello"))
}

// A listener whose connections cannot be reset, such as one of TLS, is of no use.
func TestGivenListenerOfAnotherKind(t *testing.T) {
	pipetest.Parallel(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := quick("copy")
	s.Listen, s.Listeners = nil, []net.Listener{tls.NewListener(l, &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return nil, errBroken }})}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(t.Context()) }()
	<-s.Ready()
	answer, err := io.ReadAll(connect(t, Addr{Network: "tcp", Address: l.Addr().String()}))
	if len(answer) > 0 {
		t.Errorf("want the connection closed, got %q and %v", answer, err)
	}
	_ = s.Close()
	<-ended
}
