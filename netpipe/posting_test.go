package netpipe

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"
)

// An httpHop is a server that takes requests by the bytes; behave answers the nth
// one, and returns false to close the connection.
func httpHop(t *testing.T, behave func(n int, s socket, r *http.Request) bool) *hop {
	t.Helper()
	var n atomic.Int32
	h := newHop(t, func(s socket) error {
		in := bufio.NewReader(s)
		for {
			r, err := http.ReadRequest(in)
			if err != nil {
				return errBroken
			}
			if !behave(int(n.Add(1)), s, r) {
				_, err := io.Copy(io.Discard, r.Body)
				return err
			}
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				return err
			}
		}
	})
	h.http = true
	return h
}

// respond writes s as it is, but for line ends.
func respond(s socket, text string) {
	_, _ = io.WriteString(s, strings.ReplaceAll(text, "\n", "\r\n"))
}

// takes reads a request's body, and agrees to do so if that's asked for.
func takes(s socket, r *http.Request) []byte {
	if r.Header.Get("Expect") != "" {
		respond(s, "HTTP/1.1 100 Continue\n\n")
	}
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return nil
	}
	return b
}

const halfChunked = "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n5\nhello\n"

// answers are what an HTTP server may say, and what a client makes of it.
var answers = []struct {
	name   string
	behave func(socket, *http.Request)
	answer string // "": an error
	want   string // in the error
}{
	{"with a length", func(s socket, r *http.Request) {
		takes(s, r)
		respond(s, "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello")
	}, "hello", ""},
	{"in chunks", func(s socket, r *http.Request) { takes(s, r); respond(s, halfChunked+"0\n\n") }, "hello", ""},
	{"after another status", func(s socket, r *http.Request) {
		takes(s, r)
		respond(s, "HTTP/1.1 103 Early Hints\nLink: x\n\nHTTP/1.1 200 OK\nContent-Length: 5\n\nhello")
	}, "hello", ""},
	{"before the input", func(s socket, r *http.Request) {
		respond(s, "HTTP/1.1 200 OK\nContent-Length: 5\nConnection: close\n\nhello")
	}, "hello", ""},
	{"half, with a length", func(s socket, r *http.Request) {
		takes(s, r)
		respond(s, "HTTP/1.1 200 OK\nContent-Length: 6\n\nhello")
		_ = s.CloseWrite()
	}, "", "mid-answer"},
	{"half, in chunks", func(s socket, r *http.Request) {
		takes(s, r)
		respond(s, halfChunked)
		_ = s.CloseWrite()
	}, "", "mid-answer"},
	{"half, then a reset", func(s socket, r *http.Request) { takes(s, r); respond(s, halfChunked); reset(s) }, "", "reset"},
	{"without a length", func(s socket, r *http.Request) {
		takes(s, r)
		respond(s, "HTTP/1.1 200 OK\n\nhello")
		_ = s.CloseWrite()
	}, "", "neither a length nor chunks"},
	{"nothing", func(s socket, r *http.Request) { takes(s, r); _ = s.CloseWrite() }, "", "before there was a status"},
	{"a reset", func(s socket, r *http.Request) { takes(s, r); reset(s) }, "", "reset"},
	{"a reset, input unread", func(s socket, r *http.Request) { reset(s) }, "", "no whole answer"},
	{"no HTTP", func(s socket, r *http.Request) { takes(s, r); respond(s, "SSH-2.0-OpenSSH\n"); _ = s.CloseWrite() }, "", "malformed"},
	{"an endless head", func(s socket, r *http.Request) {
		takes(s, r)
		respond(s, "HTTP/1.1 200 OK\nX: "+strings.Repeat("x", 2*maxHead))
		_ = s.CloseWrite()
	}, "", "larger than 32 KiB"},
	{"a status", func(s socket, r *http.Request) {
		takes(s, r)
		respond(s, "HTTP/1.1 422 Unprocessable Content\nContent-Type: text/plain\nContent-Length: 11\n\nb\x1b[2J\nad\n\n")
	}, "", "HTTP status 422 Unprocessable Entity: b?[2J ad"},
	{"a status, input unread", func(s socket, r *http.Request) {
		respond(s, "HTTP/1.1 413 Content Too Large\nContent-Type: text/plain\nContent-Length: 3\nConnection: close\n\nbig")
	}, "", "HTTP status 413 Request Entity Too Large: big"},
	{"a status with a page", func(s socket, r *http.Request) {
		takes(s, r)
		respond(s, "HTTP/1.1 500 Oops\nContent-Type: text/html\nContent-Length: 3\n\n<p>")
	}, "", "HTTP status 500 Internal Server Error"},
	{"nothing, with a length", func(s socket, r *http.Request) { takes(s, r); respond(s, "HTTP/1.1 204 No Content\n\n") }, "", "HTTP status 204"},
	{"a redirect", func(s socket, r *http.Request) {
		takes(s, r)
		respond(s, "HTTP/1.1 307 Elsewhere\nLocation: http://example.org\nContent-Length: 0\n\n")
	}, "", "HTTP status 307"},
}

