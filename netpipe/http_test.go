package netpipe

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/pipetest"
)

// overHTTP returns a server like those of quick, with an HTTP listener.
func overHTTP(steps ...string) *Server {
	s := quick(steps...)
	s.Listen = []Addr{{Network: "http", Address: "127.0.0.1:0"}}
	return s
}

// An httpAnswer is a response that came whole.
type httpAnswer struct {
	code   int
	body   []byte
	header http.Header
	closes bool
}

// browse returns an HTTP client for one test.
func browse(t *testing.T) *http.Client {
	t.Helper()
	pipetest.LeavesNothing(t)
	transport := &http.Transport{DisableCompression: true, ExpectContinueTimeout: pipetest.Patience, TLSClientConfig: clientConfig().Clone()}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: pipetest.Patience}
}

// post sends a request; set may change it.
func post(t *testing.T, at Addr, body io.Reader, set func(*http.Request)) (httpAnswer, error) {
	t.Helper()
	return postBy(t, browse(t), at, body, set)
}

func postBy(t *testing.T, client *http.Client, at Addr, body io.Reader, set func(*http.Request)) (httpAnswer, error) {
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
		return httpAnswer{}, err
	}
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	return httpAnswer{response.StatusCode, got, response.Header, response.Close}, err
}

func (r httpAnswer) want(t *testing.T, err error, code int, body []byte) {
	t.Helper()
	if err != nil || r.code != code || !bytes.Equal(r.body, body) {
		t.Errorf("want status %d and %d bytes, got %d, %d bytes (%.80q) and %v", code, len(body), r.code, len(r.body), r.body, err)
	}
}

