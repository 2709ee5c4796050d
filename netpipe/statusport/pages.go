package statusport

import (
	"net"
	"net/http"
	"net/url"

	"imgpipe/netpipe/internal/httpport"
	"imgpipe/netpipe/stdio"
)

// Pages are what a status port says.
type Pages struct {
	NotReady func() error // returns why the program should be given nothing to do at the moment, or nil
	Metrics  http.Handler // of /metrics; nil: none
	Hosts    []string     // names by which browsers may ask, besides those of this machine
}

// handler answers the requests of the status port.
func (p Pages) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(rw http.ResponseWriter, _ *http.Request) { httpport.Say(rw, http.StatusOK, "alive") })
	mux.HandleFunc("GET /readyz", func(rw http.ResponseWriter, _ *http.Request) {
		if err := p.NotReady(); err != nil {
			httpport.SayUnavailable(rw, stdio.OneLine(err.Error()))
			return
		}
		httpport.Say(rw, http.StatusOK, "ready")
	})
	if p.Metrics != nil {
		mux.Handle("GET /metrics", p.Metrics)
	}
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Cache-Control", "no-store")
		if mayBeRebound(r, p.Hosts) {
			httpport.Say(rw, http.StatusForbidden, "the server does not know this name: ask by its address")
			return
		}
		mux.ServeHTTP(rw, r)
	})
}

// mayBeRebound reports whether a request may be that of a page whose name has been made to
// mean this machine (DNS rebinding). On the loopback interface the port knows its names. On
// others it cannot know those by which a scraper asks, such as that of a service: there a
// browser alone has to ask by a name that the port knows. Browsers add Accept-Language to each
// request, and no page can keep them from that (Fetch Standard, section 4.5).
func mayBeRebound(r *http.Request, hosts []string) bool {
	name := (&url.URL{Host: r.Host}).Hostname()
	if name == "" || httpport.IsLocalName(name) || httpport.IsOneOf(hosts, name) {
		return false
	}
	addr, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	at, isTCP := addr.(*net.TCPAddr)
	_, isBrowser := r.Header["Accept-Language"]
	return isTCP && (isBrowser || at.IP.IsLoopback())
}
