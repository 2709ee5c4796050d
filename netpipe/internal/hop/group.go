package hop

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"sync"
	"syscall"
	"time"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/tlsconn"
)

// A Group makes each exchange with one of several servers: of those that work, with the one
// that has the fewest exchanges under way. An address with a host name stands for all IPv4
// or all IPv6 addresses of the host, each of which is a server; see host.
//
// Which servers work shows by the exchanges alone; see health.
type Group struct {
	// Lookup returns the IP addresses of a host name; nil means the system's resolver.
	Lookup     func(ctx context.Context, host string) ([]netip.Addr, error)
	AllowEmpty bool // a server that answers with 0 bytes works

	targets []*target
	alive   context.Context // done: Close has been called
	end     context.CancelFunc
	lookups sync.WaitGroup

	mu      sync.Mutex
	servers []*server      // of all targets, those in use
	turn    int            // the index in servers at which the next search begins
	random  func() float64 // returns a number in [0, 1) that spreads the rests of servers
}

// A target is one address of a Group, as it was configured.
type target struct {
	addr     Addr
	tls      *tlsconn.Source
	host     *host  // nil for an address without a host name
	inFlight int    // exchanges under way, also with servers that its host no longer has
	failures uint64 // exchanges that failed because of its servers
}

// A server is one place to connect to.
type server struct {
	target    *target
	transport *Transport
	inFlight  int
	health    health
	unreached bool // the last attempt to connect to it failed
}

// NewGroup returns a Group for these addresses; one that comes twice counts once. files and
// warn are for those with TLS.
func NewGroup(addrs []Addr, files tlsconn.Files, warn func(error)) (*Group, error) {
	g := &Group{random: rand.Float64}
	g.alive, g.end = context.WithCancel(context.Background())
	for i, addr := range addrs {
		if slices.Contains(addrs[:i], addr) {
			continue
		}
		source, err := NewTLS(addr, files, warn)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", addr, err)
		}
		t := &target{addr: addr, tls: source, host: newHost(addr)}
		if t.host == nil {
			g.servers = append(g.servers, t.newServer(addr.Address))
		}
		g.targets = append(g.targets, t)
	}
	return g, nil
}

func (t *target) newServer(at string) *server {
	return &server{target: t, transport: &Transport{Addr: t.addr, TLS: t.tls, connectTo: at}}
}

// String returns the address as it was configured, and which of its host's it is.
func (s *server) String() string {
	text := s.target.addr.String()
	if s.target.host != nil {
		ip, _, _ := net.SplitHostPort(s.transport.connectTo)
		text += " (" + ip + ")"
	}
	return text
}

// Pauses between attempts to connect to servers that refuse.
const (
	firstRetry = 5 * time.Millisecond
	lastRetry  = 250 * time.Millisecond
)

// Open starts an exchange with a server, other than those of calls that have failed. If it
// cannot connect to one server, it takes the next; if none is left and some have refused,
// it begins anew until ctx is done, since they may be about to start. After failed calls it
// does not: the input may be what makes servers fail. fields are those of Transport.Open.
func (g *Group) Open(ctx context.Context, fields string, failed []*Call) (*Call, error) {
	var refused error
	for wait := firstRetry; ; wait = min(2*wait, lastRetry) {
		call, err := g.openOnce(ctx, fields, failed)
		switch {
		case err == nil:
			return call, nil
		case len(failed) > 0:
			return nil, err
		case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ENOENT):
			refused = err
		case refused != nil && (ctx.Err() != nil || fdio.IsTimeout(err) || errors.Is(err, context.DeadlineExceeded)):
			return nil, refused // the last attempt had no time left, which openOnce may see before ctx is done
		default:
			return nil, err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil, refused
		}
	}
}

