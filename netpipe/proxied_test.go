package netpipe

import (
	"bytes"
	"io"
	"net/netip"
	"strings"
	"testing"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/pipetest"
)

// Over each kind of listener the client of the record is the one that the header names, or the
// proxy if it names none.
func TestProxyHeader(t *testing.T) {
	onEachNetwork(t, nil, func(t *testing.T, server *backstage) {
		for header, client := range map[string]string{
			proxyHeader1:                           "203.0.113.7:4711",
			proxyHeader2:                           "203.0.113.7:4711",
			"PROXY UNKNOWN\r\n":                    "127.0.0.1",
			proxyHeader2[:12] + "\x20\x00\x00\x00": "127.0.0.1", // LOCAL
		} {
			answer, err := handOver(t, server.addr, connectAs(t, server.addr, header), "hello")
			wantWhole(t, answer, err, []byte("hello"))
			wantClient(t, server.verdict(whole), client)
		}
	})
}

// A header that is cut off at any byte is none: there is no filter for the connection, and
// the next one is served.
func TestProxyHeaderCut(t *testing.T) {
	onEachNetwork(t, func(s *Server) { s.AllowEmpty = true }, func(t *testing.T, server *backstage) {
		for _, header := range []string{proxyHeader1, proxyHeader2} {
			for cut := range len(header) {
				c := pipetest.Connect(t, "tcp", server.addr.Address)
				send(t, c, []byte(header[:cut]))
				_ = c.CloseWrite()
				said, err := io.ReadAll(c)
				wantReset(t, said, err)
				want := clientGone
				if cut == 0 {
					want = probe
				}
				if r := server.verdict(want); r["status"] != "" {
					t.Errorf("cut at %d: a filter: %v", cut, r)
				}
			}
		}
		answer, err := handOver(t, server.addr, connectAs(t, server.addr, proxyHeader1), "hello")
		wantWhole(t, answer, err, []byte("hello"))
		server.verdict(whole)
	})
}

// A proxy that says nothing, or not all of its header, is cut off in time.
func TestProxyHeaderSlow(t *testing.T) {
	onEachNetwork(t, func(s *Server) { s.handshakeTimeout, s.IdleTimeout = short, 0 }, func(t *testing.T, server *backstage) {
		for _, start := range []string{"", "P", proxyHeader1[:20], proxyHeader2[:20]} {
			c := pipetest.Connect(t, "tcp", server.addr.Address)
			send(t, c, []byte(start))
			said, err := io.ReadAll(c)
			wantReset(t, said, err)
			if r := server.verdict(clientSilent); r["err"] != ErrProxyTimeout.Error() {
				t.Errorf("%q: want %v, got %v", start, ErrProxyTimeout, r)
			}
		}
	})
}

// What is no header is refused at once, also if it would be an input without ProxyProtocol.
func TestProxyHeaderRefused(t *testing.T) {
	onEachNetwork(t, nil, func(t *testing.T, server *backstage) {
		for _, start := range []string{
			"\xff\xd8\xff\xe0 a JPEG", "POST / HTTP/1.1\r\n\r\n", "\x16\x03\x01\x02\x00\x01\x00", "PROXY TCP5 \r\n",
			"PROXY TCP4 203.0.113.7 192.0.2.1 4711 80\n", "PROXY " + strings.Repeat("x", 1000),
		} {
			c := pipetest.Connect(t, "tcp", server.addr.Address)
			_, _ = c.Write([]byte(start)) // fails if the first bytes have been refused
			said, err := io.ReadAll(c)
			wantReset(t, said, err)
			if r := server.verdict(refused); r["err"] != ErrProxyHeader.Error() {
				t.Errorf("%q: want %v, got %v", start, ErrProxyHeader, r)
			}
		}
	})
}

