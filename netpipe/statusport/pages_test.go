package statusport

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
)

// A page of another site cannot ask by a name that it has made to mean this machine. A
// scraper may use any name where other machines can connect.
func TestStatusNames(t *testing.T) {
	self, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	const evil, good = "evil.example", "numbers.example"
	handler := Pages{NotReady: func() error { return nil }, Hosts: []string{good}}.handler()
	for _, test := range []struct {
		at      net.Addr
		host    string
		browser bool
		want    int
	}{
		{&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}, evil, false, 403},
		{&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}, evil, true, 403},
		{&net.TCPAddr{IP: net.IPv6loopback}, evil + ":9888", false, 403},
		{&net.TCPAddr{IP: net.IPv6loopback}, "[::1]:9888", true, 200},
		{&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}, "127.0.0.1:9888", true, 200},
		{&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}, "localhost:9888", true, 200},
		{&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}, self + ":9888", true, 200},
		{&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}, good + ":9888", true, 200},
		{&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}, "", false, 200},
		{&net.TCPAddr{IP: net.IPv4(192, 0, 2, 1)}, evil, true, 403},
		{&net.TCPAddr{IP: net.IPv4(192, 0, 2, 1)}, "netpipe.default.svc:9888", false, 200},
		{&net.TCPAddr{IP: net.IPv4(192, 0, 2, 1)}, "192.0.2.1:9888", true, 200},
		{&net.TCPAddr{IP: net.IPv4(192, 0, 2, 1)}, good, true, 200},
		{&net.UnixAddr{Net: "unix"}, evil, true, 200},
	} {
		r := httptest.NewRequest("GET", "/healthz", nil)
		r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, test.at))
		if r.Host = test.host; test.browser {
			r.Header.Set("Accept-Language", "")
		}
		rw := httptest.NewRecorder()
		if handler.ServeHTTP(rw, r); rw.Code != test.want {
			t.Errorf("%q at %v, by a browser: %t: want %d, got %d", test.host, test.at, test.browser, test.want, rw.Code)
		}
	}
}
