package netpipe

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/hop"
	"imgpipe/netpipe/internal/pipetest"
	"imgpipe/netpipe/internal/tlsconn"
)

// TestMain lets the test binary be a filter, a worker or a server.
func TestMain(m *testing.M) {
	pipetest.Main(m, map[string]func([]string) int{"server": playServer})
}

// errBroken is what a test has fail.
var errBroken = errors.New("broken")

// A backstage is a running server with what a test sees of it.
type backstage struct {
	t        testing.TB
	server   *Server
	addr     Addr // the first of addrs
	addrs    []Addr
	records  chan record // of connections, in their order
	requests chan record // of requests that need no filter
	stop     context.CancelFunc
	ended    chan error // what Serve returned
}

// A record is what a connection's log record says, and its error.
type record map[string]string

// quick returns a server whose filters all take these steps, with limits that no test
// meets unless it sets them.
func quick(steps ...string) *Server {
	s := Defaults()
	s.Listen = []Addr{{Network: "tcp", Address: "127.0.0.1:0"}}
	s.Pool = 1
	s.Filter, s.Env = pipetest.Filter(steps...), []string{"GORACE"}
	s.FilterMemory, s.FilterCPU = 0, 0 // the race detector maps much memory
	s.StartTimeout, s.Timeout, s.IdleTimeout, s.QueueTimeout, s.Drain = pipetest.Patience, pipetest.Patience, pipetest.Patience, pipetest.Patience, pipetest.Patience
	return &s
}

// start runs s until the test ends, and then looks for what was left behind.
func start(t testing.TB, s *Server) *backstage {
	t.Helper()
	pipetest.LeavesNothing(t)
	b := &backstage{t: t, server: s, records: make(chan record, 10000), requests: make(chan record, 10000), ended: make(chan error, 1)}
	s.Log = slog.New(&recorder{b.records, b.requests})
	var ctx context.Context
	ctx, b.stop = context.WithCancel(context.Background())
	go func() { b.ended <- s.Serve(ctx) }()
	select {
	case <-s.Ready():
	case err := <-b.ended:
		t.Fatalf("Serve: %v", err)
	case <-time.After(pipetest.Patience):
		t.Fatal("the server never listened")
	}
	for i, at := range s.Addrs()[:len(s.Listen)] {
		b.addrs = append(b.addrs, Addr{Network: s.Listen[i].Network, Address: at.String()})
	}
	if len(b.addrs) > 0 {
		b.addr = b.addrs[0]
	}
	t.Cleanup(func() {
		b.stop()
		b.kill()
		b.wait()
	})
	return b
}

// kill ends the server at once.
func (b *backstage) kill() { _ = b.server.Close() }

// wait returns what Serve returned.
func (b *backstage) wait() error {
	b.t.Helper()
	select {
	case err := <-b.ended:
		b.ended <- err
		return err
	case <-time.After(pipetest.Patience):
		b.t.Fatal("Serve never returned")
		return nil
	}
}

// verdicts checks that the next connections to end have these verdicts, in any order.
func (b *backstage) verdicts(want ...verdict) {
	b.t.Helper()
	var got []verdict
	for range want {
		got = append(got, verdict(fmt.Sprint(b.next(want)["verdict"])))
	}
	if slices.Sort(got); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		b.t.Errorf("verdicts: want %q, got %q", want, got)
	}
}

// verdict waits for the next connection's record and checks its verdict.
func (b *backstage) verdict(want verdict) record {
	b.t.Helper()
	r := b.next(want)
	if r["verdict"] != string(want) {
		b.t.Errorf("verdict: want %q, got %v", want, r)
	}
	return r
}

// next waits for the next connection's record. want is for the failure if there is none.
func (b *backstage) next(want any) record {
	b.t.Helper()
	select {
	case r := <-b.records:
		return r
	case <-time.After(pipetest.Patience):
		b.t.Fatalf("verdict: want %q, but no connection ended", want)
		return nil
	}
}

// A recorder is a slog.Handler that hands connections' records to a test.
type recorder struct{ records, requests chan<- record }

func (*recorder) Enabled(context.Context, slog.Level) bool { return true }
func (r *recorder) WithAttrs([]slog.Attr) slog.Handler     { return r }
func (r *recorder) WithGroup(string) slog.Handler          { return r }

func (r *recorder) Handle(_ context.Context, sr slog.Record) error {
	if sr.Message != "connection" && sr.Message != "request" {
		return nil
	}
	rec := record{"level": sr.Level.String()}
	sr.Attrs(func(a slog.Attr) bool {
		rec[a.Key] = a.Value.String()
		return true
	})
	if sr.Message == "request" {
		r.requests <- rec
	} else {
		r.records <- rec
	}
	return nil
}

// connect opens a connection to at.
func connect(t *testing.T, at Addr) fdio.Socket {
	t.Helper()
	return secured(t, at, pipetest.Connect(t, at.Transport(), at.Address))
}

// secured begins TLS on a connection to at, if that is for TLS.
func secured(t *testing.T, at Addr, s fdio.Socket) fdio.Socket {
	t.Helper()
	if !at.IsTLS() {
		return s
	}
	conn := tlsconn.Client(s.(*net.TCPConn), clientConfig())
	if err := conn.Handshake(t.Context()); err != nil {
		t.Fatal(err)
	}
	return conn
}

// clientConfig is that of clients and next hops that trust the servers of tests.
var clientConfig = sync.OnceValue(func() *tls.Config {
	files := pipetest.ClientFiles()
	files.ServerName = "localhost"
	source, err := tlsconn.NewClient(files, func(error) {})
	if err != nil {
		panic(err)
	}
	return source.Config()
})

// serverConfig is that of servers of tests other than a Server.
var serverConfig = sync.OnceValue(func() *tls.Config {
	source, err := tlsconn.NewServer(pipetest.ServerFiles(), func(error) {})
	if err != nil {
		panic(err)
	}
	return source.Config()
})

// withTLS has all addresses of s be with TLS, and its clients have certificates.
func withTLS(s *Server) *Server {
	for i, at := range s.Listen {
		s.Listen[i].Network = map[string]string{"tcp": "tls", "http": "https"}[at.Network]
	}
	s.TLS, s.NextTLS = pipetest.ServerFiles(), pipetest.ClientFiles()
	return s
}

// ask sends input, half-closes, and reads the answer to its end, which is a FIN if err is
// nil.
func ask(t *testing.T, at Addr, input []byte) (answer []byte, err error) {
	t.Helper()
	s := connect(t, at)
	defer s.Close()
	return exchange(s, bytes.NewReader(input))
}

// exchange does what ask does on a connection. What a write was told of a reset, the
// reader isn't told again.
func exchange(s fdio.Socket, input io.Reader) (answer []byte, err error) {
	sent := make(chan error, 1)
	go func() {
		_, err := io.Copy(s, input)
		if err == nil {
			_ = s.CloseWrite()
		}
		sent <- err
	}()
	answer, err = io.ReadAll(s)
	_ = s.SetWriteDeadline(fdio.Expired)
	if failed := <-sent; err == nil && failed != nil && !hop.IsEarlyAnswer(failed) && !fdio.IsTimeout(failed) {
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

// awaitStats waits until a server has the numbers that are wanted.
func awaitStats(t *testing.T, server *backstage, wanted func(Stats) bool) {
	t.Helper()
	pipetest.Eventually(t, func() error {
		if now := server.server.Stats(); !wanted(now) {
			return fmt.Errorf("the numbers are %+v", now)
		}
		return nil
	})
}
