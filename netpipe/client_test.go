package netpipe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/hop"
	"imgpipe/netpipe/internal/pipetest"
)

func TestClient(t *testing.T) {
	pipetest.Parallel(t)
	input := pipetest.Noise(300_000)
	drain := func(s fdio.Socket) { _, _ = io.Copy(io.Discard, s) }
	for _, test := range []struct {
		name   string
		server func(fdio.Socket)
		set    func(*Client)
		want   string // in the error; "" is none
		answer []byte
	}{
		{"whole", func(s fdio.Socket) { _ = echo(s) }, nil, "", input},
		{"whole, not held", func(s fdio.Socket) { _ = echo(s) }, func(c *Client) { c.NoHold = true }, "", input},
		{"reset at once", pipetest.Reset, nil, "connection reset: the server gave no whole answer", nil},
		{"reset after the input", func(s fdio.Socket) { drain(s); pipetest.Reset(s) }, nil, "connection reset: the server gave no whole answer", nil},
		{"half an answer", func(s fdio.Socket) { drain(s); _, _ = s.Write(input); pipetest.Reset(s) }, nil, "connection reset: the server gave no whole answer", nil},
		{"half an answer, input unread", func(s fdio.Socket) { _, _ = s.Write(input); pipetest.Reset(s) }, nil, "connection reset: the server gave no whole answer", nil},
		{"an early answer", func(s fdio.Socket) { _, _ = s.Write(input[:100]); _ = s.CloseWrite(); drain(s) }, nil, "", input[:100]},
		{"an early answer, then a reset", func(s fdio.Socket) {
			_, _ = s.Read(make([]byte, 1))
			_, _ = s.Write(input[:100])
			_ = s.CloseWrite()
			pipetest.Reset(s)
		}, nil, "", input[:100]},
		{"empty", func(s fdio.Socket) { drain(s); _ = s.CloseWrite() }, nil, "the answer is empty", nil},
		{"empty, allowed", func(s fdio.Socket) { drain(s); _ = s.CloseWrite() }, func(c *Client) { c.AllowEmpty = true }, "", []byte{}},
		{"too large", func(s fdio.Socket) { _ = echo(s) }, func(c *Client) { c.MaxAnswer = 299_999 }, "the answer is larger than allowed", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			pipetest.Parallel(t)
			server := newFakeHop(t, func(s fdio.Socket) error { test.server(s); return nil })
			c := &Client{Addr: server.addr()}
			if test.set != nil {
				test.set(c)
			}
			var out bytes.Buffer
			err := c.Send(t.Context(), bytes.NewReader(input), &out)
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("want error %q, got %v", test.want, err)
			}
			if again := strings.Contains(test.want, "reset") || test.name == "empty"; mayBeSentAgain(err) != again {
				t.Errorf("want it sent again: %t, got %t", again, !again)
			}
			if !bytes.Equal(out.Bytes(), test.answer) {
				t.Errorf("want %d bytes written, got %d", len(test.answer), out.Len())
			}
		})
	}
}

func TestClientInputFails(t *testing.T) {
	pipetest.Parallel(t)
	broken := errors.New("broken disk")
	server := newFakeHop(t, echo)
	var out bytes.Buffer
	err := (&Client{Addr: server.addr()}).Send(t.Context(), io.MultiReader(bytes.NewReader(pipetest.Noise(1000)), iotest.ErrReader(broken)), &out)
	if !errors.Is(err, broken) || mayBeSentAgain(err) || out.Len() > 0 {
		t.Errorf("want %v and no output, got %v and %d bytes", broken, err, out.Len())
	}
	server.sawNoEnd(t)
}

func TestClientIsStopped(t *testing.T) {
	pipetest.Parallel(t)
	ctx, cancel := context.WithCancel(t.Context())
	server := newFakeHop(t, func(s fdio.Socket) error {
		_, err := io.Copy(io.Discard, s)
		cancel()
		return errors.Join(err, fdio.AwaitHangup(s))
	})
	err := (&Client{Addr: server.addr()}).Send(ctx, bytes.NewReader(pipetest.Noise(10)), io.Discard)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("want %v, got %v", context.Canceled, err)
	}
}

func TestClientOfServer(t *testing.T) {
	pipetest.Parallel(t)
	for _, network := range []string{"tcp", "unix"} {
		for _, test := range []struct {
			last string
			ok   bool
		}{{"exit:0", true}, {"exit:3", false}} {
			s := quick("copy", test.last)
			if network == "unix" {
				s.Listen = []Addr{{Network: "unix", Address: t.TempDir() + "/socket"}}
			}
			server := start(t, s)
			var out bytes.Buffer
			err := (&Client{Addr: server.addr}).Send(t.Context(), bytes.NewReader(pipetest.Noise(2_000_000)), &out)
			if (err == nil) != test.ok || test.ok != bytes.Equal(out.Bytes(), pipetest.Noise(2_000_000)) {
				t.Errorf("%s, %s: got %d bytes and %v", network, test.last, out.Len(), err)
			}
		}
	}
}

