package main

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"imgpipe/cmd/internal/batch"
	"imgpipe/netpipe"
)

// A moody server resets the first connections for an input, and echoes the input on
// the next ones.
type moody struct {
	net.Listener
	from map[string]int // number of connections to reset for an input

	conns sync.WaitGroup

	mu           sync.Mutex
	tries        map[string]int
	atOnce, most int
}

func newMoody(t *testing.T, from map[string]int) *moody {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m := &moody{Listener: l, from: from, tries: map[string]int{}}
	m.conns.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			m.conns.Go(func() { m.serve(conn.(*net.TCPConn)) })
		}
	})
	t.Cleanup(m.end)
	return m
}

// end closes the server and waits for the last connection.
func (m *moody) end() {
	m.Close()
	m.conns.Wait()
}

func (m *moody) serve(conn *net.TCPConn) {
	defer conn.Close()
	m.mu.Lock()
	m.atOnce++
	m.most = max(m.most, m.atOnce)
	m.mu.Unlock()
	input, _ := io.ReadAll(conn)
	m.mu.Lock()
	m.atOnce--
	try := m.tries[string(input)]
	m.tries[string(input)]++
	m.mu.Unlock()
	if try < m.from[string(input)] {
		_ = conn.SetLinger(0)
		return
	}
	_, _ = conn.Write(input)
}

