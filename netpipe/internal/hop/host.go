package hop

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"imgpipe/netpipe/internal/fdio"
)

// Times of lookups. One is made when an exchange begins and the last one is older than
// lookupInterval, or than doubtInterval if it failed or one of its servers has failed since.
const (
	lookupInterval = 10 * time.Second
	doubtInterval  = time.Second
	lookupLimit    = 5 * time.Second // how long a lookup may take
)

// A host is the host name of a target. All but name and port is guarded by Group.mu.
//
// A host often has an IPv4 and an IPv6 address for one and the same server. So that no
// server counts twice, the target uses the addresses of one family: that of the first
// address, and the other one when none of the first family can be connected to.
type host struct {
	name, port string

	uses4 bool      // the servers in use are those at IPv4 addresses
	spare []*server // at the addresses of the other family

	looked  time.Time     // when the last lookup ended
	err     error         // of the last lookup
	doubted bool          // a server has failed since the last lookup began
	looking chan struct{} // closed at the end of the lookup that is under way; nil without one
}

// newHost returns the host of an address, or nil if that has no name to be looked up.
func newHost(a Addr) *host {
	name, port, err := net.SplitHostPort(a.Address)
	if a.Network == "unix" || err != nil || name == "" || isLocalhost(name) {
		return nil
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return nil
	}
	return &host{name: name, port: port}
}

// isLocalhost reports whether a name always means this machine (RFC 6761, section 6.3).
func isLocalhost(name string) bool {
	name = "." + strings.ToLower(strings.TrimSuffix(name, "."))
	return strings.HasSuffix(name, ".localhost")
}

func (h *host) isDue(now time.Time) bool {
	interval := lookupInterval
	if h.doubted || h.err != nil {
		interval = doubtInterval
	}
	return h.looking == nil && now.Sub(h.looked) >= interval
}

// lookUpDue begins the lookups that are due. Group.mu is held.
func (g *Group) lookUpDue() {
	now := time.Now()
	for _, t := range g.targets {
		if t.host != nil && t.host.isDue(now) && g.alive.Err() == nil {
			t.host.looking, t.host.doubted = make(chan struct{}), false
			g.lookups.Go(func() { g.lookUp(t) })
		}
	}
}

// firstLookup returns a channel that is closed at the end of a lookup of a target that has
// no servers; nil if there is none. Group.mu is held.
func (g *Group) firstLookup() <-chan struct{} {
	for _, t := range g.targets {
		if t.host != nil && t.host.looking != nil && !g.hasServers(t) {
			return t.host.looking
		}
	}
	return nil
}

func (g *Group) hasServers(t *target) bool {
	return slices.ContainsFunc(g.servers, func(s *server) bool { return s.target == t })
}

// lookupErrors returns those of the targets that have no servers.
func (g *Group) lookupErrors() (errs []error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, t := range g.targets {
		if t.host != nil && t.host.err != nil && !g.hasServers(t) {
			errs = append(errs, fmt.Errorf("connect %s: %w", t.addr, t.host.err))
		}
	}
	return errs
}

// lookUp looks up the addresses of a target's host. If that fails, the servers stay.
func (g *Group) lookUp(t *target) {
	ctx, cancel := context.WithTimeout(g.alive, lookupLimit)
	defer cancel()
	lookup := g.Lookup
	if lookup == nil {
		lookup = lookupIP
	}
	ips, err := lookup(ctx, t.host.name)
	g.mu.Lock()
	defer g.mu.Unlock()
	if err == nil {
		g.setServers(t, ips)
	}
	close(t.host.looking)
	t.host.looked, t.host.err, t.host.looking = time.Now(), fdio.Plain(err), nil
}

func lookupIP(ctx context.Context, host string) ([]netip.Addr, error) {
	return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
}

// setServers has a target have the servers at these addresses. Those that it had before
// stay as they are, and so does the family in use, if it has addresses. Group.mu is held.
func (g *Group) setServers(t *target, ips []netip.Addr) {
	isInUse := func(ip netip.Addr) bool { return ip.Unmap().Is4() == t.host.uses4 }
	if len(ips) > 0 && (!g.hasServers(t) || !slices.ContainsFunc(ips, isInUse)) {
		t.host.uses4 = ips[0].Unmap().Is4()
	}
	old := map[string]*server{}
	for _, s := range append(g.serversOf(t), t.host.spare...) {
		old[s.transport.connectTo] = s
	}
	current := map[string]bool{}
	var servers, spare []*server
	for _, ip := range ips {
		at := net.JoinHostPort(ip.Unmap().String(), t.host.port)
		if current[at] {
			continue
		}
		current[at] = true
		s := cmp.Or(old[at], t.newServer(at))
		if isInUse(ip) {
			servers = append(servers, s)
		} else {
			spare = append(spare, s)
		}
	}
	for at, s := range old {
		if !current[at] {
			s.transport.Close()
		}
	}
	g.use(t, servers, spare)
}

// use has a target use these servers, and keep the spare ones. Group.mu is held.
func (g *Group) use(t *target, servers, spare []*server) {
	g.servers = slices.DeleteFunc(g.servers, func(s *server) bool { return s.target == t })
	g.servers = append(g.servers, servers...)
	t.host.spare = spare
}

// serversOf returns the servers of a target that are in use. Group.mu is held.
func (g *Group) serversOf(t *target) (servers []*server) {
	for _, s := range g.servers {
		if s.target == t {
			servers = append(servers, s)
		}
	}
	return servers
}

// noteReached notes whether a server could be connected to. If none of the family in use
// could, the target uses the other family from now on.
func (g *Group) noteReached(s *server, reached bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s.unreached = !reached
	t := s.target
	if reached || t.host == nil || len(t.host.spare) == 0 {
		return
	}
	inUse := g.serversOf(t)
	if slices.Contains(inUse, s) && !slices.ContainsFunc(inUse, func(s *server) bool { return !s.unreached }) {
		t.host.uses4 = !t.host.uses4
		g.use(t, t.host.spare, inUse)
	}
}