func TestAgainStatus(t *testing.T) {
	pipetest.Parallel(t)
	for _, test := range []struct {
		code int
		want bool
	}{{400, false}, {408, true}, {411, false}, {413, false}, {415, false}, {422, false}, {429, true}, {500, true}, {501, false}, {502, true}, {503, true}, {504, true}} {
		after, ok := Retryable(fmt.Errorf("connect somewhere: %w", &StatusError{Code: test.code, RetryAfter: time.Second}))
		if ok != test.want || after != time.Second {
			t.Errorf("%d: want %t after a second, got %t after %v", test.code, test.want, ok, after)
		}
	}
}

func mayBeSentAgain(err error) bool {
	_, ok := Retryable(err)
	return ok
}

// A client does not wait for ever for a silent server, at any point where the server stops.
func TestClientSilentServer(t *testing.T) {
	pipetest.Parallel(t)
	waits := func(s fdio.Socket) { _ = fdio.AwaitHangup(s) }
	raw := map[string]func(fdio.Socket){
		"takes nothing":      waits,
		"takes all":          func(s fdio.Socket) { _, _ = io.Copy(io.Discard, s); waits(s) },
		"stops in an answer": func(s fdio.Socket) { _, _ = io.Copy(io.Discard, s); _, _ = s.Write([]byte("hello")); waits(s) },
		"answers, and never ends": func(s fdio.Socket) {
			_, _ = s.Write([]byte("hello"))
			_, _ = io.Copy(io.Discard, s)
			waits(s)
		},
	}
	web := map[string]func(fdio.Socket, *http.Request){
		"takes nothing":      func(s fdio.Socket, _ *http.Request) { waits(s) },
		"takes all":          func(s fdio.Socket, r *http.Request) { takes(s, r); waits(s) },
		"stops in an answer": func(s fdio.Socket, r *http.Request) { takes(s, r); respond(s, halfChunked); waits(s) },
		"stops in a head":    func(s fdio.Socket, r *http.Request) { takes(s, r); respond(s, "HTTP/1.1 200"); waits(s) },
	}
	test := func(name string, server *fakeHop) {
		t.Run(name, func(t *testing.T) {
			for _, noHold := range []bool{false, true} {
				c := &Client{Addr: server.addr(), Timeout: short, NoHold: noHold}
				err := c.Send(t.Context(), bytes.NewReader(pipetest.Noise(5_000_000)), io.Discard)
				if !errors.Is(err, ErrServerSilent) || !mayBeSentAgain(err) {
					t.Errorf("want %v, got %v", ErrServerSilent, err)
				}
			}
		})
	}
	for name, behave := range raw {
		test("raw, "+name, newFakeHop(t, func(s fdio.Socket) error { behave(s); return nil }))
	}
	for name, behave := range web {
		test("HTTP, "+name, newHTTPHop(t, func(_ int, s fdio.Socket, r *http.Request) bool { behave(s, r); return false }))
	}
}

// Only the server's time counts, by the clock of a synctest bubble.
func TestWatchedExchange(t *testing.T) {
	pipetest.Parallel(t)
	const limit = time.Minute
	for _, test := range []struct {
		name    string
		act     func(*watchedExchange)
		expires bool
	}{
		{"waits for its own input", func(w *watchedExchange) {
			go func() { _, _ = w.Read(nil) }()
			_, _ = w.Write(nil)
			time.Sleep(10 * limit)
		}, false},
		{"waits for the reader of its output", func(w *watchedExchange) {
			_ = w.CloseWrite()
			_, _ = w.Read(nil)
			time.Sleep(10 * limit)
		}, false},
		{"waits for the answer", func(w *watchedExchange) {
			_ = w.CloseWrite()
			w.set(&w.reading, true)
			time.Sleep(limit + 1)
		}, true},
		{"waits with its input", func(w *watchedExchange) {
			w.set(&w.reading, true)
			w.set(&w.writing, true)
			time.Sleep(limit + 1)
		}, true},
		{"gets a piece now and then", func(w *watchedExchange) {
			_ = w.CloseWrite()
			for range 10 {
				w.set(&w.reading, true)
				time.Sleep(limit - 1)
				w.set(&w.reading, false)
			}
		}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var expired atomic.Bool
				w := watch(quietExchange{}, limit, func() { expired.Store(true) })
				test.act(w)
				if w.Close(); expired.Load() != test.expires {
					t.Errorf("want expired %t, got %t", test.expires, !test.expires)
				}
			})
		})
	}
}

// A quietExchange does nothing at once.
type quietExchange struct{ hop.Exchange }

func (quietExchange) Read([]byte) (int, error)  { return 0, nil }
func (quietExchange) Write([]byte) (int, error) { return 0, nil }
func (quietExchange) CloseWrite() error         { return nil }
func (quietExchange) Close() error              { return nil }
