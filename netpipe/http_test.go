package netpipe

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// overHTTP is quick with an HTTP listener.
func overHTTP(steps ...string) *Server {
	s := quick(steps...)
	s.Listen = []Addr{{"http", "127.0.0.1:0"}}
	return s
}

// A reply is a response that came whole.
type reply struct {
	code   int
	body   []byte
	header http.Header
	closes bool
}

// browse is an HTTP client of its own for a test.
func browse(t *testing.T) *http.Client {
	t.Helper()
	leavesNothing(t)
	transport := &http.Transport{DisableCompression: true, ExpectContinueTimeout: patience}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: patience}
}

// post sends a request; set may change it.
func post(t *testing.T, at Addr, body io.Reader, set func(*http.Request)) (reply, error) {
	t.Helper()
	return postBy(t, browse(t), at, body, set)
}

func postBy(t *testing.T, client *http.Client, at Addr, body io.Reader, set func(*http.Request)) (reply, error) {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, at.String(), body)
	if err != nil {
		t.Fatal(err)
	}
	if set != nil {
		set(r)
	}
	response, err := client.Do(r)
	if err != nil {
		return reply{}, err
	}
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	return reply{response.StatusCode, got, response.Header, response.Close}, err
}

func (r reply) want(t *testing.T, err error, code int, body []byte) {
	t.Helper()
	if err != nil || r.code != code || !bytes.Equal(r.body, body) {
		t.Errorf("want status %d and %d bytes, got %d, %d bytes (%.80q) and %v", code, len(body), r.code, len(r.body), r.body, err)
	}
}

func (r reply) says(t *testing.T, err error, code int, text string) {
	t.Helper()
	if err != nil || r.code != code || !strings.Contains(string(r.body), text) {
		t.Errorf("want status %d and %q, got %d, %.200q and %v", code, text, r.code, r.body, err)
	}
	if kind := r.header.Get("Content-Type"); kind != "text/plain; charset=utf-8" {
		t.Errorf("Content-Type: got %q", kind)
	}
	if again := r.header.Get("Retry-After"); again == "" && (code == 503 || code == 429) {
		t.Errorf("no Retry-After with status %d", code)
	}
}

// codes are the statuses of the verdicts in the tables of what goes wrong.
var codes = map[verdict]int{
	whole: 200, filterFailed: 422, noAnswer: 500, filterTimeout: 504, clientLarge: 413, notHeld: 500, nextFailed: 502,
}

func TestHTTPChaosFilters(t *testing.T) {
	rows := make([]row, 0, len(filterRows))
	for _, r := range filterRows {
		set := r.set
		r.set = func(s *Server) {
			s.Listen = []Addr{{"http", "127.0.0.1:0"}}
			if set != nil {
				set(s)
			}
		}
		rows = append(rows, r)
	}
	everyRow(t, rows, func(t *testing.T, p *play) {
		got, err := post(t, p.server.addr, bytes.NewReader(noise(300_000)), nil)
		r := p.server.verdict(p.verdict)
		code := codes[p.verdict]
		switch {
		case strings.Contains(r["status"], "killed by signal 9") && p.verdict == filterFailed:
			code = 500
		case p.name == "answers more than all may hold":
			code = 503
		case p.verdict == noAnswer && r["next"] != "":
			code = 502
		}
		if p.verdict == whole {
			got.want(t, err, 200, p.answer)
		} else {
			got.says(t, err, code, "")
		}
		if r["http"] != strconv.Itoa(code) {
			t.Errorf("http: want %d, got %v", code, r)
		}
	})
}

// send is a request's bytes, with line ends as they should be.
func sendHTTP(t *testing.T, s socket, text string) {
	t.Helper()
	send(t, s, []byte(strings.ReplaceAll(text, "\n", "\r\n")))
}

const postHead = "POST / HTTP/1.1\nHost: localhost\n"

