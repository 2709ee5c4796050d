package netpipe

import (
	"bufio"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/pipetest"
)

// PROXY headers of version 1 and 2 that name a client.
const (
	proxyHeader1 = "PROXY TCP4 203.0.113.7 192.0.2.1 4711 80\r\n"
	proxyHeader2 = "\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\xcb\x00\x71\x07\xc0\x00\x02\x01\x12\x67\x00\x50"
	proxyHeaders = proxyHeader1 + proxyHeader2
)

// proxyHeaderOf returns a PROXY header that names a client.
func proxyHeaderOf(client string) string {
	return fmt.Sprintf("PROXY TCP4 %s 192.0.2.1 4711 80\r\n", client)
}

// trustTests has a server trust the proxies of tests.
func trustTests(s *Server) { s.Trust = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")} }

// proxied returns a server with a listener of a network that takes connections from the
// proxies of tests alone.
func proxied(network string, steps ...string) *Server {
	s := quick(steps...)
	s.Listen[0].Network = network
	if s.Listen[0].IsTLS() {
		s.TLS = pipetest.ServerFiles()
	}
	s.ProxyProtocol = true
	trustTests(s)
	return s
}

// onEachNetwork plays a test with a proxied server that copies, over each kind of listener.
func onEachNetwork(t *testing.T, set func(*Server), play func(*testing.T, *backstage)) {
	pipetest.Parallel(t)
	for _, network := range []string{"tcp", "tls", "http", "https"} {
		t.Run(network, func(t *testing.T) {
			pipetest.Parallel(t)
			s := proxied(network, "copy")
			if set != nil {
				set(s)
			}
			play(t, start(t, s))
		})
	}
}

// connectAs opens a connection to at that begins with a PROXY header.
func connectAs(t *testing.T, at Addr, header string) fdio.Socket {
	t.Helper()
	s := pipetest.Connect(t, at.Transport(), at.Address)
	send(t, s, []byte(header))
	return secured(t, at, s)
}

// handOver has a connection to at copy an input, over HTTP by a POST. The error is that of
// the connection, or a status other than 200.
func handOver(t *testing.T, at Addr, s fdio.Socket, input string) (answer []byte, err error) {
	t.Helper()
	if !at.IsHTTP() {
		return exchange(s, strings.NewReader(input))
	}
	sendHTTP(t, s, fmt.Sprintf("%sContent-Length: %d\n\n%s", postHead, len(input), input))
	got, err := hear(t, bufio.NewReader(s), "POST")
	if err == nil && got.code != 200 {
		err = fmt.Errorf("status %d", got.code)
	}
	return got.body, err
}

// wantClient checks who is the client of a record.
func wantClient(t *testing.T, r record, want string) {
	t.Helper()
	if at := r["client"]; at != want && !strings.HasPrefix(at, want+":") {
		t.Errorf("client: want %s, got %v", want, r)
	}
}
