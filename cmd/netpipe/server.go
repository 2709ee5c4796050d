package main

import (
	"cmp"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"imgpipe/cmd/internal/app"
	"imgpipe/cmd/internal/hosting"
	"imgpipe/cmd/internal/logging"
	"imgpipe/netpipe"
	"imgpipe/netpipe/metrics"
)

// A server is netpipe's first use: it puts a filter behind a port.
type server struct {
	netpipe.Server
	tokenFile, nextTokenFile string
	name, logFormat          string
	drainDelay               time.Duration
}

func newServer() *server {
	s := &server{Server: netpipe.Defaults()}
	s.FilterCgroups = true
	return s
}

// flags defines the server's options.
func (s *server) flags() []*app.Flag {
	return []*app.Flag{
		{Name: "listen", Usage: "take connections on `ADDR`; may be repeated", Value: &app.List{
			Default: s.Listen[0].String(),
			Clear:   func() { s.Listen = nil },
			Add: func(text string) error {
				at, err := netpipe.ParseAddr(text)
				s.Listen = append(s.Listen, at)
				return err
			},
		}},
		{Name: "unix-mode", Usage: "give unix sockets the permissions `MODE`, such as 0660: a user who may write may connect (default: by umask)", Value: (*fileMode)(&s.UnixMode)},
		{Name: "next", Usage: "hand the filter's output to the server at `ADDR`, which makes the answer; may be repeated, and a host may have several addresses: one server that works is used", Value: &app.List{
			Clear: func() { s.Next = nil },
			Add: func(text string) error {
				var at address
				err := at.Set(text)
				s.Next = append(s.Next, netpipe.Addr(at))
				return err
			},
		}},
		app.File("next-token-file", &s.nextTokenFile, "with -next http://...: show the first token of `FILE`"),
		app.File("tls-cert", &s.TLS.Cert, "show clients of tls: and https:// addresses the certificates in `FILE` (PEM), the server's first"),
		app.File("tls-key", &s.TLS.Key, "take the private key of -tls-cert from `FILE` (default: the same file)"),
		app.Guard("tls-client-ca", &s.TLS.CA, "let in only TLS clients with a certificate from the authorities in `FILE`"),
		app.File("next-tls-ca", &s.NextTLS.CA, "trust a -next with TLS by the authorities in `FILE` (default: the system's)"),
		app.File("next-tls-cert", &s.NextTLS.Cert, "show a -next with TLS the certificates in `FILE`"),
		app.File("next-tls-key", &s.NextTLS.Key, "take the private key of -next-tls-cert from `FILE` (default: the same file)"),
		app.String("next-tls-server-name", &s.NextTLS.ServerName, "look for `NAME` in the certificate of -next (default: its host)"),
		app.Count("reuse", &s.Reuse, "let a filter, which must be a worker, serve `N` connections (default: one, any program)"),
		{Name: "param", Usage: "let HTTP clients set the option `NAME` of the filter, of several programs of the last one, as in http://HOST/?size=200x; may be repeated", Value: &app.List{
			Clear: func() { s.Params = nil },
			Add: func(name string) error {
				s.Params = append(s.Params, name)
				return netpipe.CheckParam(name)
			},
		}},
		app.PerMachine("2 per core", app.Count("pool", &s.Pool, "start `N` filters ahead; 0: one for each connection, even without input")),
		hosting.EnvFlag(&s.Server),
		app.Renamed("filter-memory", app.Size("limit-memory", &s.FilterMemory, "let a process of the filter have `SIZE` of memory")),
		app.Renamed("filter-cpu", app.PerMachine("1m per core", app.Time("limit-cpu", &s.FilterCPU, "let a process of the filter take `TIME` of processor for each connection; the default is -timeout on each core"))),
		hosting.NiceFlag(&s.Server),
		app.PerMachine("16 per core, at least 64", app.Count("max", &s.Max, "let `N` connections have a filter at once; with -reuse, the default is 4 per core")),
		app.Count("queue", &s.Queue, "let `N` connections wait for a filter"),
		app.Count("max-per-source", &s.MaxPerSource, "let one address have `N` connections; the default has no limit for 127.0.0.1 and ::1; behind a proxy, see -trust"),
		{Name: "allow", Usage: "refuse clients that are not in `CIDR`; may be repeated", Value: &app.List{
			Clear: func() { s.Allow = nil },
			Add: func(text string) error {
				p, err := parsePrefix(text)
				s.Allow = append(s.Allow, p)
				return err
			},
		}},
		s.trustFlag(),
		app.Switch("proxy-protocol", &s.ProxyProtocol, "take connections from proxies of -trust alone; each begins with a header of the PROXY protocol, version 1 or 2"),
		app.Guard("token-file", &s.tokenFile, "over HTTP: serve only clients that show a token of `FILE` (Authorization: Bearer TOKEN), which has NAME TOKEN on each line"),
		{Name: "host", Usage: "let a browser use the page under the name `NAME`, such as that of a proxy, and under no other; may be repeated", Value: &app.List{
			Clear: func() { s.Hosts = nil },
			Add: func(name string) error {
				if !isHostName(name) {
					return errors.New("not the name of a host, such as pictures.example.org")
				}
				s.Hosts = append(s.Hosts, name)
				return nil
			},
		}},
		app.Time("start-timeout", &s.StartTimeout, "with -reuse: give a worker `TIME` to answer the greeting"),
		app.Time("queue-timeout", &s.QueueTimeout, "let a connection wait for a filter for `TIME`"),
		app.Time("idle-timeout", &s.IdleTimeout, "let a client be silent for `TIME` before its half-close, or so far behind 16 KiB/s in sending or 64 KiB/s in reading"),
		app.Time("timeout", &s.Timeout, "give filter and next hop `TIME` for an answer; waiting for the client's input does not count"),
		app.Time("dial-timeout", &s.DialTimeout, "try for `TIME` to connect to -next"),
		addrFlag("status", &s.Status, "answer GET /healthz, /readyz and /metrics (Prometheus) on `ADDR`"),
		app.Time("drain-delay", &s.drainDelay, "after SIGTERM, take connections for `TIME` while /readyz says 503; a second SIGTERM or SIGINT ends that"),
		app.Time("drain", &s.Drain, "after SIGTERM, give the connections that have begun `TIME` to end; 0: no time"),
		app.Size("max-input", &s.MaxInput, "take inputs up to `SIZE`"),
		app.Size("max-answer", &s.MaxAnswer, "hold answers up to `SIZE` each"),
		app.Size("max-held", &s.MaxHeld, "hold answers up to `SIZE` together, those of one address up to half of that"),
		app.Switch("allow-empty", &s.AllowEmpty, "let 0 bytes be a whole answer, and a whole input, not a probe"),
		app.Switch("no-hold", &s.NoHold, "send the answer as it comes, for endless streams"),
		runFlag(new(bool)),
		app.String("name", &s.name, "call the server `NAME` in each record of the log (default: the names of the filter's programs)"),
		app.String("log-format", &s.logFormat, "write the log as `FORMAT`: text or json (default: text on a terminal)"),
	}
}

