package netpipe

import (
	"context"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/pipetest"
)

// echoHTTP is an HTTP next hop that answers with its input.
func echoHTTP(_ int, s fdio.Socket, r *http.Request) bool {
	input := takes(s, r)
	respond(s, "HTTP/1.1 200 OK\nContent-Length: "+strconv.Itoa(len(input))+"\n\n")
	_, _ = s.Write(input)
	return true
}

// hopKinds start next hops, by the kinds of their addresses, which answer with their input.
var hopKinds = map[string]func(*testing.T) *fakeHop{
	"tcp":   func(t *testing.T) *fakeHop { return newFakeHop(t, echo) },
	"tls":   func(t *testing.T) *fakeHop { return newFakeTLSHop(t, echo) },
	"http":  func(t *testing.T) *fakeHop { return newHTTPHop(t, echoHTTP) },
	"https": func(t *testing.T) *fakeHop { return newHTTPSHop(t, echoHTTP) },
}

// between starts s in front of next hops, of which the first one is to fail.
func between(t *testing.T, s *Server, hops ...*fakeHop) *backstage {
	t.Helper()
	for _, h := range hops {
		s.Next = append(s.Next, h.addr())
	}
	s.NextTLS = pipetest.ClientFiles()
	return start(t, s)
}

// hasFailed checks what a server knows of its next hops when its connections have ended.
func (b *backstage) hasFailed(failures ...uint64) {
	b.t.Helper()
	stats := b.server.Stats()
	if kept := b.server.state.running().kept.Used(); stats.Held+kept != 0 {
		b.t.Errorf("%d bytes are still held, and %d kept", stats.Held, kept)
	}
	for i, next := range stats.Next {
		if next.Addr != b.server.Next[i] || next.InFlight != 0 || next.Failures != failures[i] {
			b.t.Errorf("next hop %d: want %d failures and nothing in flight, got %+v", i, failures[i], next)
		}
	}
}

// A next hop that takes over sees no end of an input that is not whole, either.
func TestSeveralHopsFilterFails(t *testing.T) {
	pipetest.Parallel(t)
	first := newFakeHop(t, func(s fdio.Socket) error {
		_, _ = s.Read(make([]byte, 1))
		pipetest.Reset(s)
		return errBroken
	})
	second := hopKinds["tcp"](t)
	// More than pipes and sockets hold: the filter ends only when the second hop reads.
	server := between(t, quick("write:20000000", "read", "exit:3"), first, second)
	answer, err := ask(t, server.addr, pipetest.Noise(10))
	wantReset(t, answer, err)
	if r := server.verdict(filterFailed); r["hop"] != second.addr().String() {
		t.Errorf("record: %v", r)
	}
	server.hasFailed(1, 0)
	second.sawNoEnd(t)
	if len(second.inputs) != 1 {
		t.Errorf("want one connection of the second next hop, got %d", len(second.inputs))
	}
}

// An input that no next hop survives is not handed to all of them.
func TestSeveralHopsBadInput(t *testing.T) {
	pipetest.Parallel(t)
	var hops []*fakeHop
	for range maxHopTries + 1 {
		hops = append(hops, newFakeHop(t, func(s fdio.Socket) error {
			_, _ = io.Copy(io.Discard, s)
			pipetest.Reset(s)
			return errBroken
		}))
	}
	server := between(t, quick("copy"), hops...)
	answer, err := ask(t, server.addr, pipetest.Noise(1000))
	wantReset(t, answer, err)
	if r := server.verdict(nextFailed); r["tries"] != "3" || r["hop"] != hops[2].addr().String() {
		t.Errorf("record: %v", r)
	}
	server.hasFailed(1, 1, 1, 0)
}

// A next hop may fail while it gets what was kept.
func TestSeveralHopsTwoFail(t *testing.T) {
	pipetest.Parallel(t)
	resets := func(after int64) *fakeHop {
		return newFakeHop(t, func(s fdio.Socket) error {
			_, _ = io.CopyN(io.Discard, s, after)
			pipetest.Reset(s)
			return errBroken
		})
	}
	last := hopKinds["tcp"](t)
	server := between(t, quick("read", "write:3000000"), resets(2_000_000), resets(1_000_000), last)
	answer, err := ask(t, server.addr, pipetest.Noise(1000))
	wantWhole(t, answer, err, pipetest.Written(3_000_000))
	if r := server.verdict(whole); r["tries"] != "3" || r["hop"] != last.addr().String() {
		t.Errorf("record: %v", r)
	}
	server.hasFailed(1, 1, 0)
}

// A next hop that refuses, or is of another kind, is passed over, also where answers are not
// held.
func TestSeveralHopsUnreachable(t *testing.T) {
	pipetest.Parallel(t)
	for _, noHold := range []bool{false, true} {
		s := quick("copy")
		s.NoHold = noHold
		s.Next = []Addr{{Network: "tcp", Address: pipetest.ClosedPort(t)}, {Network: "tls", Address: hopKinds["tcp"](t).addr().Address}}
		server := between(t, s, hopKinds["http"](t))
		answer, err := ask(t, server.addr, pipetest.Noise(1000))
		wantWhole(t, answer, err, pipetest.Noise(1000))
		if r := server.verdict(whole); r["hop"] != s.Next[2].String() || r["tries"] != "" {
			t.Errorf("record: %v", r)
		}
		server.hasFailed(1, 1, 0)
	}
}

