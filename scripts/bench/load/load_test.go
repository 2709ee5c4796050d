package load_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"imgpipe/scripts/bench/load"
)

var input = bytes.Repeat([]byte("input "), 100_000) // larger than socket buffers

// rawServer starts a server that echoes its input. It passes every nth connection to
// faulty instead.
func rawServer(t *testing.T, nth int64, faulty func(*net.TCPConn)) (addr string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var conns sync.WaitGroup
	conns.Go(func() {
		for n := int64(1); ; n++ {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conns.Go(func() {
				defer conn.Close()
				if n%nth == 0 {
					faulty(conn.(*net.TCPConn))
				} else {
					_, _ = io.Copy(conn, conn)
				}
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		conns.Wait()
	})
	return l.Addr().String()
}

func TestRaw(t *testing.T) {
	for _, test := range []struct {
		name   string
		faulty func(*net.TCPConn)
		wrong  bool // the error is ErrWrong
	}{
		{"one byte differs", func(c *net.TCPConn) {
			got, _ := io.ReadAll(c)
			got[len(got)-1]++
			_, _ = c.Write(got)
		}, true},
		{"one byte less", func(c *net.TCPConn) {
			got, _ := io.ReadAll(c)
			_, _ = c.Write(got[:len(got)-1])
		}, true},
		{"one byte more", func(c *net.TCPConn) {
			got, _ := io.ReadAll(c)
			_, _ = c.Write(append(got, 0))
		}, true},
		{"a reset", func(c *net.TCPConn) {
			_, _ = io.Copy(io.Discard, c)
			_ = c.SetLinger(0)
		}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := load.Load{Target: rawServer(t, 5, test.faulty), Clients: 4, Requests: 50, Exchanges: []load.Exchange{{input, input}}}
			r := l.Run(t.Context())
			if len(r.Latencies) != 40 || r.Failed != 10 || errors.Is(r.Err, load.ErrWrong) != test.wrong {
				t.Errorf("got %d right answers, %d failed requests and error %v; want 40, 10 and ErrWrong: %t", len(r.Latencies), r.Failed, r.Err, test.wrong)
			}
		})
	}
}

func TestHTTP(t *testing.T) {
	var requests, conns atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if requests.Add(1)%5 == 0 {
			http.Error(w, "full", http.StatusServiceUnavailable)
			return
		}
		_, _ = io.Copy(w, r.Body)
	}))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			conns.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	small := []byte("a small input")
	l := load.Load{Target: server.URL, Clients: 4, Requests: 50, Exchanges: []load.Exchange{{small, small}, {[]byte("another"), []byte("another")}}}
	r := l.Run(t.Context())
	if len(r.Latencies) != 40 || r.Failed != 10 || r.Err == nil || r.Err.Error() != "503 Service Unavailable" {
		t.Errorf("got %d right answers, %d failed requests and error %v; want 40, 10 and 503 Service Unavailable", len(r.Latencies), r.Failed, r.Err)
	}
	if conns.Load() > 4 {
		t.Errorf("got %d connections, want at most 4", conns.Load())
	}
	if !slices.IsSorted(r.Latencies) || r.Percentile(99) != r.Latencies[39] || r.Percentile(50) != r.Latencies[19] {
		t.Errorf("got latencies %v and percentiles %v and %v, want sorted latencies and the last and the 20th of them", r.Latencies, r.Percentile(99), r.Percentile(50))
	}
}

// Over TLS, with and without HTTP, the answers are the right ones, and fresh connections are
// not used twice.
func TestTLS(t *testing.T) {
	var conns atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) }))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			conns.Add(1)
		}
	}
	server.StartTLS()
	defer server.Close()
	config := server.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	config.ServerName = "example.com" // in the certificate
	raw, err := tls.Listen("tcp", "127.0.0.1:0", server.TLS)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	go func() {
		for conn, err := raw.Accept(); err == nil; conn, err = raw.Accept() {
			go func() {
				_, _ = io.Copy(conn, conn)
				conn.Close()
			}()
		}
	}()
	for _, test := range []struct {
		load.Load
		conns int64 // at most
	}{
		{load.Load{Target: server.URL}, 2},
		{load.Load{Target: server.URL, Fresh: true}, 10},
		{load.Load{Target: "tls:" + raw.Addr().String()}, 0},
	} {
		conns.Store(0)
		l := &test.Load
		l.TLS, l.Clients, l.Requests, l.Exchanges = config, 2, 10, []load.Exchange{{input[:1000], input[:1000]}}
		r := l.Run(t.Context())
		if len(r.Latencies) != 10 || r.Err != nil || conns.Load() > test.conns || l.Fresh && conns.Load() < 10 {
			t.Errorf("%s, fresh %t: got %d right answers, error %v and %d connections", l.Target, l.Fresh, len(r.Latencies), r.Err, conns.Load())
		}
	}
}

func TestDurationEndsRun(t *testing.T) {
	l := load.Load{Target: rawServer(t, 1<<60, nil), Clients: 2, Duration: time.Nanosecond, Exchanges: []load.Exchange{{input, input}}}
	if r := l.Run(t.Context()); len(r.Latencies) > 0 || r.Failed > 0 || r.Percentile(50) != 0 {
		t.Errorf("got %d right answers and %d failed requests, want none", len(r.Latencies), r.Failed)
	}
}
