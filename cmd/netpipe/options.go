package main

import (
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/term"

	"imgpipe/cmd/internal/app"
	"imgpipe/netpipe"
)

const notes = `ADDR is :PORT (every interface), HOST:PORT, [::1]:PORT or unix:/path, or for HTTP
http://:PORT and so on: POST an input there, or open it in a browser. SIZE is in
bytes, or with KiB, MiB, GiB. 0 is no limit. The filter's own options follow its
name. The client exits 0 only if the answer came whole. The log, as text and as
JSON, has times with their unit: 1.5s, 250ms, 12µs.`

// options are what the command line says.
type options struct {
	flags     *flag.FlagSet
	server    netpipe.Server
	connect   string
	output    string
	jobs      int
	prefix    string
	resume    bool
	logFormat string
}

func newOptions() *options {
	o := &options{flags: new(flag.FlagSet), server: netpipe.Defaults()}
	s, f := &o.server, o.flags
	first := true
	f.Func("listen", "take connections on `ADDR`; may be repeated (default "+s.Listen[0].String()+")", func(text string) error {
		at, err := netpipe.ParseAddr(text)
		if first {
			first, s.Listen = false, nil
		}
		s.Listen = append(s.Listen, at)
		return err
	})
	f.Func("next", "hand the filter's output to `ADDR`; what comes back is the answer", func(text string) (err error) {
		s.Next, err = netpipe.ParseAddr(text)
		return err
	})
	f.StringVar(&o.connect, "connect", "", "be a client: send stdin to `ADDR`, write the answer to stdout")
	f.StringVar(&o.output, "o", "", "write the client's answer to `FILE`, or with FILEs to this directory, each whole or not at all")
	o.jobs = 8
	countFlag(f, &o.jobs, "jobs", "with FILEs: have `N` under way at once")
	f.StringVar(&o.prefix, "prefix", "", "with FILEs: call the answers `TEXT` and the FILE's name")
	f.BoolVar(&o.resume, "resume", false, "with FILEs: leave out those whose answer is in DIR already")
	countFlag(f, &s.Reuse, "reuse", "let a filter, which must be a worker, serve `N` connections (default: one, any program)")
	countFlag(f, &s.Pool, "pool", "start `N` filters ahead; 0: one for each connection, even without input")
	countFlag(f, &s.Max, "max", "let `N` connections have a filter at once; with -reuse 4 per core, if nothing is said")
	countFlag(f, &s.Queue, "queue", "let `N` connections wait for one")
	countFlag(f, &s.MaxPerSource, "max-per-source", "let one address have `N` connections (default: no limit)")
	f.Func("allow", "refuse whoever is not in `CIDR`; may be repeated", func(text string) error {
		p, err := parsePrefix(text)
		s.Allow = append(s.Allow, p)
		return err
	})
	timeFlag(f, &s.QueueTimeout, "queue-timeout", "let them wait for `TIME`")
	timeFlag(f, &s.IdleTimeout, "idle-timeout", "let a client be silent for `TIME` before its half-close, or so far behind 64 KiB/s in reading")
	timeFlag(f, &s.Timeout, "timeout", "give filter and next hop `TIME` for an answer")
	timeFlag(f, &s.DialTimeout, "dial-timeout", "let -next refuse for `TIME`, or -connect's one try take so long")
	timeFlag(f, &s.Drain, "drain", "after SIGTERM, give what has begun `TIME`; 0: none")
	f.Var((*byteSize)(&s.MaxInput), "max-input", "take inputs up to `SIZE`")
	f.Var((*byteSize)(&s.MaxAnswer), "max-answer", "hold answers up to `SIZE` each")
	f.Var((*byteSize)(&s.MaxHeld), "max-held", "hold answers up to `SIZE` together")
	f.BoolVar(&s.AllowEmpty, "allow-empty", false, "let 0 bytes be a whole answer, and to a server a whole input, not a probe")
	f.BoolVar(&s.NoHold, "no-hold", false, "send the answer as it comes, for endless streams")
	f.StringVar(&o.logFormat, "log-format", "", "write the log as `text or json` (default: text on a terminal)")
	return o
}

