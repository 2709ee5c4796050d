package netpipe

import "imgpipe/netpipe/internal/hop"

// An Addr is an address to listen on or to connect to. It has two fields: Network is
// "tcp", "unix", or "http" for HTTP/1.1 over TCP; Address is "host:port", or the path of
// a unix socket. The zero Addr means none, as IsZero reports; String is the inverse of
// ParseAddr.
type Addr = hop.Addr

// ParseAddr parses the forms ":8888", "host:8888", "[::1]:8888", "unix:/path" and
// "http://host:8080". The port of the last form is 80 if it is missing. Without a
// host, a listener accepts connections on every interface, and a client connects to
// this machine.
//
// In place of a host and a port, "systemd:NAME" means the sockets of that name in
// Server.Sockets.
func ParseAddr(s string) (Addr, error) { return hop.ParseAddr(s) }
