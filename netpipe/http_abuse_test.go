package netpipe

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/pipetest"
)

func TestHTTPMaxPerSource(t *testing.T) {
	pipetest.Parallel(t)
	s := overHTTP("copy")
	s.MaxPerLoopback = 1
	server := start(t, s)
	first := connect(t, server.addr)
	sendHTTP(t, first, postHead+"Content-Length: 5\nExpect: 100-continue\n\n")
	in := bufio.NewReader(first)
	if _, err := in.Peek(1); err != nil {
		t.Fatal(err)
	}
	second := connect(t, server.addr)
	turnedAway(t, server.addr) // the third connection is reset
	server.verdict(busy)
	sendHTTP(t, second, postHead+"Content-Length: 5\n\nhello")
	got, err := hear(t, bufio.NewReader(second), "POST")
	got.says(t, err, 429, "as many connections as one may have")
	server.verdict(busy)
	for range 2 { // 100, and the empty line after it
		_, _ = in.ReadString('\n')
	}
	send(t, first, []byte("hello"))
	got, err = hear(t, in, "POST")
	got.want(t, err, 200, []byte("hello"))
	server.verdict(whole)
}

func TestHTTPAllow(t *testing.T) {
	pipetest.Parallel(t)
	s := overHTTP("copy")
	s.Allow = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	server := start(t, s)
	turnedAway(t, server.addr)
	server.verdict(refused)
}

func TestHTTPRoutes(t *testing.T) {
	pipetest.Parallel(t)
	server := start(t, overHTTP("copy"))
	for _, test := range []struct {
		method, path string
		header       string
		code         int
		want         string // a header of the response
	}{
		{"GET", "/", "", 200, "Content-Type: text/html; charset=utf-8"},
		{"HEAD", "/", "", 200, "Content-Type: text/html; charset=utf-8"},
		{"GET", "/main.js", "", 200, "Content-Type: text/javascript; charset=utf-8"},
		{"GET", "/page.html", "", 404, ""},
		{"GET", "/about", "", 200, "Content-Type: application/json"},
		{"POST", "/about", "", 405, "Allow: GET, HEAD, OPTIONS"},
		{"GET", "/page.css", "", 200, "Content-Type: text/css; charset=utf-8"},
		{"GET", "/healthz", "", 200, "Cache-Control: no-store"},
		{"HEAD", "/healthz", "", 200, "X-Content-Type-Options: nosniff"},
		{"GET", "/no-such", "", 404, "X-Content-Type-Options: nosniff"},
		{"POST", "/no-such", "", 404, ""},
		{"PUT", "/a.jpg", "", 404, ""},
		{"PUT", "/", "", 405, "Allow: GET, HEAD, OPTIONS, POST"},
		{"PUT", "/", "Expect: 100-continue", 405, "Allow: GET, HEAD, OPTIONS, POST"},
		{"post", "/", "", 405, "Allow: GET, HEAD, OPTIONS, POST"},
		{"DELETE", "/healthz", "", 405, "Allow: GET, HEAD, OPTIONS"},
		{"POST", "//", "", 404, ""},
		{"OPTIONS", "/", "", 204, "Allow: GET, HEAD, OPTIONS, POST"},
		{"OPTIONS", "*", "", 204, "Allow: GET, HEAD, OPTIONS, POST"},
		{"OPTIONS", "/healthz", "", 204, "Allow: GET, HEAD, OPTIONS"},
		{"OPTIONS", "/no-such", "", 404, ""},
		{"POST", "/", "Content-Type: multipart/form-data; boundary=x", 415, "Accept-Encoding: identity"},
		{"POST", "/", "Content-Encoding: gzip", 415, "Accept-Encoding: identity"},
		{"POST", "/", "Content-Encoding: identity", 200, "Content-Type: application/octet-stream"},
		{"POST", "/", "Content-Type: application/x-www-form-urlencoded", 200, "X-Content-Type-Options: nosniff"},
		{"POST", "/?", "", 200, "X-Content-Type-Options: nosniff"},
		{"POST", "/?a=b", "", 400, "X-Content-Type-Options: nosniff"},
		{"POST", "/no-such?a=b", "", 404, ""},
		{"GET", "/?a=b", "", 200, "Content-Type: text/html; charset=utf-8"},
	} {
		t.Run(test.method+" "+test.path+" "+test.header, func(t *testing.T) {
			c := connect(t, server.addr)
			text := fmt.Sprintf("%s %s HTTP/1.1\nHost: localhost\n", test.method, test.path)
			if test.header != "" {
				text += test.header + "\n"
			}
			if test.method == "POST" || test.method == "PUT" && test.header == "" {
				text += "Content-Length: 5\n\nhello"
			} else {
				text += "\n"
			}
			sendHTTP(t, c, text)
			got, err := hear(t, bufio.NewReader(c), test.method)
			if err != nil || got.code != test.code {
				t.Fatalf("want %d, got %d, %q and %v", test.code, got.code, got.body, err)
			}
			if refusal := test.code == 404 || test.code == 405; refusal && test.method != "HEAD" && !strings.Contains(string(got.body), "curl --data-binary @FILE") {
				t.Errorf("want a line that says what to type, got %q", got.body)
			}
			records, msg := server.requests, "request"
			if test.code >= 400 || test.method == "POST" {
				records, msg = server.records, "connection"
			}
			select {
			case r := <-records:
				if r["http"] != strconv.Itoa(test.code) {
					t.Errorf("want status %d in the log, got %v", test.code, r)
				}
			case <-time.After(pipetest.Patience):
				t.Errorf("no record of the %s", msg)
			}
			key, value, _ := strings.Cut(test.want, ": ")
			if got.header.Get(key) != value {
				t.Errorf("want %q, got %v", test.want, got.header)
			}
			if policy := got.header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'") {
				t.Errorf("Content-Security-Policy: got %q", policy)
			}
		})
	}
}

