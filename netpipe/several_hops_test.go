package netpipe

import (
	"context"
	"errors"
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

// hopBehaviours are ways of raw next hops to give no whole answer.
var hopBehaviours = []struct {
	name   string
	behave func(fdio.Socket) error
}{
	{"resets at once", func(s fdio.Socket) error {
		pipetest.Reset(s)
		return nil
	}},
	{"resets in mid-input", func(s fdio.Socket) error {
		_, err := io.CopyN(io.Discard, s, 1000)
		pipetest.Reset(s)
		return err
	}},
	{"resets after the input", func(s fdio.Socket) error {
		_, err := io.Copy(io.Discard, s)
		pipetest.Reset(s)
		return err
	}},
	{"resets in mid-answer", func(s fdio.Socket) error {
		_, err := io.Copy(io.Discard, s)
		_, _ = s.Write(pipetest.Written(100_000))
		pipetest.Reset(s)
		return err
	}},
	{"resets in mid-answer, input unread", func(s fdio.Socket) error {
		_, err := io.CopyN(io.Discard, s, 1000)
		_, _ = s.Write(pipetest.Written(1000))
		pipetest.Reset(s)
		return err
	}},
	{"answers nothing", func(s fdio.Socket) error {
		_, err := io.Copy(io.Discard, s)
		_ = s.CloseWrite()
		return err
	}},
	{"answers nothing before it has read everything", func(s fdio.Socket) error {
		_, _ = io.CopyN(io.Discard, s, 1000)
		_ = s.CloseWrite()
		_, err := io.Copy(io.Discard, s)
		return err
	}},
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

// Where a next hop gives no whole answer, another one gets the input from its beginning, and
// the answer is its alone.
func TestChaosSeveralHops(t *testing.T) {
	pipetest.Parallel(t)
	try := func(name, kind string, first func(*testing.T) *fakeHop) {
		t.Run(name+"/then "+kind, func(t *testing.T) {
			pipetest.Parallel(t)
			for _, steps := range [][]string{{"copy"}, {"read", "write:3000000"}, {"read:1000", "write:3000000"}} {
				next := hopKinds[kind](t)
				server := between(t, quick(steps...), first(t), next)
				input := pipetest.Noise(300_000)
				answer, err := ask(t, server.addr, input)
				if len(steps) > 1 {
					input = pipetest.Written(3_000_000)
				}
				wantWhole(t, answer, err, input)
				r := server.verdict(whole)
				// A reset at once may be seen when the connection is made.
				if r["hop"] != next.addr().String() || r["tries"] != "2" && name != "resets at once" {
					t.Errorf("record: %v", r)
				}
				server.hasFailed(1, 0)
			}
		})
	}
	for _, test := range hopBehaviours {
		try(test.name, "tcp", func(t *testing.T) *fakeHop { return newFakeHop(t, test.behave) })
		try(test.name, "http", func(t *testing.T) *fakeHop { return newFakeHop(t, test.behave) })
		try(test.name+" over TLS", "tls", func(t *testing.T) *fakeHop { return newFakeTLSHop(t, test.behave) })
	}
	for _, test := range answers {
		if test.want == "" || strings.HasPrefix(test.want, "HTTP status") {
			continue
		}
		behave := func(_ int, s fdio.Socket, r *http.Request) bool { test.behave(s, r); return false }
		try(test.name, "http", func(t *testing.T) *fakeHop { return newHTTPHop(t, behave) })
		try(test.name+" over TLS", "tcp", func(t *testing.T) *fakeHop { return newHTTPSHop(t, behave) })
	}
	for _, status := range []string{
		"401 Unauthorized", "403 Forbidden", "404 Not Found", "405 Method Not Allowed", "421 Misdirected Request",
		"429 Too Many Requests", "502 Bad Gateway", "503 Service Unavailable",
	} {
		try(status, "https", func(t *testing.T) *fakeHop {
			return newHTTPHop(t, func(_ int, s fdio.Socket, r *http.Request) bool {
				respond(s, "HTTP/1.1 "+status+"\nContent-Length: 0\nConnection: close\n\n")
				return false
			})
		})
	}
}

// What is not handed to another next hop: an input that one has judged, or that was not
// kept; and what this server's own filter or its client broke.
func TestChaosSeveralHopsOnce(t *testing.T) {
	pipetest.Parallel(t)
	gate := pipetest.NewMeeting(t)
	resets := func(t *testing.T) *fakeHop {
		return newFakeHop(t, func(s fdio.Socket) error {
			_, _ = io.Copy(io.Discard, s)
			pipetest.Reset(s)
			return errBroken
		})
	}
	says := func(status string) func(*testing.T) *fakeHop {
		return func(t *testing.T) *fakeHop {
			return newHTTPHop(t, func(_ int, s fdio.Socket, r *http.Request) bool {
				takes(s, r)
				respond(s, "HTTP/1.1 "+status+"\nContent-Length: 0\n\n")
				return true
			})
		}
	}
	for _, test := range []struct {
		name     string
		first    func(*testing.T) *fakeHop
		set      func(*Server)
		verdict  verdict
		failures uint64
	}{
		{"422", says("422 Bad"), func(*Server) {}, nextFailed, 0},
		{"413", says("413 Large"), func(*Server) {}, nextFailed, 0},
		{"500", says("500 Killed"), func(*Server) {}, nextFailed, 0},
		{"508", says("508 Loop"), func(*Server) {}, nextFailed, 0},
		{"answers are not held", resets, func(s *Server) { s.NoHold = true }, nextFailed, 1},
		{"more than an answer may have", resets, func(s *Server) { s.MaxAnswer = 299_999 }, nextFailed, 1},
		{"more than may be held", resets, func(s *Server) { s.MaxHeld = 2_000_000 }, nextFailed, 1},
		{"it hangs", func(t *testing.T) *fakeHop {
			return newFakeHop(t, func(s fdio.Socket) error {
				_, err := s.Read(make([]byte, 1))
				return errors.Join(err, fdio.AwaitHangup(s))
			})
		}, func(s *Server) { s.Timeout = 10 * short }, filterTimeout, 1},
		{"the filter hangs", hopKinds["tcp"], func(s *Server) {
			s.Timeout, s.Filter = 10*short, pipetest.Filter("write:10", "read", "meet:"+gate.String())
		}, filterTimeout, 0},
		{"the filter fails", hopKinds["tcp"], func(s *Server) {
			s.Filter = pipetest.Filter("copy", "exit:3")
		}, filterFailed, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			pipetest.Parallel(t)
			first, second := test.first(t), hopKinds["tcp"](t)
			s := quick("copy")
			test.set(s)
			server := between(t, s, first, second)
			answer, err := ask(t, server.addr, pipetest.Noise(300_000))
			wantReset(t, answer, err)
			if r := server.verdict(test.verdict); r["hop"] != first.addr().String() || r["tries"] != "" {
				t.Errorf("record: %v", r)
			}
			server.hasFailed(test.failures, 0)
			second.sawNoEnd(t)
			if len(second.inputs) > 0 {
				t.Errorf("the second next hop had connections: %v", second.inputs)
			}
		})
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
