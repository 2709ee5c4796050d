package netpipe

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/pipetest"
)

// forwarded returns an HTTP server that trusts the proxies of tests.
func forwarded(steps ...string) *Server {
	s := overHTTP(steps...)
	trustTests(s)
	return s
}

// sendFor sends a POST of "hello" with fields of proxies.
func sendFor(t *testing.T, s fdio.Socket, fields string) {
	t.Helper()
	sendHTTP(t, s, postHead+fields+"\nContent-Length: 5\n\nhello")
}

// postFor sends a POST with fields of proxies on a connection of its own.
func postFor(t *testing.T, at Addr, fields string) (httpAnswer, error) {
	t.Helper()
	s := connect(t, at)
	defer s.Close()
	sendFor(t, s, fields)
	return hear(t, bufio.NewReader(s), "POST")
}

// The record has the client that a trusted proxy names, request by request on a connection
// that is kept, and no client that somebody else names.
func TestForwarded(t *testing.T) {
	pipetest.Parallel(t)
	for _, network := range []string{"http", "https"} {
		for _, trusts := range []bool{true, false} {
			s := forwarded("copy")
			s.Listen[0].Network = network
			if network == "https" {
				s.TLS = pipetest.ServerFiles()
			}
			if !trusts {
				s.Trust = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
			}
			server := start(t, s)
			c := connect(t, server.addr)
			in := bufio.NewReader(c)
			for fields, client := range map[string]string{
				"X-Forwarded-For: 198.51.100.1, 203.0.113.7": "203.0.113.7",
				"Forwarded: for=203.0.113.8":                 "203.0.113.8",
				`Forwarded: for="[2001:db8::7]:4711"`:        "2001:db8::7",
				"Forwarded: for=unknown":                     "127.0.0.1",
				"X-Forwarded-For: nonsense":                  "127.0.0.1",
				"X-Forwarded-For: 203.0.113.7, 127.0.0.1":    "203.0.113.7",
				"X-Other: 1": "127.0.0.1",
			} {
				sendFor(t, c, fields)
				got, err := hear(t, in, "POST")
				got.want(t, err, 200, []byte("hello"))
				if !trusts {
					client = "127.0.0.1"
				}
				wantClient(t, server.verdict(whole), client)
			}
			sendHTTP(t, c, "GET /about HTTP/1.1\nHost: localhost\nX-Forwarded-For: 203.0.113.7\n\n")
			if got, err := hear(t, in, "GET"); err != nil || got.code != 200 {
				t.Errorf("want status 200, got %d and %v", got.code, err)
			}
			if client := (<-server.requests)["client"]; (client == "203.0.113.7") != trusts {
				t.Errorf("trusted %t: the client is %s", trusts, client)
			}
		}
	}
}

// Two fields that name different clients are refused: a client may have sent one of them.
func TestForwardedConflict(t *testing.T) {
	pipetest.Parallel(t)
	server := start(t, forwarded("copy"))
	got, err := postFor(t, server.addr, "X-Forwarded-For: 203.0.113.7\nForwarded: for=10.0.0.1")
	got.says(t, err, 400, ErrForwarded.Error())
	wantClient(t, server.verdict(badRequest), "127.0.0.1")
	got, err = postFor(t, server.addr, "X-Forwarded-For: 203.0.113.7\nForwarded: for=203.0.113.7")
	got.want(t, err, 200, []byte("hello"))
	server.verdict(whole)
}

// Health checks are answered also if the fields disagree: the answer is the same to all clients.
func TestForwardedConflictInChecks(t *testing.T) {
	pipetest.Parallel(t)
	server := start(t, forwarded("copy"))
	c := connect(t, server.addr)
	in := bufio.NewReader(c)
	for _, test := range []struct {
		method, path string
		code         int
	}{
		{"GET", "/healthz", 200},
		{"HEAD", "/healthz", 200},
		{"OPTIONS", "/", 204},
		{"GET", "/about", 400},
	} {
		sendHTTP(t, c, fmt.Sprintf("%s %s HTTP/1.1\nHost: localhost\nX-Forwarded-For: 203.0.113.7\nForwarded: for=10.0.0.1\n\n", test.method, test.path))
		if got, err := hear(t, in, test.method); err != nil || got.code != test.code {
			t.Errorf("%s %s: want %d, got %d and %v", test.method, test.path, test.code, got.code, err)
		}
	}
	wantClient(t, server.verdict(badRequest), "127.0.0.1")
}