// hear reads one response, of a request by method; a body that is cut is an error.
func hear(t *testing.T, in *bufio.Reader, method string) (reply, error) {
	t.Helper()
	response, err := http.ReadResponse(in, &http.Request{Method: method})
	if err != nil {
		return reply{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return reply{response.StatusCode, body, response.Header, response.Close}, err
}

func TestHTTPChaosClients(t *testing.T) {
	some := noise(300_000)
	head := fmt.Sprintf("%sContent-Length: %d\n\n", postHead, 2*len(some))
	chunked := postHead + "Transfer-Encoding: chunked\n\n"
	chunk := func(b []byte) string { return fmt.Sprintf("%x\r\n%s\r\n", len(b), b) }
	waits := []string{"write:1000", "READ", "meet:GATE", "write:1000"}
	idle := func(s *Server) { s.IdleTimeout = short }
	for _, test := range []struct {
		clientRow
		code int // 0: the connection just ends
	}{
		{clientRow{row{"resets in mid-input", []string{"read:1000", "meet:GATE"}, nil, clientGone, false}, func(t *testing.T, p *play, s socket) {
			sendHTTP(t, s, head)
			send(t, s, some)
			p.gate.come()
			reset(s)
		}}, 0},
		{clientRow{row{"closes in mid-input", []string{"read"}, nil, clientGone, false}, func(t *testing.T, p *play, s socket) {
			sendHTTP(t, s, head)
			send(t, s, some)
			s.Close()
		}}, 0},
		{clientRow{row{"closes in mid-chunk", []string{"read"}, nil, clientGone, false}, func(t *testing.T, p *play, s socket) {
			sendHTTP(t, s, chunked)
			send(t, s, []byte(chunk(some)[:1000]))
			s.Close()
		}}, 0},
		{clientRow{row{"closes without the last chunk", []string{"read"}, nil, clientGone, false}, func(t *testing.T, p *play, s socket) {
			sendHTTP(t, s, chunked)
			send(t, s, []byte(chunk(some)))
			s.Close()
		}}, 0},
		{clientRow{row{"resets while it waits", waits, nil, clientGone, false}, func(t *testing.T, p *play, s socket) {
			sendHTTP(t, s, chunked)
			send(t, s, []byte(chunk(some)+"0\r\n\r\n"))
			p.gate.come()
			reset(s)
		}}, 0},
		{clientRow{row{"closes while it waits", []string{"read", "meet:GATE", "write:1000"}, nil, clientGone, false}, func(t *testing.T, p *play, s socket) {
			sendHTTP(t, s, chunked)
			send(t, s, []byte(chunk(some)+"0\r\n\r\n"))
			p.gate.come()
			s.Close()
		}}, 0},
		{clientRow{row{"resets in mid-answer", []string{"READ", "write:30000000"}, nil, clientGone, true}, func(t *testing.T, p *play, s socket) {
			sendHTTP(t, s, chunked)
			send(t, s, []byte(chunk(some)+"0\r\n\r\n"))
			if _, err := io.ReadFull(s, make([]byte, 1000)); err != nil {
				t.Error(err)
			}
			reset(s)
		}}, 200},
		{clientRow{row{"doesn't read", []string{"READ", "write:30000000"}, idle, clientSilent, true}, func(t *testing.T, p *play, s socket) {
			sendHTTP(t, s, chunked)
			send(t, s, []byte(chunk(some)+"0\r\n\r\n"))
		}}, 200},
		{clientRow{row{"stops in mid-input", []string{"read"}, idle, clientSilent, false}, func(t *testing.T, p *play, s socket) {
			sendHTTP(t, s, head)
			send(t, s, some)
			got, err := hear(t, bufio.NewReader(s), "POST")
			got.says(t, err, 408, "-idle-timeout")
		}}, 408},
		{clientRow{row{"stops in mid-chunk", []string{"read"}, idle, clientSilent, false}, func(t *testing.T, p *play, s socket) {
			sendHTTP(t, s, chunked)
			send(t, s, []byte(chunk(some)[:1000]))
			got, err := hear(t, bufio.NewReader(s), "POST")
			got.says(t, err, 408, "-idle-timeout")
		}}, 408},
		{clientRow{row{"sends a byte now and then", []string{"read"}, timeLimit, filterTimeout, false}, func(t *testing.T, p *play, s socket) {
			sendHTTP(t, s, chunked)
			go func() {
				for {
					if _, err := s.Write([]byte("1\r\nx\r\n")); err != nil {
						return
					}
					time.Sleep(short / 50)
				}
			}()
			got, err := hear(t, bufio.NewReader(s), "POST")
			got.says(t, err, 504, "-timeout")
			s.Close()
		}}, 504},
		{clientRow{row{"sends a chunk without a size", []string{"read"}, nil, badRequest, false}, func(t *testing.T, p *play, s socket) {
			sendHTTP(t, s, chunked+"x\n")
			got, err := hear(t, bufio.NewReader(s), "POST")
			got.says(t, err, 400, "not HTTP")
		}}, 400},
		{clientRow{row{"sends nothing", waits, nil, badRequest, false}, func(t *testing.T, p *play, s socket) {
			sendHTTP(t, s, postHead+"\n")
			got, err := hear(t, bufio.NewReader(s), "POST")
			got.says(t, err, 400, "no input")
		}}, 400},
	} {
		r := test.row
		set := r.set
		r.set = func(s *Server) {
			s.Listen = []Addr{{"http", "127.0.0.1:0"}}
			if set != nil {
				set(s)
			}
		}
		everyRow(t, []row{r}, func(t *testing.T, p *play) {
			test.behave(t, p, connect(t, p.server.addr))
			got := p.server.verdict(p.verdict)
			want := strconv.Itoa(test.code)
			if test.code == 0 {
				want = ""
			}
			if got["http"] != want {
				t.Errorf("http: want %q, got %v", want, got)
			}
		})
	}
}

// A client that sends more than is taken is told so while it sends, and hears it.
func TestHTTPTooLarge(t *testing.T) {
	for name, body := range map[string]io.Reader{
		"with a length": bytes.NewReader(noise(20_000_000)),
		"in chunks":     io.MultiReader(bytes.NewReader(noise(20_000_000))),
	} {
		t.Run(name, func(t *testing.T) {
			s := overHTTP("read")
			s.MaxInput = 1_000_000
			server := start(t, s)
			got, err := post(t, server.addr, body, nil)
			got.says(t, err, 413, "-max-input")
			server.verdict(clientLarge)
			server.stop()
			_ = server.wait()
		})
	}
}

// What is known to be too large isn't even asked for.
func TestHTTPTooLargeByLength(t *testing.T) {
	s := overHTTP("copy")
	s.MaxInput = 9
	server := start(t, s)
	c := connect(t, server.addr)
	sendHTTP(t, c, postHead+"Content-Length: 10\nExpect: 100-continue\n\n")
	got, err := hear(t, bufio.NewReader(c), "POST")
	got.says(t, err, 413, "-max-input")
	if r := server.verdict(clientLarge); r["status"] != "" {
		t.Errorf("want no filter, got %v", r)
	}
}

func TestHTTPKeepAlive(t *testing.T) {
	server := start(t, overHTTP("obey"))
	c := connect(t, server.addr)
	in := bufio.NewReader(c)
	for i, test := range []struct {
		steps string
		code  int
		body  string
	}{
		{"copy", 200, "input"}, {"say:bad read exit:1", 422, "bad\n"}, {"copy", 200, "input"}, {"read", 500, "the filter gave no answer\n"},
		{"read kill", 500, "the filter failed: killed by signal 9 (killed)\n"}, {"copy", 200, "input"},
	} {
		input := test.steps + "\ninput"
		send(t, c, []byte(fmt.Sprintf("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s", len(input), input)))
		got, err := hear(t, in, "POST")
		got.want(t, err, test.code, []byte(test.body))
		if got.closes {
			t.Errorf("request %d: the connection isn't kept", i)
		}
		<-server.records
	}
}

// A request that waits to be asked for its body is asked once it has a filter.
func TestHTTPContinue(t *testing.T) {
	meeting := newMeeting(t)
	s := overHTTP("read", "meet:"+meeting.String(), "write:10")
	s.Max = 1
	server := start(t, s)
	first, second := connect(t, server.addr), connect(t, server.addr)
	sendHTTP(t, first, postHead+"Content-Length: 1\n\nx")
	filter := meeting.come()
	sendHTTP(t, second, postHead+"Content-Length: 1\nExpect: 100-continue\n\n")
	_ = second.SetReadDeadline(time.Now().Add(short))
	if _, err := second.Read(make([]byte, 1)); !isTimeout(err) {
		t.Errorf("want silence while there is no filter, got %v", err)
	}
	_ = second.SetReadDeadline(time.Now().Add(patience))
	filter.Close()
	in := bufio.NewReader(second)
	if line, err := in.ReadString('\n'); line != "HTTP/1.1 100 Continue\r\n" {
		t.Fatalf("want 100, got %q and %v", line, err)
	}
	_, _ = in.ReadString('\n')
	send(t, second, []byte("x"))
	meeting.come().Close()
	got, err := hear(t, in, "POST")
	got.want(t, err, 200, written(10))
	server.verdict(whole)
	server.verdict(whole)
}

func TestHTTPQueue(t *testing.T) {
	meeting := newMeeting(t)
	s := overHTTP("read", "meet:"+meeting.String(), "write:10")
	s.Max, s.Queue = 1, 0
	server := start(t, s)
	c := connect(t, server.addr)
	sendHTTP(t, c, postHead+"Content-Length: 1\n\nx")
	filter := meeting.come()
	got, err := post(t, server.addr, bytes.NewReader(noise(10)), nil)
	got.says(t, err, 503, "the queue is full")
	server.verdict(busy)
	filter.Close()
	got, err = hear(t, bufio.NewReader(c), "POST")
	got.want(t, err, 200, written(10))
	server.verdict(whole)
}

func TestHTTPGoneWhileQueued(t *testing.T) {
	for name, leave := range map[string]func(socket){"reset": reset, "body read": func(s socket) { s.Close() }} {
		t.Run(name, func(t *testing.T) {
			meeting := newMeeting(t)
			s := overHTTP("read", "meet:"+meeting.String(), "write:10")
			s.Max, s.AllowEmpty = 1, true
			server := start(t, s)
			first, second := connect(t, server.addr), connect(t, server.addr)
			sendHTTP(t, first, postHead+"Content-Length: 1\n\nx")
			filter := meeting.come()
			length := 5
			if name == "body read" {
				length = 0
			}
			sendHTTP(t, second, fmt.Sprintf("%sContent-Length: %d\n\n", postHead, length))
			leave(second)
			if r := server.verdict(clientGone); r["status"] != "" {
				t.Errorf("want no filter, got %v", r)
			}
			filter.Close()
			server.verdict(whole)
		})
	}
}

func TestHTTPMaxPerSource(t *testing.T) {
	s := overHTTP("copy")
	s.MaxPerSource = 1
	server := start(t, s)
	first := connect(t, server.addr)
	sendHTTP(t, first, postHead+"Content-Length: 5\nExpect: 100-continue\n\n")
	in := bufio.NewReader(first)
	if _, err := in.Peek(1); err != nil {
		t.Fatal(err)
	}
	second := connect(t, server.addr)
	turnedAway(t, server.addr) // the third is one that isn't even told
	server.verdict(busy)
	sendHTTP(t, second, postHead+"Content-Length: 5\n\nhello")
	got, err := hear(t, bufio.NewReader(second), "POST")
	got.says(t, err, 429, "-max-per-source")
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
	s := overHTTP("copy")
	s.Allow = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	server := start(t, s)
	turnedAway(t, server.addr)
	server.verdict(refused)
}

// All listeners of a server have the same filters and the same limits.
func TestHTTPBesideRaw(t *testing.T) {
	meeting := newMeeting(t)
	s := quick("read", "meet:"+meeting.String(), "write:10")
	s.Listen = []Addr{{"tcp", "127.0.0.1:0"}, {"http", "127.0.0.1:0"}, {"http", "127.0.0.1:0"}, {"unix", t.TempDir() + "/socket"}}
	s.Max, s.Queue = 1, 0
	server := start(t, s)
	c := connect(t, server.addrs[0])
	send(t, c, noise(10))
	_ = c.CloseWrite()
	filter := meeting.come()
	for _, at := range server.addrs[1:3] {
		got, err := post(t, at, bytes.NewReader(noise(10)), nil)
		got.says(t, err, 503, "the queue is full")
		server.verdict(busy)
	}
	filter.Close()
	answer, err := io.ReadAll(c)
	wantWhole(t, answer, err, written(10))
	server.verdict(whole)
	go func() { meeting.come().Close() }()
	got, err := post(t, server.addrs[2], bytes.NewReader(noise(10)), nil)
	got.want(t, err, 200, written(10))
	server.verdict(whole)
}

func TestHTTPDrain(t *testing.T) {
	meeting := newMeeting(t)
	server := start(t, overHTTP("read", "meet:"+meeting.String(), "write:10"))
	fresh, asks, posts, working := connect(t, server.addr), connect(t, server.addr), connect(t, server.addr), connect(t, server.addr)
	for _, c := range []socket{asks, posts} {
		sendHTTP(t, c, "GET /healthz HTTP/1.1\nHost: localhost\n\n")
		got, err := hear(t, bufio.NewReader(c), "GET")
		got.says(t, err, 200, "ready")
	}
	sendHTTP(t, working, postHead+"Content-Length: 1\n\nx")
	filter := meeting.come()
	server.stop()
	for c, err := net.Dial("tcp", server.addr.Address); err == nil; c, err = net.Dial("tcp", server.addr.Address) {
		c.Close() // until nobody listens any more
	}
	sendHTTP(t, asks, "GET /healthz HTTP/1.1\nHost: localhost\n\n")
	got, err := hear(t, bufio.NewReader(asks), "GET")
	got.says(t, err, 503, "draining")
	sendHTTP(t, posts, postHead+"Content-Length: 1\n\nx")
	got, err = hear(t, bufio.NewReader(posts), "POST")
	got.says(t, err, 503, "is being stopped")
	server.verdict(busy)
	filter.Close()
	got, err = hear(t, bufio.NewReader(working), "POST")
	got.want(t, err, 200, written(10))
	if !got.closes {
		t.Error("want Connection: close while it drains")
	}
	server.verdict(whole)
	if _, err := fresh.Read(make([]byte, 1)); err != io.EOF && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("want the connection closed, got %v", err)
	}
	if err := server.wait(); err != nil {
		t.Errorf("Serve: want nil, got %v", err)
	}
}

func TestHTTPRoutes(t *testing.T) {
	server := start(t, overHTTP("copy"))
	for _, test := range []struct {
		method, path string
		header       string
		code         int
		want         string // a header of the response
	}{
		{"GET", "/", "", 200, "Content-Type: text/html; charset=utf-8"},
		{"HEAD", "/", "", 200, "Content-Type: text/html; charset=utf-8"},
		{"GET", "/page.js", "", 200, "Content-Type: text/javascript; charset=utf-8"},
		{"GET", "/page.css", "", 200, "Content-Type: text/css; charset=utf-8"},
		{"GET", "/healthz", "", 200, "Cache-Control: no-store"},
		{"HEAD", "/healthz", "", 200, "X-Content-Type-Options: nosniff"},
		{"GET", "/no-such", "", 404, "X-Content-Type-Options: nosniff"},
		{"POST", "/no-such", "", 404, ""},
		{"PUT", "/", "", 405, "Allow: GET, HEAD, POST"},
		{"DELETE", "/healthz", "", 405, "Allow: GET, HEAD"},
		{"OPTIONS", "/", "", 405, "Allow: GET, HEAD, POST"},
		{"POST", "/", "Content-Type: multipart/form-data; boundary=x", 415, "Accept-Encoding: identity"},
		{"POST", "/", "Content-Encoding: gzip", 415, "Accept-Encoding: identity"},
		{"POST", "/", "Content-Encoding: identity", 200, "Content-Type: application/octet-stream"},
		{"POST", "/?a=b", "Content-Type: application/x-www-form-urlencoded", 200, "X-Content-Type-Options: nosniff"},
	} {
		t.Run(test.method+" "+test.path+" "+test.header, func(t *testing.T) {
			c := connect(t, server.addr)
			text := fmt.Sprintf("%s %s HTTP/1.1\nHost: localhost\n", test.method, test.path)
			if test.header != "" {
				text += test.header + "\n"
			}
			if test.method == "POST" {
				text += "Content-Length: 5\n\nhello"
			} else {
				text += "\n"
			}
			sendHTTP(t, c, text)
			got, err := hear(t, bufio.NewReader(c), test.method)
			if err != nil || got.code != test.code {
				t.Fatalf("want %d, got %d, %q and %v", test.code, got.code, got.body, err)
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

// An answer is a picture to a browser, or nothing that it would look into.
func TestHTTPMediaType(t *testing.T) {
	server := start(t, overHTTP("copy"))
	for input, want := range map[string]string{
		"\xff\xd8\xff\xe0": "image/jpeg",
		"<html><script>":   "application/octet-stream",
		"<svg xmlns=":      "application/octet-stream",
		"text":             "application/octet-stream",
	} {
		got, err := post(t, server.addr, strings.NewReader(input), nil)
		got.want(t, err, 200, []byte(input))
		if kind := got.header.Get("Content-Type"); kind != want {
			t.Errorf("%q: want %s, got %s", input, want, kind)
		}
	}
}

func TestHTTPCrossOrigin(t *testing.T) {
	server := start(t, overHTTP("copy"))
	_, port, _ := net.SplitHostPort(server.addr.Address)
	for _, test := range []struct {
		host, origin, site string
		code               int
	}{
		{"localhost", "", "", 200},
		{"localhost", "http://localhost", "same-origin", 200},
		{"localhost", "http://localhost", "", 200},
		{"gray.localhost", "http://gray.localhost", "", 200},
		{"[::1]", "http://[::1]", "", 200},
		{"127.0.0.1", "http://127.0.0.1", "", 200},
		{"localhost", "", "none", 200},
		{"gray.example.org", "", "", 200},                                    // not a browser: a proxy, say
		{"gray.example.org", "https://gray.example.org", "same-origin", 200}, // a proxy that has TLS
		{"localhost", "http://example.org", "", 403},                         // an old browser
		{"localhost", "http://example.org", "cross-site", 403},               //
		{"localhost", "null", "", 403},                                       // a sandboxed frame
		{"localhost", "http://localhost.example.org", "same-site", 403},      //
		{"attacker.example.org", "http://attacker.example.org", "", 403},     // DNS rebinding
		{"127.0.0.1.example.org", "http://127.0.0.1.example.org", "", 403},   //
		{"localhost.example.org.", "http://localhost.example.org.", "", 403}, //
	} {
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
		if err != nil || got.code != test.code {
			t.Errorf("%v: got %d and %v", test, got.code, err)
		}
		if r := <-server.records; test.code == 403 && r["verdict"] != string(refused) {
			t.Errorf("%v: got %v", test, r)
		}
	}
}

// What isn't HTTP, or would be read in two ways, is answered and closed, and never
// reaches a filter.
func TestHTTPHostileBytes(t *testing.T) {
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
		{"an expectation", postHead + "Expect: a miracle\nContent-Length: 5\n\nhello", "417"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := connect(t, server.addr)
			sendHTTP(t, c, test.text)
			b, err := io.ReadAll(c)
			if !strings.HasPrefix(string(b), "HTTP/1.1 "+test.code+" ") || strings.Count(string(b), "HTTP/1.1") != 1 {
				t.Errorf("want one response, %s, and the end, got %q and %v", test.code, b, err)
			}
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

// What is left of a body is never taken for the next request.
func TestHTTPSmuggling(t *testing.T) {
	hidden := "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx"
	body := strings.Repeat("x", 500_000) + hidden
	for name, text := range map[string]string{
		"with a length": fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body),
		"in chunks":     fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s", len(body)+10, body),
	} {
		t.Run(name, func(t *testing.T) {
			server := start(t, overHTTP("read:1", "exit:1"))
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
	s := overHTTP("copy")
	s.IdleTimeout = short
	server := start(t, s)
	for name, text := range map[string]string{"nothing": "", "half a head": postHead, "between two": "GET /healthz HTTP/1.1\nHost: localhost\n\n"} {
		c := connect(t, server.addr)
		sendHTTP(t, c, text)
		if _, err := io.Copy(io.Discard, c); isTimeout(err) {
			t.Errorf("%s: the connection stays", name)
		}
	}
}

func TestHTTPNoHold(t *testing.T) {
	for _, test := range []struct {
		name, last string
		verdict    verdict
		broken     bool
	}{
		{"exits 0", "exit:0", whole, false},
		{"exits 3", "exit:3", filterFailed, true},
		{"is killed", "kill", filterFailed, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			meeting := newMeeting(t)
			s := overHTTP("write:1000", "read", "meet:"+meeting.String(), test.last)
			s.NoHold = true
			server := start(t, s)
			c := connect(t, server.addr)
			sendHTTP(t, c, postHead+"Transfer-Encoding: chunked\n\n5\nhello\n")
			response, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: "POST"})
			if err != nil || response.StatusCode != 200 {
				t.Fatalf("want 200, got %v and %v", response, err)
			}
			if _, err := io.ReadFull(response.Body, make([]byte, 1000)); err != nil {
				t.Errorf("the answer doesn't come while the filter runs: %v", err)
			}
			sendHTTP(t, c, "0\n\n")
			meeting.come().Close()
			if _, err := response.Body.Read(make([]byte, 1)); (err != io.EOF) != test.broken {
				t.Errorf("want broken %t, got %v", test.broken, err)
			}
			if r := server.verdict(test.verdict); r["http"] != "200" {
				t.Errorf("want status 200 in the log, got %v", r)
			}
		})
	}
	t.Run("fails before it answers", func(t *testing.T) {
		s := overHTTP("read", "say:bad", "exit:3")
		s.NoHold = true
		got, err := post(t, start(t, s).addr, strings.NewReader("x"), nil)
		got.says(t, err, 422, "bad")
	})
	t.Run("HTTP/1.0", func(t *testing.T) {
		s := overHTTP("copy")
		s.NoHold = true
		c := connect(t, start(t, s).addr)
		sendHTTP(t, c, "POST / HTTP/1.0\nContent-Length: 1\n\nx")
		got, err := hear(t, bufio.NewReader(c), "POST")
		got.says(t, err, 505, "-no-hold")
	})
}

func TestHTTPTwoHops(t *testing.T) {
	input := noise(2_000_000)
	for _, test := range []struct {
		name          string
		first, second []string
		code          int
		body          string // of a failure
		verdicts      [2]verdict
	}{
		{"whole", []string{"copy"}, []string{"copy"}, 200, "", [2]verdict{whole, whole}},
		{"the first fails", []string{"read", "write:100000", "say:no", "exit:3"}, []string{"copy"}, 422, "no", [2]verdict{filterFailed, clientGone}},
		{"the second refuses", []string{"copy"}, []string{"read", "say:bad", "exit:1"}, 422, "bad", [2]verdict{nextFailed, filterFailed}},
		{"the second is killed", []string{"copy"}, []string{"read", "kill"}, 502, "next hop", [2]verdict{nextFailed, filterFailed}},
		{"the second says nothing", []string{"copy"}, []string{"read"}, 502, "next hop", [2]verdict{nextFailed, noAnswer}},
	} {
		t.Run(test.name, func(t *testing.T) {
			second := start(t, overHTTP(test.second...))
			s := overHTTP(test.first...)
			s.Next = second.addr
			first := start(t, s)
			client := browse(t)
			for range 3 {
				got, err := postBy(t, client, first.addr, bytes.NewReader(input), nil)
				if test.code == 200 {
					got.want(t, err, 200, input)
				} else {
					got.says(t, err, test.code, test.body)
				}
				first.verdict(test.verdicts[0])
				second.verdict(test.verdicts[1])
			}
		})
	}
	t.Run("a full one", func(t *testing.T) {
		meeting := newMeeting(t)
		s := overHTTP("read", "meet:"+meeting.String(), "write:10")
		s.Max, s.Queue = 1, 0
		second := start(t, s)
		c := connect(t, second.addr)
		sendHTTP(t, c, postHead+"Content-Length: 1\n\nx")
		filter := meeting.come()
		s = overHTTP("copy")
		s.Next = second.addr
		got, err := post(t, start(t, s).addr, strings.NewReader("x"), nil)
		got.says(t, err, 503, "the queue is full")
		filter.Close()
	})
	t.Run("none", func(t *testing.T) {
		s := overHTTP("copy")
		s.Next, s.DialTimeout = Addr{"http", closedPort(t).Address}, short
		got, err := post(t, start(t, s).addr, strings.NewReader("x"), nil)
		got.says(t, err, 502, "the next hop failed")
	})
}

// Whatever an HTTP next hop does, a raw client gets all of the answer or a reset.
func TestHTTPChaosNextHops(t *testing.T) {
	for _, test := range answers {
		t.Run(test.name, func(t *testing.T) {
			next := httpHop(t, func(_ int, s socket, r *http.Request) bool { test.behave(s, r); return false })
			s := quick("read", "write:3000000")
			s.Next = next.addr()
			server := start(t, s)
			answer, err := ask(t, server.addr, noise(1000))
			if test.want == "" {
				wantWhole(t, answer, err, []byte(test.answer))
				server.verdict(whole)
				return
			}
			wantReset(t, answer, err)
			if r := server.verdict(nextFailed); !strings.Contains(r["err"], "next hop: ") {
				t.Errorf("err: got %v", r)
			}
		})
	}
}

func TestHTTPWithCurl(t *testing.T) {
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Skip("no curl")
	}
	server := start(t, overHTTP("obey"))
	for _, test := range []struct {
		input string
		args  []string
		out   string
		exit  int
	}{
		{"copy\nhello", nil, "hello", 0},
		{"copy\nhello", []string{"-H", "Transfer-Encoding: chunked"}, "hello", 0},
		{"copy\nhello", []string{"-H", "Expect: 100-continue"}, "hello", 0},
		{"copy\nhello", []string{"--http1.0"}, "hello", 0},
		{"say:bad read exit:1\nhello", []string{"--fail-with-body"}, "bad\n", 22},
		{"say:bad read exit:1\nhello", []string{"--fail"}, "", 22},
		{"say:bad read exit:1\nhello", nil, "bad\n", 0},
	} {
		cmd := exec.Command(curl, append(test.args, "-sS", "--data-binary", "@-", server.addr.String())...)
		cmd.Stdin = strings.NewReader(test.input)
		out, _ := cmd.Output()
		if string(out) != test.out || cmd.ProcessState.ExitCode() != test.exit {
			t.Errorf("curl %q: want %q and exit %d, got %q and %v", test.args, test.out, test.exit, out, cmd.ProcessState)
		}
	}
}

// A worker's statuses are a filter's.
func TestHTTPWorker(t *testing.T) {
	s := quickWorkers()
	s.Listen = []Addr{{"http", "127.0.0.1:0"}}
	server := start(t, s)
	client := browse(t)
	for _, test := range []struct {
		steps string
		code  int
		body  string
	}{
		{"copy", 200, "input"}, {"read exit:1", 422, "status 1"}, {"copy", 200, "input"}, {"read write:10 die:0", 500, "ended before its answer did"},
		{"copy", 200, "input"},
	} {
		got, err := postBy(t, client, server.addr, strings.NewReader(test.steps+"\ninput"), nil)
		if test.code == 200 {
			got.want(t, err, 200, []byte(test.body))
		} else {
			got.says(t, err, test.code, test.body)
		}
		<-server.records
	}
}
