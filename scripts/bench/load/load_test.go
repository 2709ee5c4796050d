package load_test

import (
	"bytes"
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

var input = bytes.Repeat([]byte("input "), 100_000) // more than socket buffers hold

// rawServer gives every nth connection to odd, and copies the others.
func rawServer(t *testing.T, nth int64, odd func(*net.TCPConn)) (addr string) {
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
					odd(conn.(*net.TCPConn))
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
		name  string
		odd   func(*net.TCPConn)
		wrong bool
	}{
		{"one byte differs", func(c *net.TCPConn) {
			got, _ := io.ReadAll(c)
			got[len(got)-1]++
			_, _ = c.Write(got)
		}, true},
		{"the last byte lacks", func(c *net.TCPConn) {
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
			l := load.Load{Target: rawServer(t, 5, test.odd), Clients: 4, Requests: 50, Exchanges: []load.Exchange{{input, input}}}
			r := l.Run(t.Context())
			if len(r.Latencies) != 40 || r.Failed != 10 || errors.Is(r.Err, load.ErrWrong) != test.wrong {
				t.Errorf("want 40 right and 10 failed, wrong answers: %t; got %d, %d and %v", test.wrong, len(r.Latencies), r.Failed, r.Err)
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
		t.Errorf("want 40 right and 10 of 503, got %d, %d and %v", len(r.Latencies), r.Failed, r.Err)
	}
	if conns.Load() > 4 {
		t.Errorf("want 4 connections that stay, got %d", conns.Load())
	}
	if !slices.IsSorted(r.Latencies) || r.Percentile(99) != r.Latencies[39] || r.Percentile(50) != r.Latencies[19] {
		t.Errorf("want sorted latencies and their percentiles, got %v", r.Latencies)
	}
}

func TestTimeEndsIt(t *testing.T) {
	l := load.Load{Target: rawServer(t, 1<<60, nil), Clients: 2, Time: time.Nanosecond, Exchanges: []load.Exchange{{input, input}}}
	if r := l.Run(t.Context()); len(r.Latencies) > 0 || r.Failed > 0 || r.Percentile(50) != 0 {
		t.Errorf("want nothing begun, got %d and %d", len(r.Latencies), r.Failed)
	}
}
