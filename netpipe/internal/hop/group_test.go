package hop

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/pipetest"
	"imgpipe/netpipe/internal/tlsconn"
	"imgpipe/netpipe/internal/unixsocket"
)

// newGroup returns a group until the test ends.
func newGroup(t *testing.T, addrs ...Addr) *Group {
	t.Helper()
	g, err := NewGroup(addrs, tlsconn.Files{}, func(error) {})
	if err != nil {
		t.Fatal(err)
	}
	g.random = rand.New(rand.NewPCG(1, 2)).Float64
	t.Cleanup(g.Close)
	return g
}

// threeServers returns a group of the servers a, b and c, to which no call connects.
func threeServers(t *testing.T) *Group {
	return newGroup(t, Addr{"unix", "a"}, Addr{"unix", "b"}, Addr{"unix", "a"}, Addr{"unix", "c"})
}

// taken begins calls and returns them with the names of their servers.
func taken(t *testing.T, g *Group, n int) (calls []*Call, names string) {
	t.Helper()
	for range n {
		call, _ := g.take(t.Context(), nil)
		calls = append(calls, call)
		names += call.server.target.addr.Address
	}
	return calls, names
}

// take checks which servers the next calls go to.
func take(t *testing.T, g *Group, want string) []*Call {
	t.Helper()
	calls, names := taken(t, g, len(want))
	if names != want {
		t.Errorf("want calls to %q, got %q", want, names)
	}
	return calls
}

// The server with the fewest calls gets the next one; ties go round.
func TestGroupLeastInFlight(t *testing.T) {
	g := threeServers(t)
	calls := take(t, g, "abcabc")
	calls[1].release()
	calls[1].release()
	take(t, g, "b")
	calls[2].release()
	calls[5].release()
	take(t, g, "cca")
	if loads := g.Loads(); loads[0].InFlight != 3 || loads[1].InFlight != 2 || loads[2].InFlight != 2 {
		t.Errorf("loads: %v", loads)
	}
}

// A server that has failed rests. Then one call tries it, and others only when that has had
// its answer. By the clock of a synctest bubble.
func TestGroupRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := threeServers(t)
		a := take(t, g, "a")[0]
		late := take(t, g, "bca")[2]
		a.Fail()
		a.Fail()
		late.Fail()    // of the same trouble: the rest does not grow
		late.succeed() // which says nothing about what is now
		a.release()
		late.release()
		if failures := g.Loads()[0].Failures; failures != 2 {
			t.Errorf("want 2 failures, got %d", failures)
		}
		take(t, g, "bcbc")
		time.Sleep(time.Duration(0.75*float64(firstRest)) - 1)
		take(t, g, "bc")
		time.Sleep(firstRest/2 + 1)
		trial := take(t, g, "a")[0]
		take(t, g, "bcbc")
		trial.release() // the client is gone: nothing was learned
		trial = take(t, g, "a")[0]
		trial.Fail()
		trial.release()
		time.Sleep(2*firstRest*3/4 - 1)
		take(t, g, "bcbc")
		time.Sleep(firstRest + 1)
		trial = take(t, g, "a")[0]
		take(t, g, "bc")
		trial.succeed()
		take(t, g, "aaaa")
	})
}

// If all rest, the one with the fewest calls is tried; of several, the one that has rested
// longest.
func TestGroupAllRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := threeServers(t)
		calls := take(t, g, "abc")
		for _, i := range []int{2, 0, 1} {
			calls[i].Fail()
			calls[i].release()
			time.Sleep(time.Nanosecond)
		}
		calls = take(t, g, "cabc")
		calls[3].release() // which does not end the trial of the first
		if c := g.servers[2]; !c.health.onTrial {
			t.Error("no call tries the server")
		}
		calls[0].Fail()
		calls[0].release()
		take(t, g, "c")
		calls[2].Fail()
		calls[2].release()
		take(t, g, "b") // a has rested longer, and hangs
	})
}

