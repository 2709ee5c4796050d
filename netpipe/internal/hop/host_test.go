package hop

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/pipetest"
)

// A resolver answers lookups as a test wants.
type resolver struct {
	mu    sync.Mutex
	ips   []string
	err   error
	delay time.Duration
	asked int
}

func (r *resolver) set(err error, delay time.Duration, ips ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ips, r.err, r.delay = ips, err, delay
}

func (r *resolver) lookup(ctx context.Context, host string) (ips []netip.Addr, err error) {
	r.mu.Lock()
	r.asked++
	text, err, delay := r.ips, r.err, r.delay
	r.mu.Unlock()
	select {
	case <-time.After(delay):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if host != "two.example" {
		return nil, errors.New("another name")
	}
	for _, ip := range text {
		ips = append(ips, netip.MustParseAddr(ip))
	}
	return ips, err
}

// takeAddress checks the address that the next call would connect to.
func takeAddress(t *testing.T, g *Group, want string) *Call {
	t.Helper()
	call, _ := g.take(t.Context(), nil)
	if call == nil {
		t.Fatalf("want a call to %s, got none", want)
	}
	if call.server.transport.connectTo != want {
		t.Errorf("want a call to %s, got %s", want, call.server.transport.connectTo)
	}
	return call
}

// All addresses of a host that are of one family are servers. It is looked up anew now and
// then, for which no call waits. By the clock of a synctest bubble.
func TestHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, Addr{"https", "two.example:443"})
		r := &resolver{}
		g.Lookup = r.lookup
		asked := func(want int) {
			t.Helper()
			synctest.Wait()
			if r.asked != want {
				t.Errorf("want %d lookups, got %d", want, r.asked)
			}
		}
		if !g.IsSeveral() || !MayBeSeveral([]Addr{g.targets[0].addr}) {
			t.Error("a host that was not looked up yet may be several servers")
		}

		r.set(nil, time.Second, "192.0.2.1", "::ffff:192.0.2.2", "2001:db8::3", "192.0.2.3", "192.0.2.1")
		begun := time.Now()
		first := takeAddress(t, g, "192.0.2.1:443")
		if waited := time.Since(begun); waited != time.Second {
			t.Errorf("the first call waits for the lookup, not for %v", waited)
		}
		if got, want := first.Server(), "https://two.example:443 (192.0.2.1)"; got != want {
			t.Errorf("Server: want %q, got %q", want, got)
		}
		takeAddress(t, g, "192.0.2.2:443")
		takeAddress(t, g, "192.0.2.3:443").release()
		takeAddress(t, g, "192.0.2.3:443")
		asked(1)
		if !g.IsSeveral() {
			t.Error("three addresses are several servers")
		}

		// What has changed is there when the lookup has ended. A server that stays keeps
		// its calls and its health.
		r.set(nil, time.Second, "2001:db8::3", "192.0.2.1", "192.0.2.4")
		time.Sleep(lookupInterval)
		begun = time.Now()
		takeAddress(t, g, "192.0.2.1:443")
		if waited := time.Since(begun); waited != 0 {
			t.Errorf("a call waits for a lookup for %v", waited)
		}
		asked(2)
		time.Sleep(time.Second)
		synctest.Wait()
		for range 2 {
			takeAddress(t, g, "192.0.2.4:443")
		}
		if loads := g.Loads(); loads[0].InFlight != 6 {
			t.Errorf("calls of servers that are no more count, too: %v", loads)
		}

		// A failure makes the next lookup come sooner; if that fails, the servers stay.
		r.set(errors.New("no answer"), 0)
		first.Fail()
		for want := 2; want <= 4; want++ {
			taken(t, g, 2)
			asked(want)
			time.Sleep(doubtInterval)
		}
		if len(g.servers) != 2 {
			t.Errorf("want the 2 servers that there were, got %d", len(g.servers))
		}
	})
}

// A server with an address of each family is one server, and so is this machine.
func TestHostIsOneServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, Addr{"tcp", "two.example:1"})
		g.Lookup = (&resolver{ips: []string{"::1", "127.0.0.1"}}).lookup
		calls := []*Call{takeAddress(t, g, "[::1]:1"), takeAddress(t, g, "[::1]:1")}
		if g.IsSeveral() || g.HasOther(calls) {
			t.Error("one address of each family is one server")
		}
	})
	for _, name := range []string{"localhost", "LOCALHOST.", "a.localhost"} {
		if MayBeSeveral([]Addr{{"tcp", name + ":1"}}) {
			t.Errorf("%s is this machine alone", name)
		}
	}
	for _, name := range []string{"notlocalhost", "localhost.example"} {
		if !MayBeSeveral([]Addr{{"tcp", name + ":1"}}) {
			t.Errorf("%s may be several servers", name)
		}
	}
}

// If no address of the first family can be connected to, those of the other one are used,
// until they cannot be connected to.
func TestHostOtherFamily(t *testing.T) {
	pipetest.Parallel(t)
	good := listen(t, func(fdio.Socket) {})
	_, port, _ := net.SplitHostPort(good.Address)
	r := &resolver{ips: []string{"::1", "127.0.0.1"}} // nothing listens at the first one
	g := newGroup(t, Addr{"tcp", "two.example:" + port})
	g.Lookup = r.lookup
	open := func() *Call {
		t.Helper()
		call, err := g.Open(t.Context(), "", nil)
		if err != nil {
			t.Fatal(err)
		}
		call.Close()
		return call
	}
	for range 2 {
		if got := open().server.transport.connectTo; got != good.Address {
			t.Errorf("want a call to %s, got %s", good.Address, got)
		}
	}
	if g.IsSeveral() || g.Loads()[0].Failures != 1 {
		t.Errorf("want one server, and one failure of the other address: %+v", g.Loads())
	}
	g.noteReached(g.servers[0], false)
	if len(g.servers) != 1 || g.servers[0].transport.connectTo != "[::1]:"+port {
		t.Errorf("want the server of the first family again, got %v", g.servers)
	}
}

// A host whose addresses cannot be looked up leaves the calls to others.
func TestHostUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		unknown := errors.New("no such host")
		r := &resolver{err: unknown}
		g := newGroup(t, Addr{"tcp", "two.example:1"})
		g.Lookup = r.lookup
		if _, err := g.Open(t.Context(), "", nil); !errors.Is(err, unknown) || err.Error() != "connect two.example:1: no such host" {
			t.Errorf("want %v, got %v", unknown, err)
		}
		if single := newGroup(t, Addr{"tcp", "192.0.2.1:1"}); single.IsSeveral() || MayBeSeveral([]Addr{{"tcp", "192.0.2.1:1"}}) {
			t.Error("one address is no several servers")
		}
		g = newGroup(t, Addr{"tcp", "two.example:1"}, Addr{"unix", "a"})
		g.Lookup = r.lookup
		for range 3 {
			takeAddress(t, g, "a")
		}
		synctest.Wait()
		if r.asked != 2 {
			t.Errorf("want a lookup of each group, got %d", r.asked)
		}

		// A call does not wait longer than its context lasts.
		r.set(nil, time.Hour)
		g = newGroup(t, Addr{"tcp", "two.example:1"})
		g.Lookup = r.lookup
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begun := time.Now()
		if _, err := g.Open(ctx, "", nil); !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) != time.Second {
			t.Errorf("want %v after 1s, got %v after %v", context.DeadlineExceeded, err, time.Since(begun))
		}
	})
}
