package netpipe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/httpport"
	"imgpipe/netpipe/internal/pipetest"
	"imgpipe/netpipe/statusport"
)

// withStatus gives a server a status port, on a unix socket whose name is short enough.
func withStatus(t *testing.T, s *Server) *Server {
	t.Helper()
	dir, err := os.MkdirTemp("", "status")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	s.Status = Addr{Network: "unix", Address: filepath.Join(dir, "s")}
	return s
}

// asked returns the status code and the text of a path of the status port.
func asked(t *testing.T, at Addr, path string) string {
	t.Helper()
	client := http.Client{Timeout: pipetest.Patience, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, at.Transport(), at.Address)
		},
	}}
	response, err := client.Get("http://status" + path)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d %s", response.StatusCode, strings.TrimSpace(string(text)))
}

// wantAsked checks what the status port says.
func wantAsked(t *testing.T, at Addr, path, want string) {
	t.Helper()
	if got := asked(t, at, path); got != want {
		t.Errorf("%s: want %q, got %q", path, want, got)
	}
}

func TestStatusPort(t *testing.T) {
	pipetest.Parallel(t)
	s := withStatus(t, quick("copy"))
	s.Metrics = http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { httpport.Say(rw, http.StatusOK, "metrics") })
	server := start(t, s)
	at := server.server.Status
	wantAsked(t, at, "/healthz", "200 alive")
	wantAsked(t, at, "/readyz", "200 ready")
	wantAsked(t, at, "/metrics", "200 metrics")
	wantAsked(t, at, "/", "404 404 page not found")
	server.stop()
	if err := server.wait(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(at.Address); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is still there (%v)", err)
	}
}

// Over TCP a response of the status port ends with a FIN, and Addrs has the port. A
// connection is for one request.
func TestStatusPortOfTCP(t *testing.T) {
	pipetest.Parallel(t)
	s := quick("copy")
	s.Status = Addr{Network: "tcp", Address: "127.0.0.1:0"}
	start(t, s)
	addrs := s.Addrs()
	at := Addr{Network: "tcp", Address: addrs[len(addrs)-1].String()}
	c := connect(t, at)
	send(t, c, []byte("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"))
	answer, err := io.ReadAll(c)
	if err != nil || !strings.Contains(string(answer), "\r\nConnection: close\r\n") || !strings.HasSuffix(string(answer), "\r\n\r\nalive\n") {
		t.Errorf("want the response and FIN, got %q and %v", answer, err)
	}
}

// A server without a filter that is ready is alive.
func TestStatusWithoutFilter(t *testing.T) {
	pipetest.Parallel(t)
	s := withStatus(t, quick("say:no memory", "exit:3"))
	server := start(t, s)
	eventuallyAsked(t, s.Status, "/readyz", func(got string) bool {
		return strings.HasPrefix(got, "503 no filter is ready: ") && strings.HasSuffix(got, "exit status 3: no memory")
	})
	wantAsked(t, server.server.Status, "/healthz", "200 alive")
}

// eventuallyAsked waits until the status port says what is wanted.
func eventuallyAsked(t *testing.T, at Addr, path string, wanted func(string) bool) {
	t.Helper()
	pipetest.Eventually(t, func() error {
		if got := asked(t, at, path); !wanted(got) {
			return fmt.Errorf("%s never came to be what it should, last: %q", path, got)
		}
		return nil
	})
}

func TestStatusOfFullQueue(t *testing.T) {
	pipetest.Parallel(t)
	meeting := pipetest.NewMeeting(t)
	s := withStatus(t, quick("read", "meet:"+meeting.String(), "write:10"))
	s.Max, s.Queue = 1, 1
	server := start(t, s)
	clients := []fdio.Socket{connect(t, server.addr), connect(t, server.addr)}
	for _, c := range clients {
		send(t, c, pipetest.Noise(10))
		_ = c.CloseWrite()
	}
	filter := meeting.Come()
	eventuallyAsked(t, s.Status, "/readyz", func(got string) bool { return got == "503 the queue is full" })
	if got := s.Stats(); got.Bound != 1 || got.Queued != 1 || got.Connections != 2 {
		t.Errorf("want 1 bound, 1 queued, 2 connections, got %+v", got)
	}
	filter.Close()
	meeting.Come().Close()
	for _, c := range clients {
		answer, err := io.ReadAll(c)
		wantWhole(t, answer, err, pipetest.Written(10))
		server.verdict(whole)
	}
	wantAsked(t, s.Status, "/readyz", "200 ready")
}