// run serves until a signal.
func (s *server) run(c *cli.Context) (err error) {
	if c.NArg() == 0 {
		return app.Usagef("no filter: type netpipe -listen ADDR FILTER [ARG...]")
	}
	s.Filter = c.Args().Slice()
	programs, err := netpipe.Programs(s.Filter)
	if err != nil {
		return app.Usagef("%w", err)
	}
	s.About = about(programs, os.Getenv)
	var queue *logging.Queue
	if s.Log, queue, err = logging.New(s.logFormat, hosting.WithHint(hint), slog.String("server", cmp.Or(s.name, programNames(programs)))); err != nil {
		return err
	}
	if s.UnixMode != 0 && !slices.ContainsFunc(append(s.Listen, s.Status), func(a netpipe.Addr) bool { return a.Network == "unix" }) {
		return app.Usagef("-unix-mode goes with -listen unix:PATH or -status unix:PATH")
	}
	if len(s.Params) > 0 && !slices.ContainsFunc(s.Listen, netpipe.Addr.IsHTTP) {
		return app.Usagef("-param goes with -listen http://ADDR")
	}
	if err := s.checkTrust(); err != nil {
		return err
	}
	if err := s.readTokens(); err != nil {
		return err
	}
	if err := s.checkTLS(); err != nil {
		return err
	}
	if s.Reuse > 0 && !c.IsSet("max") {
		s.Max = netpipe.MaxWorkers()
	}
	if c.IsSet("max-per-source") {
		s.MaxPerLoopback = s.MaxPerSource
	}
	if !c.IsSet("limit-cpu") {
		s.FilterCPU = netpipe.MaxFilterCPU(s.Timeout)
	}
	if err := hosting.LimitSeconds(); err != nil {
		return err
	}
	if err := allowParams(s.Params); err != nil {
		return err
	}
	if s.Log, err = hosting.LogSandbox(s.Log); err != nil {
		return err
	}
	if !s.Status.IsZero() {
		s.Metrics = metrics.Handler(&s.Server)
	}
	if s.Sockets, err = passedSockets(s.Listen); err != nil {
		return err
	}
	ctx := s.untilSignal()
	stopTelling := s.tellManager(ctx)
	err = s.Serve(ctx)
	stopTelling()
	if !queue.Close(lastRecords) && err != nil {
		os.Exit(1) // the reader of stderr has stalled: a line about err would wait for it
	}
	return err
}

