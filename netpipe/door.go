package netpipe

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"syscall"
)

// A door lets connections in, or not, before a byte of theirs is read.
type door struct {
	allow     []netip.Prefix // none: everybody
	perSource int            // connections of one source at once; 0: no bound
	room      int            // connections of all sources at once

	mu      sync.Mutex
	inside  int
	sources map[netip.Addr]int
}

// Descriptors: what is open besides connections; what a filter takes, three
// pipes; what a connection takes while it has one, with the next hop; and what it
// takes as long as it lives, its socket and, until the answer is sent, a
// temporary file.
const (
	baseFiles   = 32
	filterFiles = 3
	boundFiles  = filterFiles + 1
	connFiles   = 2
)

// newDoor leaves so many connections in that the filters of s never lack
// descriptors, however many clients connect and say nothing, or take their
// answers slowly.
func newDoor(s *Server) (*door, error) {
	d := &door{allow: s.Allow, perSource: s.MaxPerSource, sources: map[netip.Addr]int{}}
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil {
		return nil, fmt.Errorf("limit of open files: %w", err)
	}
	d.room = (int(min(uint64(files.Cur), 1<<30)) - baseFiles - filterFiles*s.Pool - boundFiles*s.Max) / connFiles
	if d.room < max(s.Max, 1) {
		return nil, fmt.Errorf("the limit of open files, %d, is too low for -max %d and -pool %d", files.Cur, s.Max, s.Pool)
	}
	return d, nil
}

// enter lets a connection in; leave must follow. If too many of one source can be
// told so, as many more as may come in do, and are over.
func (d *door) enter(from net.Addr, told bool) (over bool, err error) {
	at := address(from)
	if at.IsValid() && !d.allowed(at) {
		return false, errNotAllowed
	}
	source := sourceOf(at)
	d.mu.Lock()
	defer d.mu.Unlock()
	over = source.IsValid() && d.perSource > 0 && d.sources[source] >= d.perSource
	switch {
	case d.inside >= d.room:
		return over, errNoRoom
	case over && !(told && d.sources[source] < 2*d.perSource):
		return over, errSourceBusy
	}
	d.inside++
	d.sources[source]++
	return over, nil
}

func (d *door) leave(from net.Addr) {
	source := sourceOf(address(from))
	d.mu.Lock()
	defer d.mu.Unlock()
	d.inside--
	if d.sources[source]--; d.sources[source] == 0 {
		delete(d.sources, source)
	}
}

func (d *door) allowed(at netip.Addr) bool {
	return len(d.allow) == 0 || slices.ContainsFunc(d.allow, func(p netip.Prefix) bool { return p.Contains(at) })
}

// address is the IP address of from; a unix socket has none.
func address(from net.Addr) netip.Addr {
	tcp, ok := from.(*net.TCPAddr)
	if !ok {
		return netip.Addr{}
	}
	return tcp.AddrPort().Addr().Unmap().WithZone("")
}

// sourceOf is whom a connection counts for: an IPv4 address, or the /64 of an
// IPv6 address, which is what one host has.
func sourceOf(at netip.Addr) netip.Addr {
	if at.Is6() {
		return netip.PrefixFrom(at, 64).Masked().Addr()
	}
	return at
}