// newServer is what the command line says of a server.
func (o *options) newServer(filter []string) (*netpipe.Server, error) {
	if len(filter) == 0 {
		return nil, app.Usagef("no filter: type netpipe -listen ADDR FILTER [ARG...]")
	}
	given := app.Given(o.flags)
	for _, name := range []string{"o", "jobs", "prefix", "resume"} {
		if given[name] {
			return nil, app.Usagef("-%s goes with -connect", name)
		}
	}
	log, err := logger(o.logFormat)
	if err != nil {
		return nil, err
	}
	o.server.Filter, o.server.Log = filter, log
	if o.server.Reuse > 0 && !given["max"] {
		o.server.Max = netpipe.MaxWorkers()
	}
	return &o.server, nil
}

// newClient is what the command line says of a client.
func (o *options) newClient() (*netpipe.Client, error) {
	given := app.Given(o.flags)
	for _, name := range []string{"listen", "next", "reuse", "pool", "max", "queue", "queue-timeout", "idle-timeout", "timeout", "drain",
		"max-input", "max-held", "max-per-source", "allow", "log-format"} {
		if given[name] {
			return nil, app.Usagef("-%s doesn't go with -connect", name)
		}
	}
	addr, err := netpipe.ParseAddr(o.connect)
	if err != nil {
		return nil, app.Usagef("-connect: %w", err)
	}
	return &netpipe.Client{
		Addr:        addr,
		DialTimeout: o.server.DialTimeout,
		MaxAnswer:   o.server.MaxAnswer,
		AllowEmpty:  o.server.AllowEmpty,
		NoHold:      o.server.NoHold,
	}, nil
}

// parsePrefix reads a CIDR, or an address, which is all of it.
func parsePrefix(s string) (netip.Prefix, error) {
	if at, err := netip.ParseAddr(s); err == nil {
		return netip.PrefixFrom(at, at.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return p, errors.New("no CIDR, such as 192.0.2.0/24 or 2001:db8::/32")
	}
	return p, nil
}

// logger writes to stderr, by default what suits who reads it.
func logger(format string) (*slog.Logger, error) {
	if format == "" {
		format = "json"
		if term.IsTerminal(int(os.Stderr.Fd())) {
			format = "text"
		}
	}
	switch format {
	case "text":
		return slog.New(slog.NewTextHandler(os.Stderr, nil)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{ReplaceAttr: timesAsText})), nil
	}
	return nil, app.Usagef("-log-format %q: want text or json", format)
}

// timesAsText has JSON say a time as text does, not in nanoseconds.
func timesAsText(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindDuration {
		a.Value = slog.StringValue(a.Value.String())
	}
	return a
}

// A count is a flag's value that isn't below 0, and so is a span.
type (
	count int
	span  time.Duration
)

var errBelow = errors.New("below 0")

func countFlag(f *flag.FlagSet, to *int, name, usage string) { f.Var((*count)(to), name, usage) }

func timeFlag(f *flag.FlagSet, to *time.Duration, name, usage string) {
	f.Var((*span)(to), name, usage)
}

func (c *count) String() string { return strconv.Itoa(int(*c)) }
func (t *span) String() string  { return time.Duration(*t).String() }

func (c *count) Set(s string) error {
	n, err := strconv.Atoi(s)
	switch {
	case err != nil:
		return errors.New("no whole number")
	case n < 0:
		return errBelow
	}
	*c = count(n)
	return nil
}

func (t *span) Set(s string) error {
	d, err := time.ParseDuration(s)
	switch {
	case err != nil:
		return errors.New("no time, such as 30s, 250ms or 2m")
	case d < 0:
		return errBelow
	}
	*t = span(d)
	return nil
}

// A byteSize is a flag's value in bytes.
type byteSize int64

var units = []struct {
	name  string
	bytes float64
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}}

// Set reads "300", "64KiB", "1.5 GiB".
func (b *byteSize) Set(s string) error {
	unit := 1.0
	number := s
	for _, u := range units {
		if n, ok := strings.CutSuffix(s, u.name); ok {
			number, unit = strings.TrimSpace(n), u.bytes
			break
		}
	}
	v, err := strconv.ParseFloat(number, 64)
	if err != nil || !(v >= 0 && v*unit < math.MaxInt64) || unit == 1 && v != math.Trunc(v) {
		return errors.New("no size, such as 300, 64KiB, 256MiB or 4GiB")
	}
	*b = byteSize(v * unit)
	return nil
}

// String is the largest unit of which it is a whole number.
func (b *byteSize) String() string {
	for _, u := range units {
		if unit := int64(u.bytes); *b > 0 && int64(*b)%unit == 0 {
			return fmt.Sprintf("%d%s", int64(*b)/unit, u.name)
		}
	}
	return strconv.FormatInt(int64(*b), 10)
}