// Rests double up to a limit, and are spread by a quarter.
func TestHealthRests(t *testing.T) {
	now := time.Now()
	var h health
	var rests []string
	for _, random := range []float64{0.5, 0, 0.9999999999, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5} {
		h.fail(now, random)
		rests = append(rests, h.until.Sub(now).Round(time.Millisecond).String())
	}
	if got, want := strings.Join(rests, " "), "100ms 150ms 500ms 800ms 1.6s 3.2s 6.4s 10s 10s"; got != want {
		t.Errorf("want %s, got %s", want, got)
	}
	if h.succeed(); !h.mayTake(now) {
		t.Error("a server that works rests")
	}
	if h.fail(now, 0.5); h.until.Sub(now) != firstRest {
		t.Errorf("the first rest after a success: %v", h.until.Sub(now))
	}
}

// A server has its share of the time while there are others.
func TestShareOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		deadline, cancel := context.WithTimeout(t.Context(), 8*time.Second)
		defer cancel()
		for _, test := range []struct {
			ctx    context.Context
			others int
			want   time.Duration // 0: no deadline
		}{
			{t.Context(), 0, 0},
			{deadline, 0, 8 * time.Second},
			{t.Context(), 1, openTimeout / 2},
			{deadline, 1, 4 * time.Second},
			{deadline, 100, minOpenTimeout},
		} {
			ctx, cancel := shareOf(test.ctx, test.others)
			var got time.Duration
			if deadline, ok := ctx.Deadline(); ok {
				got = time.Until(deadline)
			}
			cancel()
			if got != test.want {
				t.Errorf("%d others: want %v, got %v", test.others, test.want, got)
			}
		}
	})
}

// listen answers each connection to it by answer, until the test ends.
func listen(t *testing.T, answer func(fdio.Socket)) Addr {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer conn.Close()
				answer(conn.(fdio.Socket))
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		serving.Wait()
	})
	return Addr{"tcp", l.Addr().String()}
}

