package netpipe

import (
	"context"
	"log/slog"
	"time"
)

// log writes the one log record of a conn.
func (c *conn) log(o *outcome) {
	level := slog.LevelWarn
	switch o.verdict {
	case whole:
		level = slog.LevelInfo
	case probe:
		level = slog.LevelDebug
	case stopped:
		c.service.cutOff.Add(1)
	}
	r := c.result(o)
	if observe := c.service.config.Observe; observe != nil {
		observe(r)
	}
	ctx := context.Background()
	if !c.service.log.Enabled(ctx, level) {
		return
	}
	growStackForLog()
	attrs := make([]slog.Attr, 0, 18)
	attrs = append(attrs,
		slog.Uint64("id", c.id),
		slog.String("client", c.front.client()),
		slog.String("verdict", r.Verdict),
		slog.Int64("in", r.In),
		slog.Int64("out", r.Out),
	)
	if user := c.front.user(); user != "" {
		attrs = append(attrs, slog.String("token", user))
	}
	if version, subject := tlsText(c.front.tlsState()); version != "" {
		attrs = append(attrs, slog.String("tls", version))
		if subject != "" {
			attrs = append(attrs, slog.String("subject", subject))
		}
	}
	if r.Status != 0 {
		attrs = append(attrs, slog.Int("http", r.Status))
	}
	if parent := c.front.trace().parent; parent != "" {
		attrs = append(attrs, slog.String("traceparent", parent))
	}
	if params := c.front.params(); len(params) > 0 {
		attrs = append(attrs, slog.String("params", queryOf(params)))
	}
	var stderr string
	if r.HasFilter {
		attrs = append(attrs, slog.Duration("queued", r.Queued), slog.Duration("filter", r.Filter))
		if r.HasNext {
			attrs = append(attrs, slog.Duration("next", r.Next), slog.String("hop", c.hop))
			if c.hopTries > 1 {
				attrs = append(attrs, slog.Int("tries", c.hopTries))
			}
		}
		attrs = append(attrs, slog.Duration("total", r.Total))
		status := c.invocation.Status()
		stderr = status.Stderr
		attrs = append(attrs, slog.String("status", status.Text))
		attrs = append(attrs, status.Used.Attrs()...)
	}
	if err := c.failure.err(); err != nil {
		attrs = append(attrs, slog.Any("err", err))
	}
	if stderr != "" {
		attrs = append(attrs, slog.String("stderr", stderr))
	}
	c.service.log.LogAttrs(ctx, level, "connection", attrs...)
}

func span(from, to time.Time) time.Duration {
	return to.Sub(from).Round(time.Microsecond)
}
