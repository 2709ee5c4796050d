package hop

import (
	"fmt"
	"net"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// An Addr is an address to listen on or to connect to. The zero Addr means none.
type Addr struct {
	Network string // "tcp"; "unix"; "http", which is HTTP/1.1 over TCP; "tls" and "https", which are these over TLS
	Address string // "host:port", or the path of a unix socket
}

// ParseAddr parses the forms ":8888", "host:8888", "[::1]:8888", "unix:/path",
// "http://host:8080", and for TLS "tls:host:8888" and "https://host:8443". A port that is
// missing is 80 with http:// and 443 with https://. Without a host, a listener accepts
// connections on every interface, and a client connects to this machine.
func ParseAddr(s string) (Addr, error) {
	if path, ok := strings.CutPrefix(s, "unix:"); ok {
		return parsePath(path, s)
	}
	if at, ok := strings.CutPrefix(s, "tls:"); ok {
		return parseHostPort("tls", at, s)
	}
	for scheme, port := range map[string]string{"http": "80", "https": "443"} {
		if at, ok := strings.CutPrefix(s, scheme+"://"); ok {
			return parseURL(scheme, at, port, s)
		}
	}
	return parseHostPort("tcp", s, s)
}

func parseURL(scheme, at, defaultPort, s string) (Addr, error) {
	at = strings.TrimSuffix(at, "/")
	if strings.ContainsAny(at, "/?#@") {
		return Addr{}, fmt.Errorf("address %q: want %s://[HOST][:PORT]", s, scheme)
	}
	if _, _, err := net.SplitHostPort(at); err != nil && at != "" {
		at += ":" + defaultPort
	}
	return parseHostPort(scheme, at, s)
}

// maxPath is the longest path of a unix socket, in bytes (unix(7)).
const maxPath = len(unix.RawSockaddrUnix{}.Path) - 1

// parsePath refuses a port in place of a path.
func parsePath(path, s string) (Addr, error) {
	port := path[strings.LastIndex(path, ":")+1:]
	_, err := strconv.ParseUint(port, 10, 16)
	switch {
	case path == "":
		return Addr{}, fmt.Errorf("address %q: no path", s)
	case len(path) > maxPath:
		return Addr{}, fmt.Errorf("address %q: the path has more than %d bytes", s, maxPath)
	case err == nil && !strings.Contains(path, "/"):
		return Addr{}, fmt.Errorf("address %q: a port, not a path; for a file of that name write unix:./%s", s, path)
	}
	return Addr{"unix", path}, nil
}

func parseHostPort(network, at, s string) (Addr, error) {
	host, port, err := net.SplitHostPort(at)
	if err != nil {
		return Addr{}, fmt.Errorf("address %q: want [HOST]:PORT, http://[HOST]:PORT, the same over TLS as tls:[HOST]:PORT, https://[HOST]:PORT, or unix:/path", s)
	}
	if strings.Contains(host, "/") {
		return Addr{}, fmt.Errorf("address %q: a host has no slash", s)
	}
	if host == socketHost && strings.HasPrefix(at, host) {
		return Addr{network, at}, nil // what follows is a name, not a port
	}
	if strings.Contains(host, "*") {
		return Addr{}, fmt.Errorf("address %q: every interface is :%s", s, port)
	}
	if _, err := net.LookupPort("tcp", port); err != nil || port == "" {
		return Addr{}, fmt.Errorf("address %q: unknown port %q", s, port)
	}
	return Addr{network, at}, nil
}

// socketHost stands in an address for a socket that the process has been started with.
// No host has this name.
const socketHost = "systemd"

// Socket reports whether a means sockets that the process has been started with, and
// returns their name, which is "" for all that no other address names.
func (a Addr) Socket() (name string, ok bool) {
	if a.Network == "unix" {
		return "", false
	}
	return strings.CutPrefix(a.Address, socketHost+":")
}

// IsZero reports whether a is the zero Addr.
func (a Addr) IsZero() bool { return a == Addr{} }

// String returns a in the form that ParseAddr parses.
func (a Addr) String() string {
	switch a.Network {
	case "unix", "tls":
		return a.Network + ":" + a.Address
	case "http", "https":
		return a.Network + "://" + a.Address
	}
	return a.Address
}

// IsHTTP reports whether a is that of an HTTP server, with or without TLS.
func (a Addr) IsHTTP() bool { return a.Network == "http" || a.Network == "https" }

// IsTLS reports whether a is that of a server with TLS.
func (a Addr) IsTLS() bool { return a.Network == "tls" || a.Network == "https" }

// Transport returns the network that carries a's bytes, as package net names it:
// "tcp" or "unix".
func (a Addr) Transport() string {
	if a.Network == "unix" {
		return "unix"
	}
	return "tcp"
}