// Calls go to the servers that can be connected to; the error names all that cannot.
func TestGroupOpen(t *testing.T) {
	pipetest.Parallel(t)
	good := listen(t, func(s fdio.Socket) {
		_, _ = s.Write([]byte("good"))
		_ = s.CloseWrite()
		_, _ = io.Copy(io.Discard, s)
	})
	closed, file := Addr{"tcp", pipetest.ClosedPort(t)}, Addr{"unix", "group_test.go"}
	g := newGroup(t, closed, file, good)
	for range 3 {
		call, err := g.Open(t.Context(), "", nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(call)
		if string(answer) != "good" || err != nil || call.Server() != good.String() {
			t.Errorf("%s: %q and %v", call.Server(), answer, err)
		}
		if g.HasOther([]*Call{call}) != true {
			t.Error("there are others")
		}
		call.Close()
	}
	for i, load := range g.Loads() {
		if load.Addr != g.targets[i].addr || load.InFlight != 0 || (load.Failures > 0) != (load.Addr != good) {
			t.Errorf("load: %v", load)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), firstRetry)
	defer cancel()
	_, err := newGroup(t, closed, file).Open(ctx, "", nil)
	want := fmt.Sprintf("connect %s: connection refused; connect %s: %v", closed, file, unixsocket.ErrNotSocket)
	if !errors.Is(err, syscall.ECONNREFUSED) || !errors.Is(err, unixsocket.ErrNotSocket) || err.Error() != want {
		t.Errorf("want %s, got %v", want, err)
	}
}

// After a call that has failed, servers that refuse are not waited for.
func TestGroupOpenAfterFailure(t *testing.T) {
	pipetest.Parallel(t)
	good, closed := listen(t, func(fdio.Socket) {}), Addr{"tcp", pipetest.ClosedPort(t)}
	g := newGroup(t, good, closed)
	ctx, cancel := context.WithTimeout(t.Context(), pipetest.Patience)
	defer cancel()
	call, err := g.Open(ctx, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer call.Close()
	call.Fail()
	if _, err := g.Open(ctx, "", []*Call{call}); !errors.Is(err, syscall.ECONNREFUSED) || ctx.Err() != nil {
		t.Errorf("want a refusal at once, got %v; the time: %v", err, ctx.Err())
	}
}

// A server that resets, or ends without an answer, has failed; one that answers works, and
// so does one that refuses the input. The end of a call by this side says nothing.
func TestCallLearns(t *testing.T) {
	pipetest.Parallel(t)
	for _, test := range []struct {
		name     string
		network  string
		answer   string
		resets   bool
		failures uint64
	}{
		{"answers", "tcp", "good", false, 0},
		{"answers nothing", "tcp", "", false, 1},
		{"resets", "tcp", "", true, 1},
		{"resets in mid-answer", "tcp", "go", true, 1},
		{"200", "http", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood", false, 0},
		{"half of 200", "http", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngo", false, 1},
		{"422", "http", "HTTP/1.1 422 Bad\r\nContent-Length: 0\r\n\r\n", false, 0},
		{"500", "http", "HTTP/1.1 500 Bad\r\nContent-Length: 0\r\n\r\n", false, 0},
		{"401", "http", "HTTP/1.1 401 Who\r\nContent-Length: 0\r\n\r\n", false, 1},
		{"404", "http", "HTTP/1.1 404 Where\r\nContent-Length: 0\r\n\r\n", false, 1},
		{"429", "http", "HTTP/1.1 429 Busy\r\nContent-Length: 0\r\n\r\n", false, 1},
		{"502", "http", "HTTP/1.1 502 Bad\r\nContent-Length: 0\r\n\r\n", false, 1},
		{"503", "http", "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", false, 1},
		{"another protocol", "tcp", "HTTP/1.1 400 Bad\r\n\r\n", false, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			pipetest.Parallel(t)
			at := listen(t, func(s fdio.Socket) {
				_, _ = s.Write([]byte(test.answer))
				if test.resets {
					_, _ = s.Read(make([]byte, 1))
					pipetest.Reset(s)
				}
				_ = s.CloseWrite()
				_, _ = io.Copy(io.Discard, s)
			})
			at.Network = test.network
			g := newGroup(t, at)
			call, err := g.Open(t.Context(), "", nil)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = call.Write([]byte("x"))
			_, err = io.ReadAll(call)
			call.Close()
			if failures := g.Loads()[0].Failures; failures != test.failures {
				t.Errorf("want %d failures, got %d; the answer's error is %v", test.failures, failures, err)
			}
		})
	}
	t.Run("this side ends", func(t *testing.T) {
		pipetest.Parallel(t)
		g := newGroup(t, listen(t, func(s fdio.Socket) { _, _ = io.Copy(io.Discard, s) }))
		call, err := g.Open(t.Context(), "", nil)
		if err != nil {
			t.Fatal(err)
		}
		call.Close()
		_, read := call.Read(make([]byte, 1))
		_, write := call.Write(make([]byte, 1))
		call.Close()
		if load := g.Loads()[0]; load.Failures != 0 || load.InFlight != 0 || read == nil || write == nil {
			t.Errorf("load %v; %v; %v", load, read, write)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := g.Open(ctx, "", nil); !errors.Is(err, context.Canceled) || g.Loads()[0].Failures != 0 {
			t.Errorf("an Open that is given up: %v, %v", err, g.Loads())
		}
	})
}

func TestMayOtherServe(t *testing.T) {
	var codes []int
	for code := 100; code < 600; code++ {
		if MayOtherServe(fmt.Errorf("wrapped: %w", &StatusError{Code: code})) {
			codes = append(codes, code)
		}
	}
	if want := []int{401, 403, 404, 405, 421, 429, 502, 503}; !slices.Equal(codes, want) {
		t.Errorf("want %v, got %v", want, codes)
	}
	if !MayOtherServe(syscall.ECONNRESET) {
		t.Error("not after a reset")
	}
}