// Allow is about the clients that proxies name. Health checks are answered to all.
func TestForwardedAllow(t *testing.T) {
	pipetest.Parallel(t)
	s := forwarded("copy")
	s.Allow = []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}
	server := start(t, s)
	c := connect(t, server.addr)
	in := bufio.NewReader(c)
	for _, test := range []struct {
		method, path, from string
		code               int
	}{
		{"POST", "/", "203.0.113.7", 200},
		{"POST", "/", "198.51.100.1", 403},
		{"POST", "/", "203.0.113.7, 198.51.100.1", 403},
		{"POST", "/", "", 403}, // the proxy itself
		{"GET", "/", "203.0.113.7", 200},
		{"GET", "/", "198.51.100.1", 403},
		{"GET", "/about", "198.51.100.1", 403},
		{"GET", "/healthz", "198.51.100.1", 200},
		{"OPTIONS", "/", "", 204},
	} {
		c, in := c, in
		head := fmt.Sprintf("%s %s HTTP/1.1\nHost: localhost\nX-Forwarded-For: %s\n", test.method, test.path, test.from)
		if test.method == "POST" {
			c = connect(t, server.addr)
			in = bufio.NewReader(c)
			head += "Content-Length: 5\n\nhello"
		} else {
			head += "\n"
		}
		sendHTTP(t, c, head)
		if got, err := hear(t, in, test.method); err != nil || got.code != test.code {
			t.Errorf("%s %s from %q: want %d, got %d and %v", test.method, test.path, test.from, test.code, got.code, err)
		}
		if test.code == 403 {
			if r := server.verdict(refused); r["err"] != ErrNotAllowed.Error() {
				t.Errorf("%s %s: want %v, got %v", test.method, test.path, ErrNotAllowed, r)
			}
		} else if test.method == "POST" {
			server.verdict(whole)
		}
	}
}

// MaxPerSource counts requests that are being answered, by their clients, on as many
// connections of a proxy as there are.
func TestForwardedMaxPerSource(t *testing.T) {
	pipetest.Parallel(t)
	s := forwarded("copy")
	s.MaxPerSource, s.MaxPerLoopback = 1, 1
	server := start(t, s)
	var kept []fdio.Socket
	for range 4 {
		kept = append(kept, connect(t, server.addr))
	}
	one, other := "X-Forwarded-For: 203.0.113.7", "X-Forwarded-For: 203.0.113.8"
	sendHTTP(t, kept[0], postHead+one+"\nContent-Length: 5\n\nhell")
	awaitStats(t, server, func(s Stats) bool { return s.Bound == 1 })

	sendFor(t, kept[1], one)
	got, err := hear(t, bufio.NewReader(kept[1]), "POST")
	got.says(t, err, 429, ErrSourceLimit.Error())
	wantClient(t, server.verdict(busy), "203.0.113.7")
	sendFor(t, kept[2], other)
	got, err = hear(t, bufio.NewReader(kept[2]), "POST")
	got.want(t, err, 200, []byte("hello"))
	wantClient(t, server.verdict(whole), "203.0.113.8")

	send(t, kept[0], []byte("o"))
	got, err = hear(t, bufio.NewReader(kept[0]), "POST")
	got.want(t, err, 200, []byte("hello"))
	server.verdict(whole)
	for _, c := range []fdio.Socket{kept[0], kept[2], kept[3]} {
		sendFor(t, c, one)
		got, err = hear(t, bufio.NewReader(c), "POST")
		got.want(t, err, 200, []byte("hello"))
		server.verdict(whole)
	}
}

// The client of a PROXY header is a proxy itself if it is trusted, and else its fields are not
// believed.
func TestForwardedOverProxyHeader(t *testing.T) {
	pipetest.Parallel(t)
	s := proxied("http", "copy")
	s.Trust = append(s.Trust, netip.MustParsePrefix("10.0.0.0/8"))
	server := start(t, s)
	for from, client := range map[string]string{"10.0.0.1": "203.0.113.7", "203.0.113.8": "203.0.113.8"} {
		c := connectAs(t, server.addr, proxyHeaderOf(from))
		sendFor(t, c, "X-Forwarded-For: 203.0.113.7")
		got, err := hear(t, bufio.NewReader(c), "POST")
		got.want(t, err, 200, []byte("hello"))
		wantClient(t, server.verdict(whole), client)
	}
}