// A source that is not trusted is refused before it has said anything, header or not.
func TestProxyHeaderUntrusted(t *testing.T) {
	distrust := func(s *Server) { s.Trust = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")} }
	onEachNetwork(t, distrust, func(t *testing.T, server *backstage) {
		turnedAway(t, server.addr)
		r := server.verdict(refused)
		if r["err"] != ErrNotProxy.Error() {
			t.Errorf("want %v, got %v", ErrNotProxy, r)
		}
		wantClient(t, r, "127.0.0.1")
	})
}

// A second header is no input: a proxy before the trusted one has not been told to leave it
// out. It is not believed either.
func TestProxyHeaderTwice(t *testing.T) {
	onEachNetwork(t, nil, func(t *testing.T, server *backstage) {
		for _, second := range []string{proxyHeader1, proxyHeader2} {
			wantHeaderRefused(t, server, proxyHeaderOf("203.0.113.8")+second, "203.0.113.8")
		}
	})
}

// A header that comes to a port that expects none is no input, and no request.
func TestProxyHeaderUnexpected(t *testing.T) {
	onEachNetwork(t, func(s *Server) { s.ProxyProtocol = false }, func(t *testing.T, server *backstage) {
		for _, header := range []string{proxyHeader1, proxyHeader2, proxyHeaders} {
			wantHeaderRefused(t, server, header, "127.0.0.1")
		}
	})
}

// wantHeaderRefused sends headers, of which the last is one where none is expected, and an
// input. The client is the one of the record.
func wantHeaderRefused(t *testing.T, server *backstage, headers, client string) {
	t.Helper()
	c := pipetest.Connect(t, "tcp", server.addr.Address)
	send(t, c, []byte(headers+"hello"))
	_ = c.CloseWrite()
	if said, err := io.ReadAll(c); err == nil {
		t.Errorf("want a reset, got %q and FIN", said)
	}
	r := server.verdict(refused)
	causes := map[string]error{"tcp": ErrProxyPort, "tls": ErrTLSPort, "http": ErrHTTPPort, "https": ErrTLSPort}
	if want := causes[server.addr.Network]; r["err"] != want.Error() {
		t.Errorf("want %v, got %v", want, r)
	}
	wantClient(t, r, client)
}

// What only resembles a PROXY header is an input like others.
func TestRawInputLikeProxyHeader(t *testing.T) {
	pipetest.Parallel(t)
	server := start(t, quick("copy"))
	for _, input := range []string{"PROXY", "PROXY \n", "PROXY TCP4 203.0.113.7\r\n", proxyHeader2[:16], "\r\n\r\n", "\r\n\r\n\x00\r\nQUIT\r"} {
		answer, err := ask(t, server.addr, []byte(input))
		wantWhole(t, answer, err, []byte(input))
		server.verdict(whole)
	}
}

// A balancer that checks the port sends a header and no input, or nothing at all.
func TestProxyProbe(t *testing.T) {
	onEachNetwork(t, nil, func(t *testing.T, server *backstage) {
		pipetest.Connect(t, "tcp", server.addr.Address).Close()
		server.verdict(probe)
		if server.addr.IsHTTP() { // a connection without a request has no record
			return
		}
		c := pipetest.Connect(t, "tcp", server.addr.Address)
		send(t, c, []byte(proxyHeader1))
		c.Close()
		wantClient(t, server.verdict(probe), "203.0.113.7")
	})
}

// Allow is about the clients, and not about their proxy. Over HTTP the proxy's own connection
// is let in, since its requests may be those of clients.
func TestProxyHeaderAllow(t *testing.T) {
	allow := func(s *Server) { s.Allow = []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")} }
	onEachNetwork(t, allow, func(t *testing.T, server *backstage) {
		answer, err := handOver(t, server.addr, connectAs(t, server.addr, proxyHeader1), "hello")
		wantWhole(t, answer, err, []byte("hello"))
		server.verdict(whole)
		for header, client := range map[string]string{proxyHeaderOf("198.51.100.1"): "198.51.100.1", "PROXY UNKNOWN\r\n": "127.0.0.1"} {
			c := pipetest.Connect(t, "tcp", server.addr.Address)
			send(t, c, []byte(header))
			if server.addr.IsHTTP() && client == "127.0.0.1" {
				if answer, err := handOver(t, server.addr, secured(t, server.addr, c), "hello"); err == nil || err.Error() != "status 403" {
					t.Errorf("want status 403, got %q and %v", answer, err)
				}
			} else {
				said, err := io.ReadAll(c)
				wantReset(t, said, err)
			}
			wantClient(t, server.verdict(refused), client)
		}
	})
}

// MaxPerSource counts the clients, and not their proxy.
func TestProxyHeaderMaxPerSource(t *testing.T) {
	onEachNetwork(t, func(s *Server) { s.MaxPerSource, s.MaxPerLoopback = 1, 1 }, func(t *testing.T, server *backstage) {
		first := connectAs(t, server.addr, proxyHeader1)
		if server.addr.IsHTTP() {
			sendHTTP(t, first, postHead+"Content-Length: 5\n\nh")
		} else {
			send(t, first, []byte("h"))
		}
		awaitStats(t, server, func(s Stats) bool { return s.Bound == 1 })
		second := pipetest.Connect(t, "tcp", server.addr.Address)
		send(t, second, []byte(proxyHeader1))
		if server.addr.IsHTTP() { // the second one may be told
			answer, err := handOver(t, server.addr, secured(t, server.addr, second), "hello")
			if err == nil || err.Error() != "status 429" {
				t.Errorf("want status 429, got %q and %v", answer, err)
			}
		} else {
			said, err := io.ReadAll(second)
			wantReset(t, said, err)
		}
		wantClient(t, server.verdict(busy), "203.0.113.7")
		third := connectAs(t, server.addr, proxyHeaderOf("203.0.113.8"))
		answer, err := handOver(t, server.addr, third, "hello")
		wantWhole(t, answer, err, []byte("hello"))
		server.verdict(whole)

		second.Close()
		third.Close()
		pipetest.Reset(first)
		server.verdict(clientGone)
		awaitStats(t, server, func(s Stats) bool { return s.Connections == 0 })
		answer, err = handOver(t, server.addr, connectAs(t, server.addr, proxyHeader1), "hello")
		wantWhole(t, answer, err, []byte("hello"))
		server.verdict(whole)
	})
}

func isConnected(s Stats) bool { return s.Connections == 1 }

// The queue is shared by clients, and not by proxies: a client that has most of it makes room
// for another.
func TestProxyHeaderIsFair(t *testing.T) {
	pipetest.Parallel(t)
	meeting := pipetest.NewMeeting(t)
	s := proxied("tcp", "read", "meet:"+meeting.String(), "write:10")
	s.Max, s.Queue = 1, 2
	server := start(t, s)
	sendWhole := func(client string) fdio.Socket {
		c := connectAs(t, server.addr, proxyHeaderOf(client))
		send(t, c, []byte("hello"))
		_ = c.CloseWrite()
		return c
	}
	first := sendWhole("203.0.113.7")
	gate := meeting.Come()
	all := []fdio.Socket{first, sendWhole("203.0.113.7")}
	awaitStats(t, server, func(s Stats) bool { return s.Queued == 1 })
	last := sendWhole("203.0.113.7")
	awaitStats(t, server, func(s Stats) bool { return s.Queued == 2 })
	all = append(all, sendWhole("203.0.113.8"))
	said, err := io.ReadAll(last)
	wantReset(t, said, err)
	wantClient(t, server.verdict(busy), "203.0.113.7")
	for i := range all {
		if i > 0 {
			gate = meeting.Come()
		}
		gate.Close()
	}
	for _, c := range all {
		answer, err := io.ReadAll(c)
		wantWhole(t, answer, err, pipetest.Written(10))
		server.verdict(whole)
	}
}

// A proxy may come over a unix socket, if these are trusted.
func TestProxyHeaderOverUnix(t *testing.T) {
	pipetest.Parallel(t)
	for _, trust := range []bool{false, true} {
		s := proxied("unix", "copy")
		s.Listen[0].Address = t.TempDir() + "/socket"
		s.TrustUnix = trust
		server := start(t, s)
		c := connect(t, server.addr)
		_, _ = c.Write([]byte(proxyHeader1)) // fails if the connection has been refused
		answer, err := exchange(c, bytes.NewReader([]byte("hello")))
		if trust {
			wantWhole(t, answer, err, []byte("hello"))
			wantClient(t, server.verdict(whole), "203.0.113.7:4711")
			continue
		}
		if len(answer) > 0 {
			t.Errorf("an answer: %q and %v", answer, err)
		}
		server.verdict(refused)
	}
}

// A connection whose header has not come when the server begins to drain gets its answer.
func TestProxyHeaderDrain(t *testing.T) {
	onEachNetwork(t, nil, func(t *testing.T, server *backstage) {
		c := pipetest.Connect(t, "tcp", server.addr.Address)
		awaitStats(t, server, isConnected)
		server.stop()
		send(t, c, []byte(proxyHeader1))
		answer, err := handOver(t, server.addr, secured(t, server.addr, c), "hello")
		wantWhole(t, answer, err, []byte("hello"))
		wantClient(t, server.verdict(whole), "203.0.113.7")
		if err := server.wait(); err != nil {
			t.Error(err)
		}
	})
}

// A server that is closed at once does not wait for headers.
func TestProxyHeaderClose(t *testing.T) {
	onEachNetwork(t, nil, func(t *testing.T, server *backstage) {
		c := pipetest.Connect(t, "tcp", server.addr.Address)
		awaitStats(t, server, isConnected)
		server.kill()
		said, err := io.ReadAll(c)
		wantReset(t, said, err)
		_ = server.wait()
	})
}
