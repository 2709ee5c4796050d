package netpipe

import (
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime"
	"time"
)

// A Server puts a filter behind listening sockets, or behind an http.Handler. Its
// exported fields must not be changed once Serve has been called; it must not be copied
// after that, and serves once. A time or a size of 0 means no limit, unless the field
// says otherwise.
type Server struct {
	Listen        []Addr         // addresses on which Serve listens
	Listeners     []net.Listener // more listeners, for raw connections; see Serve
	HTTPListeners []net.Listener // more listeners, for HTTP; see Serve
	Next          []Addr         // servers, one of which gets the filter's output and gives the answer; none: the filter does
	NextToken     *Tokens        // the first of these is shown to Next, over HTTP; nil: none
	Filter        []string       // program and arguments, and more programs that the output goes through; see Programs
	Params        []string       // options of the filter's last program that HTTP clients may set, by query parameters of these names; see CheckParam
	About         string         // what the filter does, for the page; "": the names of its programs

	// Sockets are listeners by the names that Listen has for them; see ParseAddr.
	Sockets map[string][]net.Listener

	TLS     TLSFiles // of the addresses in Listen with TLS; with a CA, clients must have a certificate from it
	NextTLS TLSFiles // as a client of Next, if that is with TLS

	Env          []string      // names of variables that the filter gets besides PATH, HOME, LANG, LC_*, TZ, TMPDIR and IMGPIPE_*
	FilterMemory int64         // bytes of private writable memory of a filter's process (Linux)
	FilterCPU    time.Duration // processor time of a filter's process for each connection (Linux)
	FilterNice   int           // how much is added to the niceness of a filter's processes, up to 19 (Linux)

	// FilterCgroups has each process of the filter run in a cgroup of its own, if a cgroup of
	// version 2 has been delegated to this program, for it alone (Linux). The program moves
	// into a leaf of it then. FilterMemory bounds all that a process starts together there, and
	// the log has their peak.
	FilterCgroups bool

	Reuse        int           // connections that one process serves, as a worker; 0: one, any program
	Pool         int           // processes started ahead; 0: each is started for its connection, even if no byte comes
	StartTimeout time.Duration // how long a worker may take to answer the greeting
	Max          int           // connections that have a filter at once
	Queue        int           // connections that wait for a filter; 0: none may wait
	QueueTimeout time.Duration // how long they wait
	IdleTimeout  time.Duration // how long a client may be silent in its input, or be behind 16 KiB/s in it, or behind 64 KiB/s in taking the answer
	Timeout      time.Duration // from when a filter is bound to the connection up to the verdict, without the time in which it waits for the client's input
	DialTimeout  time.Duration // how long the next hop may refuse
	Drain        time.Duration // how long connections that have begun may go on when Serve's context is done; 0: they are cut off

	MaxInput  int64 // bytes of an input, as far as the filter takes it
	MaxAnswer int64 // bytes of one held answer
	MaxHeld   int64 // bytes of all held answers together; an address may hold as much as it leaves free

	Allow          []netip.Prefix // addresses that may connect; none: all
	Tokens         *Tokens        // a POST over HTTP has to show one of these; nil: none is needed
	Hosts          []string       // names under which browsers may use the page, besides those of this machine; none: any where another machine can connect
	Trust          []netip.Prefix // proxies that say who their clients are: over HTTP by Forwarded or X-Forwarded-For, and with ProxyProtocol; none
	TrustUnix      bool           // trust who connects to a unix socket, too
	ProxyProtocol  bool           // connections begin with a header of the PROXY protocol, and only those of trusted proxies are served; not of Status
	MaxPerSource   int            // connections of one IPv4 address or IPv6 /64 at once; not of the loopback interface
	MaxPerLoopback int            // connections of one address of the loopback interface at once
	UnixMode       fs.FileMode    // permissions of the unix sockets in Listen and Status: who may write may connect; 0: by umask

	AllowEmpty bool // an answer of 0 bytes is whole, and an input of 0 bytes is one
	NoHold     bool // send the answer as it comes

	Log     *slog.Logger // nil: none
	Observe func(Result) `json:"-"` // gets the result of each connection, in its goroutine; nil: none

	Status  Addr         // the status port: GET /healthz, /readyz and /metrics over HTTP; zero: none
	Metrics http.Handler // of /metrics, such as that of package metrics; nil: none

	handshakeTimeout time.Duration // in place of the constant, in tests
	lookup           lookupFunc    // in place of the system's resolver, in tests
	state            serverState
}

// Defaults returns a Server without a filter that has limits for one small machine, and
// listens on port 8888 of the loopback interface.
func Defaults() Server {
	cores := runtime.GOMAXPROCS(0)
	return Server{
		Listen:       []Addr{{Network: "tcp", Address: "127.0.0.1:8888"}},
		FilterMemory: 2 << 30,
		FilterCPU:    MaxFilterCPU(60 * time.Second),
		Pool:         2 * cores,
		StartTimeout: 10 * time.Second,
		Max:          max(64, 16*cores),
		Queue:        1024,
		QueueTimeout: 30 * time.Second,
		IdleTimeout:  30 * time.Second,
		Timeout:      60 * time.Second,
		DialTimeout:  5 * time.Second,
		Drain:        30 * time.Second,
		MaxInput:     256 << 20,
		MaxAnswer:    256 << 20,
		MaxHeld:      4 << 30,
		MaxPerSource: 16,
	}
}

// MaxWorkers returns a value for Max with Reuse: a worker gets an input that is there
// already, so that the cores alone bound how many workers are of use.
func MaxWorkers() int { return 4 * runtime.GOMAXPROCS(0) }

// MaxFilterCPU returns a value for FilterCPU with a Timeout: what a filter can take on all
// cores within it. So it ends no filter but one that has left its process group, such as
// a daemon.
func MaxFilterCPU(timeout time.Duration) time.Duration {
	return timeout * time.Duration(runtime.GOMAXPROCS(0))
}

// emptyInput reports whether an input of 0 bytes is one. With a filter of its own even a
// connection without input may be of use.
func (s *Server) emptyInput() bool { return s.AllowEmpty || s.Pool == 0 }
