package netpipe

import (
	"fmt"
	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/pipetest"
	"io"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// pid asks for the pid of a worker.
func pid(t *testing.T, server *backstage) int {
	t.Helper()
	answer, err := ask(t, server.addr, []byte("pid\n"))
	server.verdict(whole)
	var n int
	if _, scanErr := fmt.Sscanf(string(answer), "%d\n", &n); err != nil || scanErr != nil {
		t.Fatalf("want a pid and FIN, got %q and %v", answer, err)
	}
	return n
}

// wantStays checks that the next connection gets its answer, of the same worker
// as before or of another.
func wantStays(t *testing.T, server *backstage, before int, stays bool) {
	t.Helper()
	if after := pid(t, server); (after == before) != stays {
		t.Errorf("the worker stays: want %t, got pid %d after %d", stays, after, before)
	}
}

// A worker that ends between two connections is replaced, and costs none.
func TestWorkerEndsBetween(t *testing.T) {
	server := start(t, quickWorkers())
	before := pid(t, server)
	if err := syscall.Kill(before, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for syscall.Kill(before, 0) == nil { // until it is waited for
		time.Sleep(time.Millisecond)
	}
	wantStays(t, server, before, false)
}

// The worker that was used last is the next to be used, however many others wait.
func TestReuse(t *testing.T) {
	for _, size := range []int{1, 4} {
		t.Run(fmt.Sprintf("-pool %d", size), func(t *testing.T) {
			s := quickWorkers()
			s.Pool, s.Reuse = size, 3
			server := start(t, s)
			var pids []int
			for range 7 {
				pids = append(pids, pid(t, server))
			}
			for i, want := range []bool{true, true, false, true, true, false} {
				if got := pids[i] == pids[i+1]; got != want {
					t.Fatalf("%d connections for one worker: got %v", s.Reuse, pids)
				}
			}
		})
	}
}

// Many clients of few workers get their own answers.
func TestWorkersAtOnce(t *testing.T) {
	s := quickWorkers()
	s.Max, s.Reuse = 4, 20
	server := start(t, s)
	var clients sync.WaitGroup
	for i := range 8 {
		clients.Go(func() {
			for j := range 25 {
				want := pipetest.Noise(1 + (i*25+j)*1000)
				answer, err := ask(t, server.addr, append([]byte("copy\n"), want...))
				wantWhole(t, answer, err, want)
			}
		})
	}
	clients.Wait()
}

// Clients that are slow to send a picture don't keep the only worker.
func TestWorkersAndSlowClients(t *testing.T) {
	s := quickWorkers()
	s.Max = 1
	server := start(t, s)
	var slow []fdio.Socket
	for range 3 {
		c := connect(t, server.addr)
		send(t, c, []byte("copy\nsl"))
		slow = append(slow, c)
	}
	pid(t, server)
	for _, c := range slow {
		send(t, c, []byte("ow"))
		_ = c.CloseWrite()
		answer, err := io.ReadAll(c)
		wantWhole(t, answer, err, []byte("slow"))
		server.verdict(whole)
	}
}

func TestNoWorker(t *testing.T) {
	for _, test := range []struct {
		name   string
		filter []string
		want   string
	}{
		{"another program's output", pipetest.Filter("copy"), "answered the greeting with something else"},
		{"a failure", pipetest.Filter("say:what is this?", "exit:3"), "exit status 3: what is this?"},
		{"a success", pipetest.Filter(), "ended"},
		{"not found", []string{"./no-such-filter"}, "no such file"},
	} {
		t.Run(test.name, func(t *testing.T) {
			pipetest.LeavesNothing(t)
			s := quickWorkers()
			s.Filter = test.filter
			err := s.Serve(t.Context())
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("want an error with %q, got %v", test.want, err)
			}
		})
	}
}
