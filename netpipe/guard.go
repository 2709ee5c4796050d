package netpipe

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"
)

// guarded has a browser do nothing with what comes from here but what the page
// needs: its own script and style, pictures that it made itself, and requests to
// where it came from.
func guarded(h http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		set := rw.Header().Set
		set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src blob:; connect-src 'self'; "+
			"base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		set("X-Content-Type-Options", "nosniff")
		set("Cross-Origin-Resource-Policy", "same-origin")
		set("Referrer-Policy", "no-referrer")
		h.ServeHTTP(rw, r)
	})
}

// abused says why a browser may not have this request served: the page that asks
// isn't ours.
func abused(r *http.Request) error {
	if new(http.CrossOriginProtection).Check(r) != nil {
		return errCrossOrigin
	}
	if rebound(r) {
		return errRebound
	}
	return nil
}

// rebound reports whether a page may have been led here by a name of its own that
// suddenly means this machine (DNS rebinding): to a browser it has our origin. A
// server that only this machine reaches knows the names it has. A browser that
// says Sec-Fetch-Site has checked more: it does so for localhost and over TLS
// alone, which a proxy may add.
func rebound(r *http.Request) bool {
	if r.Header.Get("Origin") == "" || r.Header.Get("Sec-Fetch-Site") != "" {
		return false
	}
	at, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	return address(at).IsLoopback() && !isLocalName((&url.URL{Host: r.Host}).Hostname())
}

func isLocalName(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	self, _ := os.Hostname()
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || host == strings.ToLower(self)
}
