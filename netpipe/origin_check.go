package netpipe

import (
	"net"
	"net/http"
	"net/url"

	"imgpipe/netpipe/internal/httpport"
)

// withBrowserPolicy lets a browser do with the page at GET / only what the page needs:
// load its own script and style, show pictures that it has itself made, and ask the
// server that it came from.
func withBrowserPolicy(h http.Handler) http.Handler {
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

// crossOrigin returns ErrCrossOrigin or ErrUnknownHost if a browser sends the request
// for another page than the one at GET /, else nil. The page may be served under the names
// hosts, at any port: a proxy may have replaced the field Host by its own.
func crossOrigin(r *http.Request, hosts []string) error {
	origin, err := url.Parse(r.Header.Get("Origin"))
	switch {
	case err == nil && httpport.IsOneOf(hosts, origin.Hostname()):
		return nil
	case new(http.CrossOriginProtection).Check(r) != nil:
		return ErrCrossOrigin
	case err == nil && origin.Host != "" && !httpport.IsLocalName(origin.Hostname()) && knowsNames(r, hosts):
		return ErrUnknownHost
	}
	return nil
}

// knowsNames reports whether a page that asks by a name of its own may be one whose name
// has been made to mean this machine (DNS rebinding): to a browser, that page has our
// origin. A server that only this machine reaches knows its own names, and so does one
// that was told its names. Without these, a browser that sends Sec-Fetch-Site has checked
// more; it does so for localhost and over TLS only, which a proxy may add.
func knowsNames(r *http.Request, hosts []string) bool {
	at, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	return len(hosts) > 0 || r.Header.Get("Sec-Fetch-Site") == "" && ipAddr(at).IsLoopback()
}
