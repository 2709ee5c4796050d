package hop

import (
	"cmp"
	"context"
	"errors"
	"net"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/tlsconn"
)

// Errors of a client at a port of the other kind.
var (
	ErrTLSPort   = errors.New("this is a TLS port: its address begins with tls: or https://")
	ErrPlainPort = errors.New("this port has no TLS: its address has no tls: or https://")
)

// NewTLS returns Transport.TLS for an address, which is nil for one without TLS.
func NewTLS(to Addr, files tlsconn.Files, warn func(error)) (*tlsconn.Source, error) {
	if !to.IsTLS() {
		return nil, nil
	}
	if files.ServerName == "" {
		host, _, _ := net.SplitHostPort(to.Address)
		files.ServerName = cmp.Or(host, "localhost")
	}
	return tlsconn.NewClient(files, warn)
}

// secure makes the connection one with TLS, or closes it.
func (t *Transport) secure(ctx context.Context, tcp *net.TCPConn) (fdio.Socket, error) {
	config := t.TLS.Config()
	if t.Addr.IsHTTP() {
		config = t.TLS.HTTPConfig()
	}
	conn := tlsconn.Client(tcp, config)
	err := conn.Handshake(ctx)
	if err == nil {
		return conn, nil
	}
	conn.Close()
	switch err {
	case tlsconn.ErrNotTLS:
		err = ErrPlainPort
	case tlsconn.ErrNothing:
		err = tlsconn.ErrCut
	}
	return nil, err
}