func (r httpAnswer) says(t *testing.T, err error, code int, text string) {
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

// sendHTTP sends text with HTTP's line ends.
func sendHTTP(t *testing.T, s fdio.Socket, text string) {
	t.Helper()
	send(t, s, []byte(strings.ReplaceAll(text, "\n", "\r\n")))
}

const postHead = "POST / HTTP/1.1\nHost: localhost\n"

// hear reads the response to a request by method. A body that is cut off is an error.
func hear(t *testing.T, in *bufio.Reader, method string) (httpAnswer, error) {
	t.Helper()
	response, err := http.ReadResponse(in, &http.Request{Method: method})
	if err != nil {
		return httpAnswer{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return httpAnswer{response.StatusCode, body, response.Header, response.Close}, err
}

func TestHTTPKeepAlive(t *testing.T) {
	pipetest.Parallel(t)
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

// A client that waits to be asked for its body is asked when there is a filter for it.
func TestHTTPContinue(t *testing.T) {
	pipetest.Parallel(t)
	meeting := pipetest.NewMeeting(t)
	s := overHTTP("read", "meet:"+meeting.String(), "write:10")
	s.Max = 1
	server := start(t, s)
	first, second := connect(t, server.addr), connect(t, server.addr)
	sendHTTP(t, first, postHead+"Content-Length: 1\n\nx")
	filter := meeting.Come()
	sendHTTP(t, second, postHead+"Content-Length: 1\nExpect: 100-continue\n\n")
	_ = second.SetReadDeadline(time.Now().Add(short))
	if _, err := second.Read(make([]byte, 1)); !fdio.IsTimeout(err) {
		t.Errorf("want silence while there is no filter, got %v", err)
	}
	_ = second.SetReadDeadline(time.Now().Add(pipetest.Patience))
	filter.Close()
	in := bufio.NewReader(second)
	if line, err := in.ReadString('\n'); line != "HTTP/1.1 100 Continue\r\n" {
		t.Fatalf("want 100, got %q and %v", line, err)
	}
	_, _ = in.ReadString('\n')
	send(t, second, []byte("x"))
	meeting.Come().Close()
	got, err := hear(t, in, "POST")
	got.want(t, err, 200, pipetest.Written(10))
	server.verdict(whole)
	server.verdict(whole)
}

func TestHTTPQueue(t *testing.T) {
	pipetest.Parallel(t)
	meeting := pipetest.NewMeeting(t)
	s := overHTTP("read", "meet:"+meeting.String(), "write:10")
	s.Max, s.Queue = 1, 0
	server := start(t, s)
	c := connect(t, server.addr)
	sendHTTP(t, c, postHead+"Content-Length: 1\n\nx")
	filter := meeting.Come()
	got, err := post(t, server.addr, bytes.NewReader(pipetest.Noise(10)), nil)
	got.says(t, err, 503, "the queue is full")
	server.verdict(busy)
	filter.Close()
	got, err = hear(t, bufio.NewReader(c), "POST")
	got.want(t, err, 200, pipetest.Written(10))
	server.verdict(whole)
}

// All listeners of a server have the same filters and the same limits.
func TestHTTPBesideRaw(t *testing.T) {
	pipetest.Parallel(t)
	meeting := pipetest.NewMeeting(t)
	s := quick("read", "meet:"+meeting.String(), "write:10")
	s.Listen = []Addr{{Network: "tcp", Address: "127.0.0.1:0"}, {Network: "http", Address: "127.0.0.1:0"}, {Network: "http", Address: "127.0.0.1:0"}, {Network: "unix", Address: t.TempDir() + "/socket"}}
	s.Max, s.Queue = 1, 0
	server := start(t, s)
	c := connect(t, server.addrs[0])
	send(t, c, pipetest.Noise(10))
	_ = c.CloseWrite()
	filter := meeting.Come()
	for _, at := range server.addrs[1:3] {
		got, err := post(t, at, bytes.NewReader(pipetest.Noise(10)), nil)
		got.says(t, err, 503, "the queue is full")
		server.verdict(busy)
	}
	filter.Close()
	answer, err := io.ReadAll(c)
	wantWhole(t, answer, err, pipetest.Written(10))
	server.verdict(whole)
	go func() { meeting.Come().Close() }()
	got, err := post(t, server.addrs[2], bytes.NewReader(pipetest.Noise(10)), nil)
	got.want(t, err, 200, pipetest.Written(10))
	server.verdict(whole)
}

func TestHTTPDrain(t *testing.T) {
	pipetest.Parallel(t)
	meeting := pipetest.NewMeeting(t)
	server := start(t, overHTTP("read", "meet:"+meeting.String(), "write:10"))
	fresh, asks, posts, working := connect(t, server.addr), connect(t, server.addr), connect(t, server.addr), connect(t, server.addr)
	for _, c := range []fdio.Socket{asks, posts} {
		sendHTTP(t, c, "GET /healthz HTTP/1.1\nHost: localhost\n\n")
		got, err := hear(t, bufio.NewReader(c), "GET")
		got.says(t, err, 200, "ready")
	}
	sendHTTP(t, working, postHead+"Content-Length: 1\n\nx")
	filter := meeting.Come()
	server.stop()
	for c, err := net.Dial("tcp", server.addr.Address); err == nil; c, err = net.Dial("tcp", server.addr.Address) {
		c.Close() // until the server has stopped listening
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
	got.want(t, err, 200, pipetest.Written(10))
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

func TestHTTPWithCurl(t *testing.T) {
	pipetest.Parallel(t)
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

// A worker's answer statuses have the same HTTP statuses as exit statuses.
func TestHTTPWorker(t *testing.T) {
	pipetest.Parallel(t)
	s := quickWorkers()
	s.Listen = []Addr{{Network: "http", Address: "127.0.0.1:0"}}
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

// What a client is told of a filter that failed has no path and no variable of the server.
func TestHTTPSaysNoPath(t *testing.T) {
	pipetest.Parallel(t)
	s := quick()
	s.Filter = []string{"sh", "-c", `cat > /dev/null; echo "bad input in /srv/data/x.jpg, PATH is $PATH" >&2; exit 1`}
	s.Listen = []Addr{{Network: "http", Address: "127.0.0.1:0"}}
	server := start(t, s)
	got, err := post(t, server.addr, strings.NewReader("x"), nil)
	got.want(t, err, 422, []byte("bad input in x.jpg, PATH is $PATH\n"))
	if r := server.verdict(filterFailed); !strings.Contains(r["stderr"], "in /srv/data/x.jpg") {
		t.Errorf("the log: want all that it said, got %v", r)
	}
}

// A client that half-closes after its request gets the answer, as over a raw connection.
func TestHTTPHalfClose(t *testing.T) {
	pipetest.Parallel(t)
	for name, request := range map[string]string{
		"a length":         postHead + "Content-Length: 5\n\nhello",
		"chunks":           postHead + "Transfer-Encoding: chunked\n\n5\nhello\n0\n\n",
		"the last of two":  "GET /healthz HTTP/1.1\nHost: localhost\n\n" + postHead + "Content-Length: 5\n\nhello",
		"the first of two": postHead + "Content-Length: 5\n\nhello" + "GET /healthz HTTP/1.1\nHost: localhost\n\n",
		"an expectation":   postHead + "Content-Length: 5\nExpect: 100-continue\n\nhello",
	} {
		t.Run(name, func(t *testing.T) {
			pipetest.Parallel(t)
			meeting := pipetest.NewMeeting(t)
			server := start(t, overHTTP("read", "meet:"+meeting.String(), "write:1000"))
			c := connect(t, server.addr)
			sendHTTP(t, c, request)
			_ = c.CloseWrite()
			meeting.Come().Close()
			b, err := io.ReadAll(c)
			if !bytes.Contains(b, append([]byte("\r\n\r\n"), pipetest.Written(1000)...)) || err != nil {
				t.Errorf("want the answer and FIN, got %q and %v", b, err)
			}
			server.verdict(whole)
		})
	}
	t.Run("HTTP/1.0", func(t *testing.T) { // it may not be asked whether it is there
		pipetest.Parallel(t)
		server := start(t, overHTTP("read", "meet:"+pipetest.NewMeeting(t).String()))
		c := connect(t, server.addr)
		sendHTTP(t, c, "POST / HTTP/1.0\nContent-Length: 5\n\nhello")
		_ = c.CloseWrite()
		server.verdict(clientGone)
	})
}
