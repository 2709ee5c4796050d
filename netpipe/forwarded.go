package netpipe

import (
	"net/http"
	"net/netip"

	"imgpipe/netpipe/internal/proxyaddr"
)

// fromClient returns a request with the RemoteAddr of its client, whom the fields of trusted
// proxies name. The error is ErrForwarded.
func (s *Server) fromClient(r *http.Request) (*http.Request, error) {
	if len(s.Trust) == 0 && !s.TrustUnix {
		return r, nil
	}
	peer := parseClient(r.RemoteAddr)
	if !s.trusts(peer) && !(s.TrustUnix && isOverUnix(r)) {
		return r, nil
	}
	client, err := proxyaddr.Client(r.Header, peer, s.trusts)
	if err != nil || client == peer {
		return r, err
	}
	r = r.WithContext(r.Context()) // a copy: a handler leaves its request as it is
	r.RemoteAddr = client.String()
	return r, nil
}

// allows reports whether the client of a request may come. That of a connection of an
// httpServer has been asked when it came in, unless many clients share the connection.
func (s *Server) allows(r *http.Request) bool {
	conn := httpConnOf(r)
	return conn != nil && !conn.isProxy || isRequestAllowed(s.Allow, r)
}

// trusts reports whether a proxy at an address may say who its clients are.
func (s *Server) trusts(at netip.Addr) bool { return at.IsValid() && isIn(s.Trust, at) }