func (m *moody) addr(t *testing.T) netpipe.Addr {
	a, err := netpipe.ParseAddr(m.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// newBatch returns a batch that sends to the address at, two files at once, in so many
// rounds without pauses.
func newBatch(t *testing.T, at netpipe.Addr, out string, n int) *batch.Batch {
	c := &netpipe.Client{Addr: at}
	t.Cleanup(c.CloseIdle)
	return &batch.Batch{Dir: out, AnyFormat: true, Rounds: rounds(c, 2, make([]time.Duration, n-1))}
}

// files writes files. The content of each is its name.
func files(t *testing.T, names ...string) (paths []string) {
	dir := t.TempDir()
	for _, name := range names {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(name), 0o666); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return paths
}

func TestBatch(t *testing.T) {
	names := []string{"a", "b", "c", "d", "e"}
	for _, test := range []struct {
		name   string
		from   map[string]int
		there  []string // answers that are there before, with -resume
		failed []string
		tries  map[string]int
	}{
		{"all at once", nil, nil, nil, map[string]int{"a": 1, "b": 1, "c": 1, "d": 1, "e": 1}},
		{"two that fail at first", map[string]int{"b": 1, "d": 3}, nil, nil, map[string]int{"a": 1, "b": 2, "c": 1, "d": 4, "e": 1}},
		{"two that fail for good", map[string]int{"a": 4, "c": 99}, nil, []string{"a", "c"}, map[string]int{"a": 4, "b": 1, "c": 4, "d": 1, "e": 1}},
		{"resumed", map[string]int{"b": 99}, []string{"a", "d"}, []string{"b"}, map[string]int{"b": 4, "c": 1, "e": 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := newMoody(t, test.from)
			out := filepath.Join(t.TempDir(), "new")
			b := newBatch(t, server.addr(t), out, 4)
			b.Prefix = "x-"
			b.Resume = test.there != nil
			sources := files(t, names...)
			if err := os.Mkdir(out, 0o777); err != nil {
				t.Fatal(err)
			}
			for _, name := range test.there {
				if err := os.WriteFile(filepath.Join(out, "x-"+name), []byte(name), 0o666); err != nil {
					t.Fatal(err)
				}
			}

			err := b.Run(sources)
			server.end()
			var says []error
			if err != nil {
				says = err.(interface{ WrappedErrors() []error }).WrappedErrors()
			}
			for i, name := range test.failed {
				if want := "/" + name + ": connect "; i >= len(says) || !strings.Contains(says[i].Error(), want) || !strings.HasSuffix(says[i].Error(), "(4 tries)") {
					t.Errorf("error %d: want one of %q after 4 tries, got %v", i, want, says)
				}
			}
			if want := min(len(test.failed)*99, len(test.failed)+1); len(says) != want {
				t.Errorf("want %d errors, got %v", want, says)
			}
			if server.most > 2 {
				t.Errorf("want 2 at once, got %d", server.most)
			}
			for _, name := range names {
				if server.tries[name] != test.tries[name] {
					t.Errorf("%s: want %d tries, got %d", name, test.tries[name], server.tries[name])
				}
				got, err := os.ReadFile(filepath.Join(out, "x-"+name))
				if slices.Contains(test.failed, name) != errors.Is(err, os.ErrNotExist) || err == nil && !bytes.Equal(got, []byte(name)) {
					t.Errorf("%s: got %q and %v", name, got, err)
				}
			}
			if left, _ := filepath.Glob(out + "/.*"); left != nil {
				t.Errorf("want nothing else left, got %q", left)
			}
		})
	}
}

// TestBatchRefused sends to a socket without a listener. The server starts after the
// first round has failed.
func TestBatchRefused(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "socket")
	b := newBatch(t, netpipe.Addr{Network: "unix", Address: socket}, t.TempDir(), 2)
	second := b.Rounds[1].NewFilter
	b.Rounds[1].NewFilter = func() batch.Filter {
		l, err := net.Listen("unix", socket)
		if err != nil {
			t.Error(err)
			return second()
		}
		t.Cleanup(func() { l.Close() })
		go func() {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			defer conn.Close()
			_, _ = io.Copy(conn, conn)
		}()
		return second()
	}
	if err := b.Run(files(t, "a")); err != nil {
		t.Error(err)
	}
}

// TestBatchPermanent: a failure that is certain to come again is tried once.
func TestBatchPermanent(t *testing.T) {
	server := newMoody(t, nil)
	b := newBatch(t, server.addr(t), t.TempDir(), 4)
	missing := filepath.Join(t.TempDir(), "missing")
	err := b.Run(append(files(t, "a"), missing))
	if err == nil || strings.Contains(err.Error(), "tries") {
		t.Errorf("want errors of one try, got %v", err)
	}
	for _, want := range []string{missing + ": no such file", "1 done, 0 skipped, 1 failed"} {
		if err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

// TestBatchHTTP: the HTTP status says whether to try again, and when.
func TestBatchHTTP(t *testing.T) {
	t.Parallel() // the shortest Retry-After is a second
	var mu sync.Mutex
	tries := map[string][]time.Time{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		input, _ := io.ReadAll(r.Body)
		name := string(input)
		mu.Lock()
		defer mu.Unlock()
		tries[name] = append(tries[name], time.Now())
		switch {
		case name == "bad":
			http.Error(w, "no picture", http.StatusUnprocessableEntity)
		case name == "late" && len(tries[name]) == 1:
			w.Header().Set("Retry-After", "1")
			http.Error(w, "full", http.StatusServiceUnavailable)
		default:
			_, _ = w.Write(input)
		}
	}))
	defer server.Close()
	at, err := netpipe.ParseAddr(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	err = newBatch(t, at, out, 4).Run(files(t, "good", "bad", "late"))
	if err == nil || !strings.Contains(err.Error(), "422 Unprocessable Entity: no picture\n") || !strings.Contains(err.Error(), "2 done, 0 skipped, 1 failed") {
		t.Errorf("want an error about one, got %v", err)
	}
	if len(tries["good"]) != 1 || len(tries["bad"]) != 1 || len(tries["late"]) != 2 {
		t.Errorf("want 1, 1 and 2 tries, got %v", tries)
	} else if waited := tries["late"][1].Sub(tries["late"][0]); waited < time.Second {
		t.Errorf("want a second between the tries, got %v", waited)
	}
	for _, name := range []string{"good", "late"} {
		if got, err := os.ReadFile(filepath.Join(out, name)); string(got) != name {
			t.Errorf("%s: got %q and %v", name, got, err)
		}
	}
}

// TestBatchDoesNotWaitForNothing: the client obeys Retry-After only if it sends the
// file again.
func TestBatchDoesNotWaitForNothing(t *testing.T) {
	for name, code := range map[string]int{"no further try": http.StatusUnprocessableEntity, "no try left": http.StatusServiceUnavailable} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.Header().Set("Retry-After", "20")
			w.WriteHeader(code)
		}))
		at, err := netpipe.ParseAddr(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		if err := newBatch(t, at, t.TempDir(), 1).Run(files(t, "a")); err == nil {
			t.Errorf("%s: no error", name)
		}
		if took := time.Since(begun); took > 10*time.Second {
			t.Errorf("%s: it took %v", name, took)
		}
		server.CloseClientConnections()
		server.Close()
	}
}
