package netpipe

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"
)

// hopsField is the field of a request to the next hop that names the servers that have
// had the input, the last one last. Without it, servers that are each other's next hops
// would hand an input on until each of them has no place left.
const hopsField = "Netpipe-Hops"

// maxHops bounds how many servers may have had an input.
const maxHops = 32

// A loopGuard is the name of a server in hopsField.
type loopGuard struct{ name string }

func newLoopGuard() loopGuard {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return loopGuard{hex.EncodeToString(b[:])}
}

// field returns the field for the next hop of an input that hops have had before.
func (g loopGuard) field(hops []string) string {
	return hopsField + ": " + strings.Join(append(hops, g.name), ", ") + "\r\n"
}

// isLoop reports whether this server has had an input before, or too many others.
func (g loopGuard) isLoop(hops []string) bool {
	return len(hops) >= maxHops || slices.Contains(hops, g.name)
}

// hopsOf returns the servers that a request names: what is not a name is left out.
func hopsOf(header http.Header) (hops []string) {
	for name := range strings.SplitSeq(strings.Join(header.Values(hopsField), ","), ",") {
		name = strings.TrimSpace(name)
		if b, err := hex.DecodeString(name); err == nil && len(b) == 8 {
			hops = append(hops, name)
		}
	}
	return hops
}

// lookupTimeout is how long checkNext looks for the addresses of a name. A name that is
// not known yet is no error.
const lookupTimeout = 2 * time.Second

// checkNext returns ErrLoop if one of the listeners has the address of a next hop.
func (s *Server) checkNext(ctx context.Context, listeners []listener) error {
	for _, next := range s.Next {
		if slices.ContainsFunc(listeners, func(l listener) bool { return isNext(ctx, l.Addr(), next) }) {
			return fmt.Errorf("next %s: %w", next, ErrLoop)
		}
	}
	return nil
}

// isNext reports whether a connection to next would come to the listener at the address at.
func isNext(ctx context.Context, at net.Addr, next Addr) bool {
	switch at := at.(type) {
	case *net.UnixAddr:
		return next.Network == "unix" && sameFile(at.Name, next.Address)
	case *net.TCPAddr:
		return next.Network != "unix" && isNextTCP(ctx, at.AddrPort(), next.Address)
	}
	return false
}

func sameFile(a, b string) bool {
	fileA, errA := os.Stat(a)
	fileB, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(fileA, fileB)
}

// isNextTCP is isNext for a host and a port.
func isNextTCP(ctx context.Context, at netip.AddrPort, next string) bool {
	host, port, err := net.SplitHostPort(next)
	if err != nil {
		return false
	}
	if number, err := net.DefaultResolver.LookupPort(ctx, "tcp", port); err != nil || number != int(at.Port()) {
		return false
	}
	if host == "" {
		host = "localhost"
	}
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(ips, func(ip netip.Addr) bool {
		ip = ip.Unmap()
		switch listens := at.Addr().Unmap(); {
		case listens.Is4() && ip.Is6():
			return false
		case listens.IsUnspecified():
			return ip.IsUnspecified() || isOfThisMachine(ip)
		default:
			return ip == listens || ip.IsUnspecified() && listens.IsLoopback()
		}
	})
}

// isOfThisMachine reports whether an address is that of a network interface. All of
// 127.0.0.0/8 is.
func isOfThisMachine(ip netip.Addr) bool {
	if ip.IsLoopback() {
		return true
	}
	own, _ := net.InterfaceAddrs()
	return slices.ContainsFunc(own, func(a net.Addr) bool {
		p, err := netip.ParsePrefix(a.String())
		return err == nil && p.Addr().Unmap().WithZone("") == ip.WithZone("")
	})
}
