package netpipe

import (
	"fmt"
	"net"
	"strings"
)

// An Addr is an address to listen on or to connect to. The zero Addr is none.
type Addr struct {
	Network string // "tcp" or "unix"
	Address string // "host:port", or the path of a unix socket
}

// ParseAddr reads the forms ":8888", "host:8888", "[::1]:8888" and
// "unix:/path". Without a host, a listener takes connections on every
// interface and a client connects to this machine.
func ParseAddr(s string) (Addr, error) {
	if path, ok := strings.CutPrefix(s, "unix:"); ok {
		if path == "" {
			return Addr{}, fmt.Errorf("address %q: no path", s)
		}
		return Addr{"unix", path}, nil
	}
	_, port, err := net.SplitHostPort(s)
	if err != nil {
		return Addr{}, fmt.Errorf("address %q: want [HOST]:PORT or unix:/path", s)
	}
	if _, err := net.LookupPort("tcp", port); err != nil || port == "" {
		return Addr{}, fmt.Errorf("address %q: unknown port %q", s, port)
	}
	return Addr{"tcp", s}, nil
}

// IsZero reports whether a is no address.
func (a Addr) IsZero() bool { return a == Addr{} }

// String is what ParseAddr reads.
func (a Addr) String() string {
	if a.Network == "unix" {
		return "unix:" + a.Address
	}
	return a.Address
}
