package hop

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
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
type host struct {
	name, port string

	looked  time.Time     // when the last lookup ended
	err     error         // of the last lookup
	doubted bool          // a server has failed since the last lookup began
	looking chan struct{} // closed at the end of the lookup that is under way; nil without one
}

// newHost returns the host of an address, or nil if that has no name to be looked up.
func newHost(a Addr) *host {
	name, port, err := net.SplitHostPort(a.Address)
	if a.Network == "unix" || err != nil || name == "" {
		return nil
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return nil
	}
	return &host{name: name, port: port}
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
// stay as they are.
func (g *Group) setServers(t *target, ips []netip.Addr) {
	var servers []*server
	old := map[string]*server{}
	for _, s := range g.servers {
		if s.target == t {
			old[s.transport.connectTo] = s
		} else {
			servers = append(servers, s)
		}
	}
	current := map[string]bool{}
	for _, ip := range ips {
		at := net.JoinHostPort(ip.Unmap().String(), t.host.port)
		if !current[at] {
			current[at] = true
			servers = append(servers, cmp.Or(old[at], t.newServer(at)))
		}
	}
	for at, s := range old {
		if !current[at] {
			s.transport.Close()
		}
	}
	g.servers = servers
}