// If one next hop has failed with an input and all others refuse, the failure is that of the
// one, and comes at once.
func TestSeveralHopsOthersRefuse(t *testing.T) {
	pipetest.Parallel(t)
	for _, test := range []struct {
		name    string
		behave  func(fdio.Socket) error
		verdict verdict
		err     string
	}{
		{"resets", func(s fdio.Socket) error {
			_, err := io.Copy(io.Discard, s)
			pipetest.Reset(s)
			return err
		}, nextFailed, "next hop: connection reset by peer"},
		{"answers nothing", func(s fdio.Socket) error {
			_, err := io.Copy(io.Discard, s)
			_ = s.CloseWrite()
			return err
		}, noAnswer, errNextEmpty.Error()},
	} {
		t.Run(test.name, func(t *testing.T) {
			pipetest.Parallel(t)
			first, s := newFakeHop(t, test.behave), quick("copy")
			s.DialTimeout = pipetest.Patience
			s.Next = []Addr{first.addr(), {Network: "tcp", Address: pipetest.ClosedPort(t)}}
			server := between(t, s)
			answer, err := ask(t, server.addr, pipetest.Noise(1000))
			wantReset(t, answer, err)
			if r := server.verdict(test.verdict); r["hop"] != first.addr().String() || r["err"] != test.err {
				t.Errorf("record: %v", r)
			}
			server.hasFailed(1, 1)
		})
	}
}

// All addresses of a host name are next hops.
func TestNextHostName(t *testing.T) {
	pipetest.Parallel(t)
	second := newHTTPHop(t, func(n int, s fdio.Socket, r *http.Request) bool {
		if host, _, _ := net.SplitHostPort(r.Host); host != "two.example" {
			t.Errorf("Host: %q", r.Host)
		}
		return echoHTTP(n, s, r)
	})
	_, port, _ := net.SplitHostPort(second.addr().Address)
	s := quick("copy")
	s.Next = []Addr{{Network: "http", Address: "two.example:" + port}}
	s.lookup = func(context.Context, string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("127.0.0.2"), netip.MustParseAddr("127.0.0.1")}, nil
	}
	server := start(t, s)
	for range 2 {
		answer, err := ask(t, server.addr, pipetest.Noise(1000))
		wantWhole(t, answer, err, pipetest.Noise(1000))
		if r := server.verdict(whole); r["hop"] != s.Next[0].String()+" (127.0.0.1)" {
			t.Errorf("record: %v", r)
		}
	}
	if next := server.server.Stats().Next[0]; next.InFlight != 0 || next.Failures == 0 {
		t.Errorf("stats: %+v", next)
	}
}

// lonely is an address at which no other test listens, and from which none connects: a port
// there is still free when a server that was killed is started again.
const lonely = "127.0.0.253:0"

// One of two next hops is killed and started again while inputs come: each answer is whole,
// and the right one.
func TestSoakOfSeveralHops(t *testing.T) {
	pipetest.Parallel(t)
	seed := seed(t)
	for _, network := range []string{"tcp", "http"} {
		t.Run(network, func(t *testing.T) {
			var logs sync.WaitGroup
			t.Cleanup(logs.Wait)
			hop := func(at string) *apart {
				s := quick("copy")
				s.Listen = []Addr{{Network: network, Address: at}}
				a := startApart(t, s, nil)
				logs.Go(func() {
					for a.log.Scan() { // a full pipe would stop the server
					}
				})
				return a
			}
			frail, steady := hop(lonely), hop("127.0.0.1:0")
			at := strings.TrimPrefix(frail.addr.Address, "//")
			s := quick("copy")
			s.Next = []Addr{{Network: network, Address: at}, {Network: network, Address: strings.TrimPrefix(steady.addr.Address, "//")}}
			server := start(t, s)

			source := rand.New(rand.NewPCG(seed, 0))
			inputs := make(chan []byte)
			var clients sync.WaitGroup
			for range soakClients {
				clients.Go(func() {
					for input := range inputs {
						answer, err := ask(t, server.addr, input)
						wantWhole(t, answer, err, input)
					}
				})
			}
			isDead := false
			for range *soakCount / 3 {
				switch {
				case isDead && source.IntN(2) == 0:
					frail = hop(at)
					isDead = false
				case !isDead && source.IntN(3) == 0 && server.server.Stats().Next[0].InFlight > 0:
					frail.kill()
					_ = frail.cmd.Wait()
					isDead = true
				}
				inputs <- pipetest.Noise(1 + source.IntN(1<<source.IntN(22)))
			}
			close(inputs)
			clients.Wait()
			byHop := map[string]int{}
			for range *soakCount / 3 {
				r := server.verdict(whole)
				byHop[r["hop"]+" "+r["tries"]]++
			}
			t.Logf("answers by next hop, and how many were tried: %v; %+v", byHop, server.server.Stats().Next)
		})
	}
}
