package netpipe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// patience is when a test gives up on an event. Nothing waits for it to pass.
const patience = 20 * time.Second

// A backstage is a running server with what a test sees of it.
type backstage struct {
	t       *testing.T
	addr    Addr // the first of
	addrs   []Addr
	records chan record // of connections, in their order
	stop    context.CancelFunc
	kill    context.CancelFunc
	ended   chan error // what Serve returned
}

// A record is what a connection's log record says.
type record map[string]string

// quick is a server whose limits are short enough to be met in a test, where
// they have to be, and whose every filter takes these steps.
func quick(steps ...string) *Server {
	s := Defaults()
	s.Listen = []Addr{{"tcp", "127.0.0.1:0"}}
	s.Pool = 1
	s.Filter = filter(steps...)
	s.Timeout, s.IdleTimeout, s.QueueTimeout, s.Drain = patience, patience, patience, patience
	return &s
}

// start runs s until the test ends, and then looks for what was left behind.
func start(t *testing.T, s *Server) *backstage {
	t.Helper()
	leavesNothing(t)
	b := &backstage{t: t, records: make(chan record, 10000), ended: make(chan error, 1)}
	listening := make(chan string, len(s.Listen))
	s.Log = slog.New(&recorder{listening: listening, records: b.records})
	var stop, kill context.Context
	stop, b.stop = context.WithCancel(context.Background())
	kill, b.kill = context.WithCancel(context.Background())
	go func() { b.ended <- s.Serve(stop, kill) }()
	for _, want := range s.Listen {
		select {
		case at := <-listening:
			b.addrs = append(b.addrs, Addr{want.Network, strings.TrimPrefix(at, "http://")})
		case err := <-b.ended:
			t.Fatalf("Serve: %v", err)
		case <-time.After(patience):
			t.Fatal("the server never listened")
		}
	}
	b.addr = b.addrs[0]
	t.Cleanup(func() {
		b.kill()
		b.stop()
		b.wait()
	})
	return b
}

// wait returns what Serve returned.
func (b *backstage) wait() error {
	b.t.Helper()
	select {
	case err := <-b.ended:
		b.ended <- err
		return err
	case <-time.After(patience):
		b.t.Fatal("Serve never returned")
		return nil
	}
}

// verdict waits for the next connection's record and checks its verdict.
func (b *backstage) verdict(want verdict) record {
	b.t.Helper()
	select {
	case r := <-b.records:
		if r["verdict"] != string(want) {
			b.t.Errorf("verdict: want %q, got %v", want, r)
		}
		return r
	case <-time.After(patience):
		b.t.Fatalf("verdict: want %q, but no connection ended", want)
		return nil
	}
}

// A recorder is a slog.Handler that hands records to a test.
type recorder struct {
	listening chan<- string
	records   chan<- record
}

func (*recorder) Enabled(context.Context, slog.Level) bool { return true }
func (r *recorder) WithAttrs([]slog.Attr) slog.Handler     { return r }
func (r *recorder) WithGroup(string) slog.Handler          { return r }

func (r *recorder) Handle(_ context.Context, sr slog.Record) error {
	rec := record{"level": sr.Level.String()}
	sr.Attrs(func(a slog.Attr) bool {
		rec[a.Key] = a.Value.String()
		return true
	})
	switch sr.Message {
	case "listening":
		r.listening <- rec["addr"]
	case "connection":
		r.records <- rec
	}
	return nil
}

// watched are the tests that leavesNothing looks after.
var watched sync.Map

// leavesNothing compares what is there after t, when all its other cleanups
// have run, with what is there now.
func leavesNothing(t *testing.T) {
	if _, again := watched.LoadOrStore(t.Name(), true); again {
		return
	}
	before := leftovers(t)
	t.Cleanup(func() {
		watched.Delete(t.Name())
		before.check(t)
	})
}

// Counts are what a server must not add to: goroutines, children of this
// process, open descriptors.
type counts struct {
	goroutines goleak.Option
	children   map[string]bool
	files      int
}

func leftovers(t *testing.T) counts {
	return counts{goleak.IgnoreCurrent(), children(t), openFiles(t)}
}

func (before counts) check(t *testing.T) {
	t.Helper()
	if err := goleak.Find(before.goroutines); err != nil {
		t.Errorf("goroutines left: %v", err)
	}
	for child := range children(t) {
		if !before.children[child] {
			t.Errorf("process left: %s", child)
		}
	}
	if n := openFiles(t); n > before.files {
		t.Errorf("%d open files, %d before: %v", n, before.files, fileNames())
	}
}

