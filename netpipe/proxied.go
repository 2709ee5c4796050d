package netpipe

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"time"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/proxyaddr"
)

// proxyHeaderTimeout bounds the header of the PROXY protocol, which a proxy sends at once: it
// may get lost once or twice on its way.
const proxyHeaderTimeout = 5 * time.Second

// trustsPeer is trusts for the other side of a connection.
func (s *Server) trustsPeer(from net.Addr) bool {
	return s.trusts(ipAddr(from)) || s.TrustUnix && from.Network() == "unix"
}

// enterSocket lets a connection in whose client is not known so far. With ProxyProtocol, only
// trusted proxies may connect. limiter.leaveSocket must follow if there is no error.
func (sv *service) enterSocket(from net.Addr) error {
	if sv.config.ProxyProtocol && !sv.config.trustsPeer(from) {
		return ErrNotProxy
	}
	return sv.limiter.enterSocket()
}

// serveProxied serves a raw connection that begins with a header of the PROXY protocol, if it
// may come in.
func (sv *service) serveProxied(front *rawFront, withTLS bool) {
	if err := sv.enterSocket(front.from); err != nil {
		newConn(sv, front).refuse(err)
		return
	}
	sv.conns.Go(func() {
		defer sv.limiter.leaveSocket()
		defer front.conn.Close()
		err := front.readProxyHeader(sv.draining)
		c := newConn(sv, front)
		if err != nil {
			c.refuseFor(beginPart(err), err)
			return
		}
		client := ipAddr(front.from)
		if _, err := sv.limiter.enterClient(client, false); err != nil {
			c.refuse(err)
			return
		}
		defer sv.limiter.leaveClient(client)
		if withTLS {
			front.useTLS(sv.tls.Config())
		}
		c.serve()
	})
}

// readProxyHeader reads the header of the PROXY protocol, and notes the client that it names;
// none means that the connection is the proxy's own. errProbe means that not one byte came,
// and ErrProxyHeader or ErrProxyTimeout that there is no header; any other error is the
// input's.
func (r *rawFront) readProxyHeader(draining context.Context) error {
	_ = r.SetReadDeadline(time.Now().Add(cmp.Or(r.handshakeTimeout, proxyHeaderTimeout)))
	stop := r.hurry(draining)
	client, err := proxyaddr.ReadHeader(r.conn)
	drains := stop()
	switch {
	case err == nil:
		_ = r.SetReadDeadline(time.Time{})
		if client.IsValid() {
			r.from = net.TCPAddrFromAddrPort(client)
		}
		return nil
	case drains, err == io.EOF:
		return errProbe
	case fdio.IsTimeout(err):
		return ErrProxyTimeout
	case err == io.ErrUnexpectedEOF:
		return errHeaderCut
	}
	return fdio.Plain(err)
}

var errHeaderCut = errors.New("the connection was closed within the PROXY header")