func TestHTTPCrossOrigin(t *testing.T) {
	pipetest.Parallel(t)
	named := overHTTP("copy")
	named.Hosts = []string{"gray.example.org"}
	servers := []*backstage{start(t, overHTTP("copy")), start(t, named)}
	for _, test := range []struct {
		host, origin, site string
		codes              [2]int // without Hosts, and with
	}{
		{"localhost", "", "", [2]int{200, 200}},
		{"localhost", "http://localhost", "same-origin", [2]int{200, 200}},
		{"localhost", "http://localhost", "", [2]int{200, 200}},
		{"gray.localhost", "http://gray.localhost", "", [2]int{200, 200}},
		{"[::1]", "http://[::1]", "", [2]int{200, 200}},
		{"127.0.0.1", "http://127.0.0.1", "", [2]int{200, 200}},
		{"localhost", "", "none", [2]int{200, 200}},
		{"gray.example.org", "", "", [2]int{200, 200}},                                      // not a browser: a proxy, say
		{"gray.example.org", "https://gray.example.org", "same-origin", [2]int{200, 200}},   // a proxy that has TLS
		{"gray.example.org", "http://gray.example.org", "", [2]int{403, 200}},               // one that has not
		{"localhost", "http://GRAY.example.org", "", [2]int{403, 200}},                      // one that names us by our address
		{"other.example.org", "https://other.example.org", "same-origin", [2]int{200, 403}}, //
		{"localhost", "https://other.example.org", "same-origin", [2]int{200, 403}},         //
		{"localhost", "http://example.org", "", [2]int{403, 403}},                           // an old browser
		{"localhost", "http://example.org", "cross-site", [2]int{403, 403}},                 //
		{"localhost", "null", "", [2]int{403, 403}},                                         // a sandboxed frame
		{"localhost", "http://localhost.example.org", "same-site", [2]int{403, 403}},        //
		{"attacker.example.org", "http://attacker.example.org", "", [2]int{403, 403}},       // DNS rebinding
		{"127.0.0.1.example.org", "http://127.0.0.1.example.org", "", [2]int{403, 403}},     //
		{"localhost.example.org.", "http://localhost.example.org.", "", [2]int{403, 403}},   //
	} {
		for i, server := range servers {
			_, port, _ := net.SplitHostPort(server.addr.Address)
			withPort := func(s string) string {
				if s == "" || s == "null" {
					return s
				}
				return s + ":" + port
			}
			got, err := post(t, server.addr, strings.NewReader("x"), func(r *http.Request) {
				r.Host = withPort(test.host)
				for key, value := range map[string]string{"Origin": withPort(test.origin), "Sec-Fetch-Site": test.site} {
					if value != "" {
						r.Header.Set(key, value)
					}
				}
			})
			if err != nil || got.code != test.codes[i] {
				t.Errorf("%v, Hosts %q: got %d and %v", test, server.server.Hosts, got.code, err)
			}
			if r := <-server.records; test.codes[i] == 403 && r["verdict"] != string(refused) {
				t.Errorf("%v: got %v", test, r)
			}
		}
	}
}

