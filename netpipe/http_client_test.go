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

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/pipetest"
)

// newHTTPHop returns a server that parses requests; behave answers the nth request, and
// returns false to have the connection closed.
func newHTTPHop(t *testing.T, behave func(n int, s fdio.Socket, r *http.Request) bool) *fakeHop {
	t.Helper()
	h := newFakeHop(t, speakHTTP(behave))
	h.http = true
	return h
}

// newHTTPSHop is newHTTPHop over TLS.
func newHTTPSHop(t *testing.T, behave func(n int, s fdio.Socket, r *http.Request) bool) *fakeHop {
	t.Helper()
	h := newFakeTLSHop(t, speakHTTP(behave))
	h.http = true
	return h
}

func speakHTTP(behave func(n int, s fdio.Socket, r *http.Request) bool) func(fdio.Socket) error {
	var n atomic.Int32
	return func(s fdio.Socket) error {
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
	}
}

// respond writes text with the line ends of HTTP.
func respond(s fdio.Socket, text string) {
	_, _ = io.WriteString(s, strings.ReplaceAll(text, "\n", "\r\n"))
}

// takes reads a request's body. If the client expects a status 100 first, it sends that.
func takes(s fdio.Socket, r *http.Request) []byte {
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

// answers are what an HTTP server may send, and what comes of it at a client.
var answers = []struct {
	name   string
	behave func(fdio.Socket, *http.Request)
	answer string // "": an error
	want   string // in the error
}{
	{"with a length", func(s fdio.Socket, r *http.Request) {
		takes(s, r)
		respond(s, "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello")
	}, "hello", ""},
	{"in chunks", func(s fdio.Socket, r *http.Request) { takes(s, r); respond(s, halfChunked+"0\n\n") }, "hello", ""},
	{"after another status", func(s fdio.Socket, r *http.Request) {
		takes(s, r)
		respond(s, "HTTP/1.1 103 Early Hints\nLink: x\n\nHTTP/1.1 200 OK\nContent-Length: 5\n\nhello")
	}, "hello", ""},
	{"before the input", func(s fdio.Socket, r *http.Request) {
		respond(s, "HTTP/1.1 200 OK\nContent-Length: 5\nConnection: close\n\nhello")
	}, "hello", ""},
	{"half, with a length", func(s fdio.Socket, r *http.Request) {
		takes(s, r)
		respond(s, "HTTP/1.1 200 OK\nContent-Length: 6\n\nhello")
		_ = s.CloseWrite()
	}, "", "mid-answer"},
	{"half, in chunks", func(s fdio.Socket, r *http.Request) {
		takes(s, r)
		respond(s, halfChunked)
		_ = s.CloseWrite()
	}, "", "mid-answer"},
	{"half, then a reset", func(s fdio.Socket, r *http.Request) { takes(s, r); respond(s, halfChunked); pipetest.Reset(s) }, "", "reset"},
	{"without a length", func(s fdio.Socket, r *http.Request) {
		takes(s, r)
		respond(s, "HTTP/1.1 200 OK\n\nhello")
		_ = s.CloseWrite()
	}, "", "neither a length nor chunks"},
	{"nothing", func(s fdio.Socket, r *http.Request) { takes(s, r); _ = s.CloseWrite() }, "", "before there was a status"},
	{"a reset", func(s fdio.Socket, r *http.Request) { takes(s, r); pipetest.Reset(s) }, "", "reset"},
	{"a reset, input unread", func(s fdio.Socket, r *http.Request) { pipetest.Reset(s) }, "", "no whole answer"},
	{"no HTTP", func(s fdio.Socket, r *http.Request) { takes(s, r); respond(s, "SSH-2.0-OpenSSH\n"); _ = s.CloseWrite() }, "", "malformed"},
	{"an endless head", func(s fdio.Socket, r *http.Request) {
		takes(s, r)
		respond(s, "HTTP/1.1 200 OK\nX: "+strings.Repeat("x", 64<<10))
		_ = s.CloseWrite()
	}, "", "larger than 32 KiB"},
	{"a status", func(s fdio.Socket, r *http.Request) {
		takes(s, r)
		respond(s, "HTTP/1.1 422 Unprocessable Content\nContent-Type: text/plain\nContent-Length: 11\n\nb\x1b[2J\nad\n\n")
	}, "", "HTTP status 422 Unprocessable Entity: b?[2J ad"},
	{"a status, input unread", func(s fdio.Socket, r *http.Request) {
		respond(s, "HTTP/1.1 413 Content Too Large\nContent-Type: text/plain\nContent-Length: 3\nConnection: close\n\nbig")
	}, "", "HTTP status 413 Request Entity Too Large: big"},
	{"a status with a page", func(s fdio.Socket, r *http.Request) {
		takes(s, r)
		respond(s, "HTTP/1.1 500 Oops\nContent-Type: text/html\nContent-Length: 3\n\n<p>")
	}, "", "HTTP status 500 Internal Server Error"},
	{"nothing, with a length", func(s fdio.Socket, r *http.Request) { takes(s, r); respond(s, "HTTP/1.1 204 No Content\n\n") }, "", "HTTP status 204"},
	{"a redirect", func(s fdio.Socket, r *http.Request) {
		takes(s, r)
		respond(s, "HTTP/1.1 307 Elsewhere\nLocation: http://example.org\nContent-Length: 0\n\n")
	}, "", "HTTP status 307"},
}

func TestHTTPClient(t *testing.T) {
	pipetest.Parallel(t)
	for _, test := range answers {
		t.Run(test.name, func(t *testing.T) {
			pipetest.Parallel(t)
			server := newHTTPHop(t, func(_ int, s fdio.Socket, r *http.Request) bool { test.behave(s, r); return false })
			c := &Client{Addr: server.addr()}
			defer c.CloseIdle()
			var out bytes.Buffer
			err := c.Send(t.Context(), bytes.NewReader(pipetest.Noise(3_000_000)), &out)
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
	pipetest.Parallel(t)
	server := newHTTPHop(t, func(_ int, s fdio.Socket, r *http.Request) bool {
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

// An input that fails is never ended for the server.
func TestHTTPClientInputFails(t *testing.T) {
	pipetest.Parallel(t)
	broken := errors.New("broken disk")
	server := newHTTPHop(t, func(_ int, s fdio.Socket, r *http.Request) bool { return false })
	err := (&Client{Addr: server.addr()}).Send(t.Context(), io.MultiReader(bytes.NewReader(pipetest.Noise(1000)), iotest.ErrReader(broken)), io.Discard)
	if !errors.Is(err, broken) {
		t.Errorf("want %v, got %v", broken, err)
	}
	server.sawNoEnd(t)
}

// Connections are kept. One that the server closes meanwhile is replaced, and no request fails.
func TestHTTPClientKeepsConnections(t *testing.T) {
	pipetest.Parallel(t)
	echo := func(s fdio.Socket, r *http.Request) {
		b := takes(s, r)
		respond(s, fmt.Sprintf("HTTP/1.1 200 OK\nContent-Length: %d\n\n", len(b)))
		_, _ = s.Write(b)
	}
	// before sends text on a kept connection before the input of the next request comes.
	before := func(text string) func(int, fdio.Socket, *http.Request) bool {
		return func(_ int, s fdio.Socket, r *http.Request) bool {
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
		close func(n int, s fdio.Socket, r *http.Request) bool // what the server does before the nth request is answered
		after bool                                             // the server closes after each answer
		conns int                                              // for 4 inputs
	}{
		{"all on one", nil, false, 1},
		{"closed after each answer", nil, true, 4},
		{"closed as the next request comes", func(n int, s fdio.Socket, r *http.Request) bool {
			return r.Header.Get("Expect") != ""
		}, false, 4},
		{"another answer as the next request comes", before("HTTP/1.1 200 OK\nContent-Length: 3\n\nold"), false, 4},
		{"a time-out as the next request comes", before("HTTP/1.1 408 Too Late\nContent-Length: 0\n\n"), false, 4},
		{"no expectations", before("HTTP/1.1 417 No\nContent-Length: 0\n\n"), false, 4},
	} {
		t.Run(test.name, func(t *testing.T) {
			pipetest.Parallel(t)
			bodies := atomic.Int32{}
			server := newHTTPHop(t, func(n int, s fdio.Socket, r *http.Request) bool {
				if test.close != nil && test.close(n, s, r) {
					pipetest.Reset(s)
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
			c.transport.ContinueTimeout = pipetest.Patience // the server answers each expectation
			defer c.CloseIdle()
			for i := range 4 {
				var out bytes.Buffer
				input := pipetest.Noise(1000 + 100_000*i)
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

// A server that does not know Expect: 100-continue gets the input all the same.
func TestHTTPClientOfOldServer(t *testing.T) {
	pipetest.Parallel(t)
	server := newHTTPHop(t, func(n int, s fdio.Socket, r *http.Request) bool {
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
