package netpipe

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"imgpipe/netpipe/internal/hop"
	"imgpipe/netpipe/internal/unixsocket"
)

// newNext returns the servers of s.Next, or nil if there are none.
func (sv *service) newNext() (*hop.Group, error) {
	s := sv.config
	if len(s.Next) == 0 {
		return nil, nil
	}
	for _, at := range s.Next {
		if at.Network != "unix" {
			continue
		}
		if err := unixsocket.Check(at.Address); err != nil {
			return nil, fmt.Errorf("next %s: %w", at, err)
		}
	}
	next, err := hop.NewGroup(s.Next, s.NextTLS, sv.warnOfTLS)
	if err != nil {
		return nil, fmt.Errorf("next %w", err)
	}
	if slices.ContainsFunc(s.Next, Addr.IsTLS) {
		sv.warnOfKey(s.NextTLS)
	}
	next.AllowEmpty, next.Lookup = s.AllowEmpty, s.lookup
	return next, nil
}

// A lookupFunc returns the IP addresses of a host name.
type lookupFunc = func(ctx context.Context, host string) ([]netip.Addr, error)

// NextStats are what the servers at one address of Server.Next do at one moment, and how
// often they have failed since Serve was called. A host name may stand for several servers.
type NextStats struct {
	Addr     Addr
	InFlight int // connections that wait for their answer

	// Failures counts refused or broken connections, answers that did not come, and statuses
	// that are about the server: 401, 403, 404, 405, 421, 429, 502 and 503.
	Failures uint64
}

// nextStats returns those of all addresses, in their order.
func (sv *service) nextStats() (all []NextStats) {
	if sv.next == nil {
		return nil
	}
	for _, load := range sv.next.Loads() {
		all = append(all, NextStats(load))
	}
	return all
}

// idleNext returns the NextStats of a server that does not run.
func (s *Server) idleNext() (all []NextStats) {
	for _, at := range s.Next {
		all = append(all, NextStats{Addr: at})
	}
	return all
}