// A request that is not HTTP, or could be read in two ways, is answered and its connection
// closed; no filter gets it.
func TestHTTPHostileBytes(t *testing.T) {
	pipetest.Parallel(t)
	bothSizes := postHead + "Content-Length: 5\nTransfer-Encoding: chunked\n\n0\n\n"
	server := start(t, overHTTP("copy"))
	for _, test := range []struct {
		name, text string
		code       string // "": just the end
	}{
		{"two lengths", postHead + "Content-Length: 5\nContent-Length: 6\n\nhello", "400"},
		{"a negative length", postHead + "Content-Length: -5\n\nhello", "400"},
		{"a length with a sign", postHead + "Content-Length: +5\n\nhello", "400"},
		{"two lengths in one", postHead + "Content-Length: 5, 5\n\nhello", "400"},
		{"another coding", postHead + "Transfer-Encoding: gzip, chunked\n\n0\n\n", "501"},
		{"chunked twice", postHead + "Transfer-Encoding: chunked\nTransfer-Encoding: chunked\n\n0\n\n", "501"},
		{"a space before the colon", postHead + "Content-Length : 5\n\nhello", "400"},
		{"a NUL in the head", postHead + "X: \x00\n\n", "400"},
		{"no host", "POST / HTTP/1.1\nContent-Length: 5\n\nhello", "400"},
		{"two hosts", postHead + "Host: b\nContent-Length: 5\n\nhello", "400"},
		{"no version", "POST /\n\n", "400"},
		{"TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n\n", "400"},
		{"an endless head", postHead + "X: " + strings.Repeat("x", 40_000) + "\n\n", "431"},
		{"a length and chunks", postHead + "Content-Length: 5\nTransfer-Encoding: chunked\n\n0\n\n", "400"},
		{"chunks and a length", postHead + "Transfer-Encoding: chunked\ncontent-length: 5\n\n0\n\n", "400"},
		{"chunks and an empty length", postHead + "Transfer-Encoding: chunked\nContent-Length:\n\n0\n\n", "400"},
		{"chunks in HTTP/1.0", "POST / HTTP/1.0\nTransfer-Encoding: chunked\n\n0\n\n", "400"},
		{"a continued line", postHead + "X: a\n b\nContent-Length: 5\n\nhello", "400"},
		{"a continued length", postHead + "Content-Length:\n\t5\n\nhello", "400"},
		{"the second request, after a length", postHead + "Content-Length: 5\n\nhello" + bothSizes, "200 400"},
		{"the second request, after chunks", postHead + "Transfer-Encoding: chunked\n\n5;x=y\nhello\n0\nX: y\n\n" + bothSizes, "200 400"},
		{"the second request, after an empty line", postHead + "Content-Length: 5\n\nhello\n" + bothSizes, "200 400"},
		{"HTTP/3", strings.ReplaceAll(postHead, "HTTP/1.1", "HTTP/3.0") + "Content-Length: 5\n\nhello", "505"},
		{"an expectation", postHead + "Expect: a miracle\nContent-Length: 5\n\nhello", "417"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := connect(t, server.addr)
			sendHTTP(t, c, test.text)
			wantCodes(t, server, c, test.code)
		})
	}
	for name, text := range map[string]string{
		"a request line without CR":  "POST / HTTP/1.1\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello",
		"a line without CR":          "POST / HTTP/1.1\r\nHost: localhost\nContent-Length: 5\r\n\r\nhello",
		"an empty line without CR":   "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\nhello",
		"a trailer without CR":       "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\n\r\n",
		"a trailer's end without CR": "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\n",
		"no CR at all":               "POST / HTTP/1.1\nHost: localhost\nContent-Length: 5\n\nhello",
	} {
		t.Run(name, func(t *testing.T) {
			c := connect(t, server.addr)
			send(t, c, []byte(text))
			wantCodes(t, server, c, "400")
		})
	}
	for name, body := range map[string]string{
		"a size beyond numbers":      "fffffffffffffffff\n",
		"a negative size":            "-5\nhello\n",
		"a chunk longer than it was": "2\nhello\n0\n\n",
	} {
		t.Run(name, func(t *testing.T) {
			c := connect(t, server.addr)
			sendHTTP(t, c, postHead+"Transfer-Encoding: chunked\n\n"+body)
			got, err := hear(t, bufio.NewReader(c), "POST")
			got.says(t, err, 400, "not HTTP")
			if !got.closes {
				t.Error("want the connection closed")
			}
			server.verdict(badRequest)
		})
	}
	if n := len(server.records); n > 0 {
		t.Errorf("want no more records, got %v", <-server.records)
	}
	server.stop()
	_ = server.wait()
}