// programNames returns the names of a filter's programs: "imggray+imgscale".
func programNames(programs [][]string) string {
	names := make([]string, len(programs))
	for i, argv := range programs {
		names[i] = filepath.Base(argv[0])
	}
	return strings.Join(names, "+")
}

// readTokens reads the files of tokens.
func (s *server) readTokens() (err error) {
	isHTTP := netpipe.Addr.IsHTTP
	isOpen := func(a netpipe.Addr) bool { return a.Network == "tcp" || a.Network == "tls" && s.TLS.CA == "" }
	if s.tokenFile != "" {
		if !slices.ContainsFunc(s.Listen, isHTTP) {
			return app.Usagef("-token-file goes with -listen http://... or https://...: a raw connection has no place for a token")
		}
		if slices.ContainsFunc(s.Listen, isOpen) {
			s.Log.Warn("raw connections need no token: -token-file is about HTTP alone")
		}
		if s.Tokens, err = netpipe.ReadTokens(s.tokenFile); err != nil {
			return err
		}
	}
	if s.nextTokenFile != "" {
		if !slices.ContainsFunc(s.Next, isHTTP) {
			return app.Usagef("-next-token-file goes with -next http://... or https://...: a raw connection has no place for a token")
		}
		s.NextToken, err = netpipe.ReadTokens(s.nextTokenFile)
	}
	return err
}

// lastRecords is how long the log may take for its last records.
const lastRecords = time.Second

// allowParams sets the option -param of imggray and imgscale, which refuse to start with
// one that is not for requests, such as -o. Other filters ignore it.
func allowParams(names []string) error {
	if len(names) == 0 {
		return nil
	}
	return os.Setenv("IMGPIPE_PARAM", strings.Join(names, " "))
}

func addrFlag(name string, to *netpipe.Addr, usage string) *app.Flag {
	return &app.Flag{Name: name, Value: (*address)(to), Usage: usage}
}

// An address is the value of an option.
type address netpipe.Addr

func (a *address) String() string { return netpipe.Addr(*a).String() }

func (a *address) Set(text string) error {
	at, err := netpipe.ParseAddr(text)
	if _, isSocket := at.Socket(); isSocket {
		return errors.New("only -listen takes a socket of systemd")
	}
	*a = address(at)
	return err
}