func TestHTTPClient(t *testing.T) {
	for _, test := range answers {
		t.Run(test.name, func(t *testing.T) {
			server := httpHop(t, func(_ int, s socket, r *http.Request) bool { test.behave(s, r); return false })
			c := &Client{Addr: server.addr()}
			defer c.CloseIdle()
			var out bytes.Buffer
			err := c.Send(t.Context(), bytes.NewReader(noise(3_000_000)), &out)
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("want error %q, got %v", test.want, err)
			}
			if out.String() != test.answer {
				t.Errorf("want %q, got %q", test.answer, out.String())
			}
		})
	}
}

func TestHTTPClientRetryAfter(t *testing.T) {
	server := httpHop(t, func(_ int, s socket, r *http.Request) bool {
		takes(s, r)
		respond(s, "HTTP/1.1 503 Busy\nRetry-After: 7\nContent-Length: 0\n\n")
		return true
	})
	err := (&Client{Addr: server.addr()}).Send(t.Context(), strings.NewReader("x"), io.Discard)
	var said *StatusError
	if !errors.As(err, &said) || said.Code != 503 || said.RetryAfter.Seconds() != 7 {
		t.Errorf("want status 503 and 7 s, got %v", err)
	}
}

// A broken input never ends for the server.
func TestHTTPClientInputFails(t *testing.T) {
	broken := errors.New("broken disk")
	server := httpHop(t, func(_ int, s socket, r *http.Request) bool { return false })
	err := (&Client{Addr: server.addr()}).Send(t.Context(), io.MultiReader(bytes.NewReader(noise(1000)), iotest.ErrReader(broken)), io.Discard)
	if !errors.Is(err, broken) {
		t.Errorf("want %v, got %v", broken, err)
	}
	server.sawNoEnd(t)
}

// Connections are kept, and what a server closes meanwhile costs nothing.
func TestHTTPClientKeepsConnections(t *testing.T) {
	echo := func(s socket, r *http.Request) {
		b := takes(s, r)
		respond(s, fmt.Sprintf("HTTP/1.1 200 OK\nContent-Length: %d\n\n", len(b)))
		_, _ = s.Write(b)
	}
	// before says something on a kept connection before the request's input comes.
	before := func(text string) func(int, socket, *http.Request) bool {
		return func(_ int, s socket, r *http.Request) bool {
			if r.Header.Get("Expect") == "" {
				return false
			}
			respond(s, text)
			_, _ = io.Copy(io.Discard, s) // the client closes it
			return true
		}
	}
	for _, test := range []struct {
		name  string
		close func(n int, s socket, r *http.Request) bool // what it does before the nth request is answered
		after bool                                        // and after it
		conns int                                         // for 4 inputs
	}{
		{"all on one", nil, false, 1},
		{"closed after each answer", nil, true, 4},
		{"closed as the next request comes", func(n int, s socket, r *http.Request) bool {
			return r.Header.Get("Expect") != ""
		}, false, 4},
		{"another answer as the next request comes", before("HTTP/1.1 200 OK\nContent-Length: 3\n\nold"), false, 4},
		{"a time-out as the next request comes", before("HTTP/1.1 408 Too Late\nContent-Length: 0\n\n"), false, 4},
		{"no expectations", before("HTTP/1.1 417 No\nContent-Length: 0\n\n"), false, 4},
	} {
		t.Run(test.name, func(t *testing.T) {
			bodies := atomic.Int32{}
			server := httpHop(t, func(n int, s socket, r *http.Request) bool {
				if test.close != nil && test.close(n, s, r) {
					reset(s)
					return false
				}
				bodies.Add(1)
				echo(s, r)
				if test.after {
					s.Close()
				}
				return !test.after
			})
			c := &Client{Addr: server.addr()}
			defer c.CloseIdle()
			for i := range 4 {
				var out bytes.Buffer
				input := noise(1000 + 100_000*i)
				if err := c.Send(t.Context(), bytes.NewReader(input), &out); err != nil || !bytes.Equal(out.Bytes(), input) {
					t.Errorf("input %d: got %d bytes and %v", i, out.Len(), err)
				}
			}
			c.CloseIdle()
			server.l.Close()
			server.done.Wait()
			if len(server.inputs) != test.conns || bodies.Load() != 4 {
				t.Errorf("want %d connections and 4 inputs, got %d and %d", test.conns, len(server.inputs), bodies.Load())
			}
		})
	}
}

// A server that says nothing of an announced input gets it all the same.
func TestHTTPClientOfOldServer(t *testing.T) {
	server := httpHop(t, func(n int, s socket, r *http.Request) bool {
		_, _ = io.Copy(io.Discard, r.Body)
		respond(s, "HTTP/1.1 200 OK\nContent-Length: 1\n\nx")
		return true
	})
	c := &Client{Addr: server.addr()}
	defer c.CloseIdle()
	for range 2 {
		if err := c.Send(t.Context(), strings.NewReader("input"), io.Discard); err != nil {
			t.Error(err)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"7": 7 * time.Second, "0": 0, "-7": 0, "": 0, "soon": 0, "7.5": 0,
		"10000000":                      24 * time.Hour,
		"99999999999999999999":          24 * time.Hour,
		"Tue, 24 Nov 2026 12:00:30 GMT": 30 * time.Second,
		"Tue, 24 Nov 2026 11:00:00 GMT": 0,
		"Tue, 24 Nov 2026 12:00:30 CET": 0,
		"Fri, 31 Dec 9999 23:59:59 GMT": 24 * time.Hour,
	} {
		if got := retryAfter(text, now); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}