// openOnce tries each server once, until an exchange has begun. The error has those of all.
func (g *Group) openOnce(ctx context.Context, fields string, failed []*Call) (*Call, error) {
	var tried []*server
	for _, call := range failed {
		tried = append(tried, call.server)
	}
	var errs []error
	for ctx.Err() == nil || len(errs) == 0 {
		call, others := g.take(ctx, tried)
		if call == nil {
			errs = append(errs, g.lookupErrors()...)
			break
		}
		err := call.open(ctx, fields, others)
		if err == nil {
			return call, nil
		}
		errs = append(errs, fmt.Errorf("connect %s: %w", call.server, err))
		tried = append(tried, call.server)
	}
	if len(errs) == 0 {
		return nil, cmp.Or(ctx.Err(), errNoOther)
	}
	all := errs[0]
	for _, err := range errs[1:] {
		all = fmt.Errorf("%w; %w", all, err)
	}
	return nil, all
}

var errNoOther = errors.New("there is no other server")

// take begins a call to a server that is not in tried, and returns how many others there
// are. It waits for a lookup only if there is no server else. It returns nil if there is
// none.
func (g *Group) take(ctx context.Context, tried []*server) (call *Call, others int) {
	for {
		g.mu.Lock()
		g.lookUpDue()
		if s := g.choose(tried); s != nil {
			call = newCall(g, s)
			others = len(g.servers) - len(tried) - 1
			if s.target.host != nil {
				others += len(s.target.host.spare)
			}
		}
		lookup := g.firstLookup()
		g.mu.Unlock()
		if call != nil || lookup == nil {
			return call, others
		}
		select {
		case <-lookup:
		case <-ctx.Done():
			return nil, 0
		}
	}
}

// choose returns the server that has the fewest exchanges under way, of those that work or
// whose rest is over; ties go round. If all rest, it also returns the one with the fewest,
// since a server that hangs keeps its exchanges; of several, the one that has rested longest.
func (g *Group) choose(tried []*server) *server {
	now := time.Now()
	var best, rested *server
	for i := range g.servers {
		s := g.servers[(g.turn+i)%len(g.servers)]
		switch {
		case slices.Contains(tried, s):
		case s.health.mayTake(now):
			if best == nil || s.inFlight < best.inFlight {
				best = s
			}
		case rested == nil || s.inFlight < rested.inFlight ||
			s.inFlight == rested.inFlight && s.health.since.Before(rested.health.since):
			rested = s
		}
	}
	best = cmp.Or(best, rested)
	g.turn = slices.Index(g.servers, best) + 1
	return best
}

// MayBeSeveral reports whether a Group for these addresses may have several servers.
func MayBeSeveral(addrs []Addr) bool {
	return len(addrs) > 1 || slices.ContainsFunc(addrs, func(a Addr) bool { return newHost(a) != nil })
}

// IsSeveral reports whether there are several servers, or may be when a host has been looked
// up.
func (g *Group) IsSeveral() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.servers) > 1 || slices.ContainsFunc(g.targets, func(t *target) bool { return !g.hasServers(t) })
}

// HasOther reports whether there is a server besides those of these calls.
func (g *Group) HasOther(calls []*Call) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.ContainsFunc(g.servers, func(s *server) bool {
		return !slices.ContainsFunc(calls, func(c *Call) bool { return c.server == s })
	})
}

// A Load is what the servers of an address have and had to do.
type Load struct {
	Addr     Addr   // as it was configured
	InFlight int    // exchanges under way
	Failures uint64 // exchanges that failed because of a server
}

// Loads returns the loads of the moment, of the addresses in their order.
func (g *Group) Loads() []Load {
	g.mu.Lock()
	defer g.mu.Unlock()
	loads := make([]Load, len(g.targets))
	for i, t := range g.targets {
		loads[i] = Load{Addr: t.addr, Failures: t.failures, InFlight: t.inFlight}
	}
	return loads
}

// ReloadTLS reads the certificates of all addresses anew. Those that cannot be read stay.
func (g *Group) ReloadTLS() {
	for _, t := range g.targets {
		if t.tls != nil {
			t.tls.Reload()
		}
	}
}

// Close closes the idle connections, and has later ones closed after their exchange. It
// waits for lookups that are under way.
func (g *Group) Close() {
	g.mu.Lock()
	g.end() // with the lock: no lookup begins after that
	g.mu.Unlock()
	g.lookups.Wait()
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, s := range g.servers {
		s.transport.Close()
	}
	for _, t := range g.targets {
		if t.host != nil {
			for _, s := range t.host.spare {
				s.transport.Close()
			}
		}
	}
}
