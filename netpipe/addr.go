package netpipe

import (
	"imgpipe/netpipe/internal/hop"
	"imgpipe/netpipe/internal/tlsconn"
)

// An Addr is an address to listen on or to connect to. It has two fields: Network is
// "tcp", "unix", "http" for HTTP/1.1 over TCP, or "tls" and "https" for TCP and HTTP with
// TLS; Address is "host:port", or the path of a unix socket. The zero Addr means none, as
// IsZero reports; IsHTTP and IsTLS tell the kinds apart; String is the inverse of
// ParseAddr.
type Addr = hop.Addr

// ParseAddr parses the forms ":8888", "host:8888", "[::1]:8888", "unix:/path",
// "http://host:8080", and for TLS "tls:host:8888" and "https://host:8443". A port that is
// missing is 80 with http:// and 443 with https://. Without a host, a listener accepts
// connections on every interface, and a client connects to this machine.
//
// In place of a host and a port, "systemd:NAME" means the sockets of that name in
// Server.Sockets.
func ParseAddr(s string) (Addr, error) { return hop.ParseAddr(s) }

// TLSFiles are the files, in PEM, of one side of connections with TLS: Cert with this
// side's certificate and those between it and its authority; Key with its private key,
// which is looked for in Cert if Key is ""; and CA with the authorities that the other
// side's certificate has to come from, by default the system's. A client looks for
// ServerName in the server's certificate, by default the host of the address. The files
// are read anew when they change.
type TLSFiles = tlsconn.Files
