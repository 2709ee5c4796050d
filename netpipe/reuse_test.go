package netpipe

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/pipetest"
)

// pid returns the process ID of the worker that gets the next connection.
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

// wantStays checks that the next connection gets its answer, and that the worker is the one
// with the process ID before, or is another.
func wantStays(t *testing.T, server *backstage, before int, stays bool) {
	t.Helper()
	if after := pid(t, server); (after == before) != stays {
		t.Errorf("the worker stays: want %t, got pid %d after %d", stays, after, before)
	}
}

// A worker that ends between two connections is replaced, and neither connection fails.
func TestWorkerEndsBetween(t *testing.T) {
	pipetest.Parallel(t)
	server := start(t, quickWorkers())
	before := pid(t, server)
	if err := syscall.Kill(before, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for syscall.Kill(before, 0) == nil { // until netpipe has waited for it
		time.Sleep(time.Millisecond)
	}
	wantStays(t, server, before, false)
}

// The worker that was used last is the next to be used, also if others wait.
func TestReuse(t *testing.T) {
	pipetest.Parallel(t)
	for _, size := range []int{1, 4} {
		t.Run(fmt.Sprintf("-pool %d", size), func(t *testing.T) {
			pipetest.Parallel(t)
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
	pipetest.Parallel(t)
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

// Clients that send their input slowly do not keep the only worker.
func TestWorkersAndSlowClients(t *testing.T) {
	pipetest.Parallel(t)
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
	pipetest.Parallel(t)
	for _, test := range []struct {
		name   string
		filter []string
		want   string
		is     error
		params []string
	}{
		{"another program's output", pipetest.Filter("copy"), "answered the greeting with something else", ErrNotWorker, nil},
		{"a failure", pipetest.Filter("say:what is this?", "exit:3"), "exit status 3: what is this?", ErrNotWorker, nil},
		{"a success", pipetest.Filter(), "ended", ErrNotWorker, nil},
		{"not found", []string{"./no-such-filter"}, "no such file", fs.ErrNotExist, nil},
		{"a worker that knows no parameters", pipetest.Worker(), "takes no parameters", ErrNoParams, []string{"size"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			pipetest.Parallel(t)
			pipetest.LeavesNothing(t)
			s := quickWorkers()
			s.Filter, s.Params = test.filter, test.params
			err := s.Serve(t.Context())
			if !errors.Is(err, test.is) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("want %v with %q, got %v", test.is, test.want, err)
			}
		})
	}
}