// After Retire connections are accepted, and all health checks say that they should not
// come. The status port closes when the last connection is over.
func TestRetire(t *testing.T) {
	pipetest.Parallel(t)
	meeting := pipetest.NewMeeting(t)
	s := withStatus(t, overHTTP("read", "meet:"+meeting.String(), "write:10"))
	s.Listen = append(s.Listen, Addr{Network: "tcp", Address: "127.0.0.1:0"})
	server := start(t, s)
	wantAsked(t, server.addr, "/healthz", "200 ready")
	s.Retire()
	wantAsked(t, s.Status, "/readyz", "503 netpipe is being stopped")
	wantAsked(t, server.addr, "/healthz", "503 draining")

	c := connect(t, server.addrs[1])
	send(t, c, pipetest.Noise(10))
	_ = c.CloseWrite()
	filter := meeting.Come()
	server.stop()
	waitRefused(t, server.addrs[1])
	wantAsked(t, s.Status, "/readyz", "503 netpipe is being stopped")
	wantAsked(t, s.Status, "/healthz", "200 alive")
	filter.Close()
	answer, err := io.ReadAll(c)
	wantWhole(t, answer, err, pipetest.Written(10))
	if err := server.wait(); err != nil {
		t.Error(err)
	}
	if _, err := net.Dial("unix", s.Status.Address); err == nil {
		t.Error("the status port is still open")
	}
}

// Connections to the status port are few, and keep no health check out: the oldest ones
// that are silent give way.
func TestStatusConnectionsAreBounded(t *testing.T) {
	pipetest.Parallel(t)
	s := withStatus(t, quick("copy"))
	asking, goOn := make(chan bool), make(chan bool)
	s.Metrics = http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		asking <- true
		<-goOn
		httpport.Say(rw, http.StatusOK, "metrics")
	})
	start(t, s)
	const head, rest = "GET /metrics HTTP/1.0\r\n", "\r\n"
	scrape := func() fdio.Socket {
		c := connect(t, s.Status)
		send(t, c, []byte(head+rest))
		<-asking
		return c
	}
	wantEnd := func(what string, c fdio.Socket) {
		t.Helper()
		if n, err := c.Read(make([]byte, 1)); n > 0 || fdio.IsTimeout(err) {
			t.Errorf("%s: want its end, got %d bytes and %v", what, n, err)
		}
	}
	wantAnswer := func(what string, c fdio.Socket) {
		t.Helper()
		if answer, err := io.ReadAll(c); err != nil || !strings.HasSuffix(string(answer), "metrics\n") {
			t.Errorf("%s: want its answer, got %q and %v", what, answer, err)
		}
	}

	first := scrape()
	var silent []fdio.Socket
	for i := range 2 * statusport.MaxConns {
		c := connect(t, s.Status)
		send(t, c, []byte(head[:i%len(head)]))
		silent = append(silent, c)
	}
	wantAsked(t, s.Status, "/healthz", "200 alive")
	wantEnd("the oldest silent connection", silent[0])
	goOn <- true
	wantAnswer("the first connection, whose request had come", first)
	last := silent[len(silent)-1]
	send(t, last, []byte(head[(len(silent)-1)%len(head):]+rest))
	<-asking
	goOn <- true
	wantAnswer("the youngest silent connection", last)

	var busy []fdio.Socket
	for range statusport.MaxConns {
		busy = append(busy, scrape())
	}
	wantAsked(t, s.Status, "/healthz", "200 alive")
	wantEnd("the oldest of those whose answers take long", busy[0])
	for range busy {
		goOn <- true
	}
	wantAnswer("the second oldest", busy[1])
}

func TestStatusRefusesToStart(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, at := range []Addr{
		{Network: "tcp", Address: taken.Addr().String()},
		{Network: "tls", Address: "127.0.0.1:0"},
		{Network: "tcp", Address: "systemd:status"},
	} {
		s := quick("copy")
		s.Status = at
		if err := s.Serve(t.Context()); err == nil || !strings.Contains(err.Error(), "status port") {
			t.Errorf("%v: want an error of the status port, got %v", at, err)
		}
	}
}

// What is observed are the numbers of the log record.
func TestObserve(t *testing.T) {
	pipetest.Parallel(t)
	observed := make(chan Result, 10)
	s := quick("read", "write:10")
	s.Observe = func(r Result) { observed <- r }
	server := start(t, s)
	answer, err := ask(t, server.addr, pipetest.Noise(100))
	wantWhole(t, answer, err, pipetest.Written(10))
	record, got := server.verdict(whole), <-observed
	is := fmt.Sprintf("%v in:%v out:%v queued:%v filter:%v total:%v", got.Verdict, got.In, got.Out, got.Queued, got.Filter, got.Total)
	want := fmt.Sprintf("whole in:%v out:%v queued:%v filter:%v total:%v", record["in"], record["out"], record["queued"], record["filter"], record["total"])
	if is != want || !got.HasFilter || got.HasNext {
		t.Errorf("want the numbers of %v, got %+v", record, got)
	}
}
