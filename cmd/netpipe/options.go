package main

import (
	"fmt"
	"log/slog"
	"math"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"imgpipe/cmd/internal/app"
	"imgpipe/netpipe"
)

const notes = `ADDR is :PORT (every interface), HOST:PORT, [::1]:PORT or unix:/path. SIZE is
in bytes, or with KiB, MiB, GiB. 0 is no limit. The filter's own options follow
its name. The client exits 0 only if the answer came whole. The log, as text and
as JSON, has times with their unit: 1.5s, 250ms, 12µs.`

func flags() []cli.Flag {
	d := netpipe.Defaults()
	return []cli.Flag{
		&cli.StringFlag{Name: "listen", Value: d.Listen.String(), Usage: "take connections on `ADDR`"},
		&cli.StringFlag{Name: "next", Usage: "hand the filter's output to `ADDR`; what comes back is the answer"},
		&cli.StringFlag{Name: "connect", Usage: "be a client: send stdin to `ADDR`, write the answer to stdout"},
		&cli.StringFlag{Name: "o", Usage: "write the client's answer to `FILE`, whole or not at all"},
		&cli.IntFlag{Name: "pool", Value: d.Pool, Usage: "start `N` filters ahead; 0: one for each connection, even without input"},
		&cli.IntFlag{Name: "max", Value: d.Max, Usage: "let `N` connections have a filter at once"},
		&cli.IntFlag{Name: "queue", Value: d.Queue, Usage: "let `N` connections wait for one"},
		&cli.IntFlag{Name: "max-per-source", Usage: "let one address have `N` connections (default: no limit)"},
		&cli.StringSliceFlag{Name: "allow", Usage: "refuse whoever is not in `CIDR`; may be repeated"},
		&cli.DurationFlag{Name: "queue-timeout", Value: d.QueueTimeout, Usage: "let them wait for `TIME`"},
		&cli.DurationFlag{Name: "idle-timeout", Value: d.IdleTimeout, Usage: "let a client be silent for `TIME` before its half-close, or so far behind 64 KiB/s in reading"},
		&cli.DurationFlag{Name: "timeout", Value: d.Timeout, Usage: "give filter and next hop `TIME` for an answer"},
		&cli.DurationFlag{Name: "dial-timeout", Value: d.DialTimeout, Usage: "let -next refuse for `TIME`, or -connect's one try take so long"},
		&cli.DurationFlag{Name: "drain", Value: d.Drain, Usage: "after SIGTERM, give what has begun `TIME`; 0: none"},
		sizeFlag("max-input", d.MaxInput, "take inputs up to `SIZE`"),
		sizeFlag("max-answer", d.MaxAnswer, "hold answers up to `SIZE` each"),
		sizeFlag("max-held", d.MaxHeld, "hold answers up to `SIZE` together"),
		&cli.BoolFlag{Name: "allow-empty", Usage: "let 0 bytes be a whole answer, and to a server a whole input, not a probe"},
		&cli.BoolFlag{Name: "no-hold", Usage: "send the answer as it comes, for endless streams"},
		&cli.StringFlag{Name: "log-format", Usage: "write the log as `text or json` (default: text on a terminal)"},
	}
}

// server is what the command line says of a server.
func server(c *cli.Context) (*netpipe.Server, error) {
	if c.NArg() == 0 {
		return nil, app.Usagef("no filter: type netpipe -listen ADDR FILTER [ARG...]")
	}
	if c.IsSet("o") {
		return nil, app.Usagef("-o goes with -connect")
	}
	for _, name := range []string{"pool", "max", "queue", "max-per-source"} {
		if c.Int(name) < 0 {
			return nil, app.Usagef("-%s %d: below 0", name, c.Int(name))
		}
	}
	for _, name := range []string{"queue-timeout", "idle-timeout", "timeout", "dial-timeout", "drain"} {
		if c.Duration(name) < 0 {
			return nil, app.Usagef("-%s %v: below 0", name, c.Duration(name))
		}
	}
	log, err := logger(c.String("log-format"))
	if err != nil {
		return nil, err
	}
	s := &netpipe.Server{
		Filter:       c.Args().Slice(),
		Pool:         c.Int("pool"),
		Max:          c.Int("max"),
		Queue:        c.Int("queue"),
		QueueTimeout: c.Duration("queue-timeout"),
		IdleTimeout:  c.Duration("idle-timeout"),
		Timeout:      c.Duration("timeout"),
		DialTimeout:  c.Duration("dial-timeout"),
		Drain:        c.Duration("drain"),
		MaxInput:     size(c, "max-input"),
		MaxAnswer:    size(c, "max-answer"),
		MaxHeld:      size(c, "max-held"),
		AllowEmpty:   c.Bool("allow-empty"),
		NoHold:       c.Bool("no-hold"),
		MaxPerSource: c.Int("max-per-source"),
		Log:          log,
	}
	if s.Listen, err = netpipe.ParseAddr(c.String("listen")); err != nil {
		return nil, app.Usagef("-listen: %w", err)
	}
	if c.IsSet("next") {
		if s.Next, err = netpipe.ParseAddr(c.String("next")); err != nil {
			return nil, app.Usagef("-next: %w", err)
		}
	}
	for _, text := range c.StringSlice("allow") {
		p, err := parsePrefix(text)
		if err != nil {
			return nil, app.Usagef("-allow: %w", err)
		}
		s.Allow = append(s.Allow, p)
	}
	return s, nil
}

// parsePrefix reads a CIDR, or an address, which is all of it.
func parsePrefix(s string) (netip.Prefix, error) {
	if at, err := netip.ParseAddr(s); err == nil {
		return netip.PrefixFrom(at, at.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return p, fmt.Errorf("%q is no CIDR, such as 192.0.2.0/24 or 2001:db8::/32", s)
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

// client is what the command line says of a client.
func client(c *cli.Context) (*netpipe.Client, error) {
	if c.NArg() > 0 {
		return nil, app.Usagef("-connect takes no filter, but %q is there", c.Args().First())
	}
	for _, name := range []string{"listen", "next", "pool", "max", "queue", "queue-timeout", "idle-timeout", "timeout", "drain",
		"max-input", "max-held", "max-per-source", "allow", "log-format"} {
		if c.IsSet(name) {
			return nil, app.Usagef("-%s doesn't go with -connect", name)
		}
	}
	addr, err := netpipe.ParseAddr(c.String("connect"))
	if err != nil {
		return nil, app.Usagef("-connect: %w", err)
	}
	return &netpipe.Client{
		Addr:        addr,
		DialTimeout: c.Duration("dial-timeout"),
		MaxAnswer:   size(c, "max-answer"),
		AllowEmpty:  c.Bool("allow-empty"),
		NoHold:      c.Bool("no-hold"),
	}, nil
}

// A byteSize is a flag's value in bytes.
type byteSize int64

func sizeFlag(name string, def int64, usage string) cli.Flag {
	v := byteSize(def)
	return &cli.GenericFlag{Name: name, Value: &v, DefaultText: v.String(), Usage: usage}
}

func size(c *cli.Context, name string) int64 { return int64(*c.Generic(name).(*byteSize)) }

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
		return fmt.Errorf("%q is no size, such as 300, 64KiB, 256MiB or 4GiB", s)
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