// children are the processes whose parent this one is, zombies included.
func children(t *testing.T) map[string]bool { return childrenOf(t, os.Getpid(), "") }

// childrenOf are those of pid that are in a state, "Z" for example.
func childrenOf(t *testing.T, pid int, in string) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range stats {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // it ended
		}
		head, rest, _ := strings.Cut(string(text), ") ")
		var state string
		var parent int
		if _, err := fmt.Sscan(rest, &state, &parent); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if parent == pid && (in == "" || in == state) {
			found[head+") "+state] = true
		}
	}
	return found
}

func openFiles(t *testing.T) int { return len(fileNames()) }

func fileNames() []string {
	var names []string
	links, _ := filepath.Glob("/proc/self/fd/*")
	for _, link := range links {
		if to, err := os.Readlink(link); err == nil && !strings.Contains(to, "/proc/") {
			names = append(names, to)
		}
	}
	return names
}

// connect opens a connection to at.
func connect(t *testing.T, at Addr) socket {
	t.Helper()
	// A reset that gets lost on the way is found by the first probe.
	conn, err := (&net.Dialer{KeepAlive: time.Second}).Dial(at.transport(), at.Address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return conn.(socket)
}

// ask sends input, half-closes, and reads the answer to its end: a nil error is
// a FIN. What a write was told of a reset, the reader isn't told again.
func ask(t *testing.T, at Addr, input []byte) (answer []byte, err error) {
	t.Helper()
	s := connect(t, at)
	defer s.Close()
	sent := make(chan error, 1)
	go func() {
		_, err := s.Write(input)
		if err == nil {
			_ = s.CloseWrite()
		}
		sent <- err
	}()
	answer, err = io.ReadAll(s)
	_ = s.SetWriteDeadline(past)
	if failed := <-sent; err == nil && failed != nil && !answeredEarly(failed) && !isTimeout(failed) {
		err = failed
	}
	return answer, err
}

// wantWhole checks an answer that came with FIN.
func wantWhole(t *testing.T, answer []byte, err error, want []byte) {
	t.Helper()
	if err != nil || !bytes.Equal(answer, want) {
		t.Errorf("want %d bytes and FIN, got %d bytes (equal: %t) and %v", len(want), len(answer), bytes.Equal(answer, want), err)
	}
}

// wantReset checks that not one byte came, and RST.
func wantReset(t *testing.T, answer []byte, err error) {
	t.Helper()
	if len(answer) > 0 || !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("want no byte and %v, got %d bytes and %v", syscall.ECONNRESET, len(answer), err)
	}
}

// noise is n bytes that are the same in every run.
func noise(n int) []byte {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{byte(n)})
	_, _ = r.Read(b)
	return b
}

// written is what a filter's write:N step writes.
func written(n int) []byte {
	var b bytes.Buffer
	_, _ = io.CopyN(&b, &pattern{}, int64(n))
	return b.Bytes()
}

// A meeting is where filters come to wait for the test.
type meeting struct {
	t *testing.T
	l net.Listener

	mu    sync.Mutex
	conns []net.Conn
}

func newMeeting(t *testing.T) *meeting {
	t.Helper()
	leavesNothing(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m := &meeting{t: t, l: l}
	t.Cleanup(m.close)
	return m
}

func (m *meeting) String() string { return m.l.Addr().String() }

// come waits for one process to arrive.
func (m *meeting) come() net.Conn {
	m.t.Helper()
	_ = m.l.(*net.TCPListener).SetDeadline(time.Now().Add(patience))
	conn, err := m.l.Accept()
	if err != nil {
		m.t.Fatalf("nobody came to the meeting: %v", err)
	}
	m.mu.Lock()
	m.conns = append(m.conns, conn)
	m.mu.Unlock()
	return conn
}

// dies waits for the end of the process behind conn.
func (m *meeting) dies(conn net.Conn) {
	m.t.Helper()
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	if _, err := conn.Read(make([]byte, 1)); err == nil || isTimeout(err) {
		m.t.Errorf("a process that should be dead still lives (%v)", err)
	}
}

func (m *meeting) close() {
	m.l.Close()
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, conn := range m.conns {
		conn.Close()
	}
}
