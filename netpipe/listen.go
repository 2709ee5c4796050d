package netpipe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/unixsocket"
)

// A listener is one of a Server's.
type listener struct {
	net.Listener
	network string // as in Addr
	given   bool   // by the user of the Server: its connections do not inherit ResetOnClose
}

func (s *Server) givenListeners() []listener {
	var all []listener
	for _, l := range s.Listeners {
		all = append(all, listener{l, l.Addr().Network(), true})
	}
	for _, l := range s.HTTPListeners {
		all = append(all, listener{l, "http", true})
	}
	return all
}

// listenersOf returns the listeners of an address in Listen.
func (s *Server) listenersOf(at Addr) ([]listener, error) {
	if name, ok := at.Socket(); ok {
		return s.socketsOf(at, name)
	}
	l, err := s.listen(at)
	return []listener{l}, err
}

// listen listens on an address.
func (s *Server) listen(at Addr) (listener, error) {
	var l net.Listener
	var err error
	switch at.Network {
	case "unix":
		l, err = unixsocket.Listen(at.Address, s.UnixMode)
	case "http", "https":
		l, err = net.Listen("tcp", at.Address)
	default:
		l, err = (&net.ListenConfig{Control: fdio.ResetOnClose}).Listen(context.Background(), "tcp", at.Address)
	}
	if err != nil {
		return listener{}, fmt.Errorf("listen %s: %w", at, fdio.Plain(err))
	}
	return listener{l, at.Network, false}, nil
}

// socketsOf returns the listeners in Sockets that an address names.
func (s *Server) socketsOf(at Addr, name string) (all []listener, err error) {
	for _, l := range s.Sockets[name] {
		network := at.Network
		if l.Addr().Network() == "unix" {
			if network != "tcp" {
				return nil, fmt.Errorf("listen %s: %w", at, errRawUnix)
			}
			network = "unix"
		}
		all = append(all, listener{l, network, true})
	}
	if all == nil {
		return nil, fmt.Errorf("listen %s: %w", at, errNoSocket)
	}
	return all, nil
}

var (
	errNoSocket = errors.New("no socket of this name has been passed")
	errRawUnix  = errors.New("a unix socket is for raw connections, without TLS")
)

// isHTTP reports whether connections speak HTTP.
func (l listener) isHTTP() bool { return Addr{Network: l.network}.IsHTTP() }

// isTLS reports whether connections begin with TLS.
func (l listener) isTLS() bool { return Addr{Network: l.network}.IsTLS() }

func closeListeners(all []listener) {
	for _, l := range all {
		l.Close()
	}
}

// announce logs where the server listens, which is of use if the port was 0.
func (sv *service) announce(l listener) {
	text := l.Addr().String()
	if l.network != "unix" {
		text = Addr{Network: l.network, Address: text}.String()
	}
	args := []any{"addr", text}
	if tcp, ok := l.Addr().(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		args = append(args, "interfaces", "all")
	}
	sv.log.Info("listening", args...)
}

// Pauses after an error of accept, which is most likely a lack of descriptors.
const (
	firstAcceptPause = 5 * time.Millisecond
	lastAcceptPause  = time.Second
)

// accept accepts connections and has them served, until the server drains. A connection
// that has been accepted is served even then. Those that wait in a socket that another
// process holds too are for the server that comes next.
func (sv *service) accept(l listener, web *httpServer) {
	defer l.Close()
	defer context.AfterFunc(sv.draining, func() { l.Close() })()
	pause := firstAcceptPause
	for {
		accepted, err := l.Accept()
		if err != nil && sv.draining.Err() != nil {
			return
		}
		if err != nil {
			sv.log.Warn("accept", "err", fdio.Plain(err), "retry", pause)
			select {
			case <-time.After(pause):
			case <-sv.draining.Done():
			}
			pause = min(2*pause, lastAcceptPause)
			continue
		}
		pause = firstAcceptPause
		tcp, isTCP := accepted.(*net.TCPConn)
		unix, isUnix := accepted.(*net.UnixConn)
		switch {
		case l.isHTTP() && isTCP:
			web.serveConn(tcp, l.isTLS())
		case isTCP:
			if l.given {
				fdio.MakeReset(tcp)
			}
			sv.serveRaw(tcp, l.isTLS())
		case !l.isHTTP() && isUnix:
			sv.serveRaw(unix, false)
		default:
			accepted.Close()
			sv.log.Warn("accept", "err", fmt.Errorf("a connection of type %T cannot be served", accepted))
		}
	}
}

// serveRaw serves a raw connection, with or without TLS, if it may come in.
func (sv *service) serveRaw(conn fdio.Socket, withTLS bool) {
	front := newRawFront(sv, conn, conn.RemoteAddr())
	if sv.config.ProxyProtocol {
		sv.serveProxied(front, withTLS)
		return
	}
	c := newConn(sv, front)
	client := ipAddr(front.from)
	if _, err := sv.limiter.enter(client, false); err != nil {
		c.refuse(err)
		return
	}
	if withTLS {
		front.useTLS(sv.tls.Config())
	}
	sv.conns.Go(func() {
		defer sv.limiter.leave(client)
		defer conn.Close()
		c.serve()
	})
}
