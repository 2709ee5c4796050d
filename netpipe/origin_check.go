package netpipe

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
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
	case err == nil && isOneOf(hosts, origin.Hostname()):
		return nil
	case new(http.CrossOriginProtection).Check(r) != nil:
		return ErrCrossOrigin
	case err == nil && origin.Host != "" && !isLocalName(origin.Hostname()) && knowsNames(r, hosts):
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

// mayBeRebound reports whether a request to the status port may be that of a page whose name
// has been made to mean this machine (DNS rebinding). On the loopback interface the server
// knows its names. On others it cannot know those by which a scraper asks, such as that of a
// service: there a browser alone has to ask by a name that the server knows. Browsers add
// Accept-Language to each request, and no page can keep them from that (Fetch Standard,
// section 4.5).
func mayBeRebound(r *http.Request, hosts []string) bool {
	name := (&url.URL{Host: r.Host}).Hostname()
	if name == "" || isLocalName(name) || isOneOf(hosts, name) {
		return false
	}
	at, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	_, isBrowser := r.Header["Accept-Language"]
	return ipAddr(at).IsLoopback() || isBrowser && ipAddr(at).IsValid()
}

func isOneOf(hosts []string, name string) bool {
	return slices.ContainsFunc(hosts, func(host string) bool { return strings.EqualFold(host, name) })
}

func isLocalName(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	self, _ := os.Hostname()
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || host == strings.ToLower(self)
}
