package netpipe

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/tlsconn"
	"imgpipe/netpipe/stdio"
)

// handshakeTimeout bounds a TLS handshake.
const handshakeTimeout = 10 * time.Second

// handshake makes the TLS connection. Where it fails, the rest of the connection is read
// without TLS, only to be dropped. ErrTLSPort means that the client does not speak TLS,
// errProbe that it has said nothing, an error of ErrTLS that one side refuses the other,
// and ErrHandshakeTimeout that it took too long; any other error is the input's.
func (r *rawFront) handshake(draining context.Context) error {
	conn := r.tls
	_ = conn.SetDeadline(time.Now().Add(cmp.Or(r.handshakeTimeout, handshakeTimeout)))
	stop := r.hurry(draining)
	err := conn.Handshake(context.Background())
	drains := stop()
	if err == nil {
		_ = conn.SetDeadline(time.Time{})
		return nil
	}
	r.conn, r.tls = conn.Wire(), nil
	_ = r.conn.SetDeadline(time.Now().Add(lingerTimeout))
	switch {
	case drains, err == tlsconn.ErrNothing:
		return errProbe
	case err == tlsconn.ErrNotTLS && requestLine.Match(conn.Came()):
		r.says = inHTTP
		return ErrTLSPort
	case err == tlsconn.ErrNotTLS:
		r.says = inAlert
		return ErrTLSPort
	case errors.Is(err, ErrTLS):
		r.says = alreadySaid
	case fdio.IsTimeout(err):
		return ErrHandshakeTimeout
	}
	return err
}

// tlsText returns the version of TLS for the log, such as "1.3", "" without TLS, and the
// subject of the client's certificate (RFC 4514), "" without one that has been verified:
// the server around a Handler may take any.
func tlsText(state *tls.ConnectionState) (version, subject string) {
	if state == nil {
		return "", ""
	}
	if len(state.VerifiedChains) > 0 {
		subject = stdio.OneLine(state.VerifiedChains[0][0].Subject.String())
	}
	return strings.TrimPrefix(tls.VersionName(state.Version), "TLS "), subject
}

// readTLS reads the certificates of the listeners.
func (sv *service) readTLS() (err error) {
	s := sv.config
	if slices.ContainsFunc(s.Listen, Addr.IsTLS) {
		if sv.tls, err = tlsconn.NewServer(s.TLS, sv.warnOfTLS); err != nil {
			return fmt.Errorf("listen with TLS: %w", err)
		}
		sv.warnOfKey(s.TLS)
	}
	return nil
}

func (sv *service) warnOfTLS(err error) {
	sv.log.Warn("TLS: files cannot be read anew, the old certificates stay", "err", err)
}

func (sv *service) warnOfKey(files TLSFiles) {
	if name := files.ReadableByAll(); name != "" {
		sv.log.Warn("TLS: every user can read the private key", "file", name)
	}
}

// reloadTLS reads all certificates anew. Those that cannot be read stay.
func (sv *service) reloadTLS() {
	if sv.tls != nil {
		sv.tls.Reload()
	}
	if sv.next != nil {
		sv.next.ReloadTLS()
	}
}