// A Handler in another server believes trusted proxies, too, and is asked for each request.
func TestHandlerForwarded(t *testing.T) {
	pipetest.Parallel(t)
	s := quick("copy")
	trustTests(s)
	s.Allow = []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}
	server, web := handled(t, s, nil)
	for client, code := range map[string]int{"203.0.113.7": 200, "198.51.100.1": 403} {
		r, err := http.NewRequest(http.MethodPost, web.URL, strings.NewReader("hello"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Forwarded", "for="+client)
		response, err := web.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, response.Body)
		response.Body.Close()
		if response.StatusCode != code {
			t.Errorf("%s: want %d, got %d", client, code, response.StatusCode)
		}
		verdict := whole
		if code == 403 {
			verdict = refused
		}
		wantClient(t, server.verdict(verdict), client)
	}
}

// Trust in unix sockets is about those alone: what has no address otherwise is no proxy.
func TestTrustUnix(t *testing.T) {
	pipetest.Parallel(t)
	s := Server{TrustUnix: true}
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	r.Header.Set("X-Forwarded-For", "203.0.113.7")
	for _, remote := range []string{"", "@", "192.0.2.1:1"} {
		r.RemoteAddr = remote
		if got, err := s.fromClient(r); err != nil || got.RemoteAddr != remote {
			t.Errorf("%q: got %q and %v", remote, got.RemoteAddr, err)
		}
	}
}

// An idleSocket notes its read deadline.
type idleSocket struct {
	fdio.Socket
	deadline time.Time
}

func (s *idleSocket) SetReadDeadline(t time.Time) error {
	s.deadline = t
	return nil
}

// A connection of a trusted proxy may be idle for longer than the usual proxies leave it so,
// and between two requests alone. Those of others are closed after IdleTimeout.
func TestProxyIdleTime(t *testing.T) {
	pipetest.Parallel(t)
	const usual = 600 * time.Second // of Google's balancer, the longest of the usual ones
	for _, isProxy := range []bool{true, false} {
		s := &idleSocket{}
		c := &httpConn{Socket: s, isProxy: isProxy}
		soon := time.Now().Add(time.Second)
		for _, test := range []struct {
			what           string
			before         func()
			deadline       time.Time
			wantLongerIdle bool
		}{
			{"the first head", func() {}, soon, false},
			{"idle", c.requestOver, soon, true},
			{"the next head", func() {}, soon, false},
			{"idle without a limit", c.requestOver, time.Time{}, false},
			{"the next head", func() {}, soon, false},
			{"idle for longer", c.requestOver, soon.Add(time.Hour), false},
		} {
			test.before()
			_ = c.SetReadDeadline(test.deadline)
			longer := isProxy && test.wantLongerIdle
			if left := time.Until(s.deadline); longer != (s.deadline != test.deadline) || longer && left <= usual {
				t.Errorf("proxy %t, %s: the deadline is in %v", isProxy, test.what, left)
			}
		}
	}
}

// The idle time of net/http ends a kept connection of a client, and not one of a proxy.
func TestProxyOutlivesClients(t *testing.T) {
	pipetest.Parallel(t)
	s := proxied("http", "copy")
	s.Trust = append(s.Trust, netip.MustParsePrefix("203.0.113.7/32"))
	s.IdleTimeout = 10 * short
	server := start(t, s)
	proxy, client := connectAs(t, server.addr, proxyHeader1), connectAs(t, server.addr, proxyHeaderOf("203.0.113.8"))
	ask := func(c fdio.Socket) {
		t.Helper()
		sendFor(t, c, "X-Other: 1")
		got, err := hear(t, bufio.NewReader(c), "POST")
		got.want(t, err, 200, []byte("hello"))
		server.verdict(whole)
	}
	ask(proxy)
	ask(client) // is idle for less long
	if _, err := client.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("want the end of the client's connection, got %v", err)
	}
	ask(proxy)
}