// wantCodes wants responses with these codes, a record of each, and the end.
func wantCodes(t *testing.T, server *backstage, c fdio.Socket, codes string) {
	t.Helper()
	b, err := io.ReadAll(c)
	var got []string
	for _, m := range regexp.MustCompile(`HTTP/1\.1 (\d+) `).FindAllSubmatch(b, -1) {
		got = append(got, string(m[1]))
	}
	if strings.Join(got, " ") != codes {
		t.Errorf("want %s and the end, got %q and %v", codes, b, err)
	}
	for _, code := range strings.Fields(codes) {
		select {
		case r := <-server.records:
			if r["http"] != code || r["verdict"] == string(whole) != (code == "200") {
				t.Errorf("want status %s in the log, got %v", code, r)
			}
		case <-time.After(pipetest.Patience):
			t.Errorf("no record of the status %s", code)
		}
	}
}

// What is left of a body is never taken for the next request.
func TestHTTPSmuggling(t *testing.T) {
	pipetest.Parallel(t)
	hidden := "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx"
	body := strings.Repeat("x", 500_000) + hidden
	for name, text := range map[string]string{
		"with a length": fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body),
		"in chunks":     fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s", len(body)+10, body),
	} {
		t.Run(name, func(t *testing.T) {
			pipetest.Parallel(t)
			s := overHTTP("read:1", "exit:1")
			s.IdleTimeout = 5 * time.Second // then a connection that is kept is closed
			server := start(t, s)
			c := connect(t, server.addr)
			go func() { _, _ = c.Write([]byte("POST / HTTP/1.1\r\nHost: localhost\r\n" + text)) }()
			b, _ := io.ReadAll(c)
			if n := strings.Count(string(b), "HTTP/1.1"); n != 1 {
				t.Errorf("want one response, got %q", b)
			}
			server.verdict(filterFailed)
			server.stop()
			_ = server.wait()
		})
	}
}

func TestHTTPSlowHead(t *testing.T) {
	pipetest.Parallel(t)
	s := overHTTP("copy")
	s.IdleTimeout = short
	server := start(t, s)
	for name, text := range map[string]string{"nothing": "", "half a head": postHead, "between two": "GET /healthz HTTP/1.1\nHost: localhost\n\n"} {
		c := connect(t, server.addr)
		sendHTTP(t, c, text)
		if _, err := io.Copy(io.Discard, c); fdio.IsTimeout(err) {
			t.Errorf("%s: the connection stays", name)
		}
	}
}
