package netpipe

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"syscall"

	"imgpipe/netpipe/internal/hop"
	"imgpipe/netpipe/internal/procpool"
	"imgpipe/netpipe/statusport"
)

// A connLimiter decides whether a connection may come in, before a byte is read from it.
type connLimiter struct {
	allow       []netip.Prefix // Server.Allow
	perSource   int            // Server.MaxPerSource
	perLoopback int            // Server.MaxPerLoopback
	total       int            // connections at once

	mu      sync.Mutex
	inside  int
	sources map[netip.Addr]int
}

// Descriptors that are open: besides connections; for the connection to the next hop of
// one that has a filter; for the output that it keeps if there are several next hops; and
// for each connection, its socket and, until the answer is sent, a temporary file.
const (
	baseFiles = 32
	nextFiles = 1
	keptFiles = 1
	connFiles = 2
)

// newConnLimiter lets only so many connections in that filters never lack descriptors,
// however many clients connect and are silent, or take their answers slowly. A filter has
// so many programs.
func newConnLimiter(s *Server, programs int) (*connLimiter, error) {
	l := &connLimiter{allow: s.Allow, perSource: s.MaxPerSource, perLoopback: s.MaxPerLoopback, sources: map[netip.Addr]int{}}
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil {
		return nil, fmt.Errorf("limit of open files: %w", err)
	}
	l.total = (int(min(uint64(files.Cur), 1<<30)) - filesBesideConns(s, programs)) / connFiles
	if l.total < max(s.Max, 1) {
		return nil, fmt.Errorf("%w: %d, for %d connections with a filter and %d filters started ahead", ErrFileLimit, files.Cur, s.Max, s.Pool)
	}
	return l, nil
}

// filesBesideConns returns how many descriptors a server needs besides those of
// connections.
func filesBesideConns(s *Server, programs int) int {
	filter := procpool.Files * programs
	files := baseFiles + filter*s.Pool + (filter+nextFiles)*s.Max
	if hop.MayBeSeveral(s.Next) {
		files += keptFiles * s.Max
	}
	if !s.Status.IsZero() {
		files += 1 + statusport.MaxConns
	}
	return files
}

// enter lets a connection in, or returns why not. leave must follow if it is in. canBeTold
// and overLimit are those of enterClient.
func (l *connLimiter) enter(client netip.Addr, canBeTold bool) (overLimit bool, err error) {
	if overLimit, err = l.enterClient(client, canBeTold); err != nil {
		return false, err
	}
	if err = l.enterSocket(); err != nil {
		l.leaveClient(client)
	}
	return overLimit, err
}

func (l *connLimiter) leave(client netip.Addr) {
	l.leaveSocket()
	l.leaveClient(client)
}

// enterSocket lets a connection in whose client is not known so far, such as that of a
// trusted proxy. leaveSocket must follow if there is no error.
func (l *connLimiter) enterSocket() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.inside >= l.total {
		return ErrNoFiles
	}
	l.inside++
	return nil
}

func (l *connLimiter) leaveSocket() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.inside--
}

// enterClient counts a connection, or a request that comes over a trusted proxy, as one of
// its client, or returns why the client may not come. leaveClient must follow if there is no
// error. If canBeTold, a source that has reached its limit may have as many again, which are
// over the limit: they are let in to be told so.
func (l *connLimiter) enterClient(client netip.Addr, canBeTold bool) (overLimit bool, err error) {
	if !isAllowed(l.allow, client) {
		return false, ErrNotAllowed
	}
	source, limit := sourceOf(client), l.perSource
	if client.IsLoopback() {
		limit = l.perLoopback
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	overLimit = source.IsValid() && limit > 0 && l.sources[source] >= limit
	if overLimit && !(canBeTold && l.sources[source] < 2*limit) {
		return false, ErrSourceLimit
	}
	l.sources[source]++
	return overLimit, nil
}

func (l *connLimiter) leaveClient(client netip.Addr) {
	source := sourceOf(client)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.sources[source]--; l.sources[source] == 0 {
		delete(l.sources, source)
	}
}

// count returns how many connections are in.
func (l *connLimiter) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.inside
}

// isAllowed reports whether an address is in one of the prefixes, or there are none. A
// unix socket, whose address is the zero Addr, is always allowed.
func isAllowed(allow []netip.Prefix, at netip.Addr) bool {
	return len(allow) == 0 || !at.IsValid() || isIn(allow, at)
}

func isIn(prefixes []netip.Prefix, at netip.Addr) bool {
	return slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return unmapped(p).Contains(at) })
}

// unmapped returns the IPv4 prefix that an IPv4-mapped IPv6 prefix stands for (RFC 4291,
// section 2.5.5.2), and any other prefix as it is.
func unmapped(p netip.Prefix) netip.Prefix {
	const mapped = 96 // bits in front of the IPv4 address
	if p.Addr().Is4In6() && p.Bits() >= mapped {
		return netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-mapped)
	}
	return p
}

// ipAddr returns the IP address of a TCP address, else the zero Addr.
func ipAddr(a net.Addr) netip.Addr {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.Addr{}
	}
	return tcp.AddrPort().Addr().Unmap().WithZone("")
}

// isRequestAllowed is isAllowed for the client of a request to another server than an
// httpServer. A RemoteAddr that is not an IP address, with or without a port, is not
// allowed, unless the server listens on a unix socket.
func isRequestAllowed(allow []netip.Prefix, r *http.Request) bool {
	if len(allow) == 0 {
		return true
	}
	at := parseClient(r.RemoteAddr)
	return at.IsValid() && isIn(allow, at) || !at.IsValid() && isOverUnix(r)
}

// isOverUnix reports whether a request has come over a unix socket.
func isOverUnix(r *http.Request) bool {
	local, _ := r.Context().Value(http.LocalAddrContextKey).(*net.UnixAddr)
	return local != nil
}

// parseClient returns the IP address in a text, with or without a port; the zero Addr if
// the text is another.
func parseClient(text string) netip.Addr {
	at, _ := netip.ParseAddr(text)
	if withPort, err := netip.ParseAddrPort(text); err == nil {
		at = withPort.Addr()
	}
	return at.Unmap().WithZone("")
}

// sourceOf returns what connections are counted by: an IPv4 address, or the /64 of an
// IPv6 address, which is what one host has.
func sourceOf(at netip.Addr) netip.Addr {
	if at.Is6() {
		return netip.PrefixFrom(at, 64).Masked().Addr()
	}
	return at
}
