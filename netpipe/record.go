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
	ctx := context.Background()
	if !c.service.log.Enabled(ctx, level) {
		return
	}
	attrs := make([]slog.Attr, 0, 13)
	attrs = append(attrs,
		slog.Uint64("id", c.id),
		slog.String("client", c.front.client()),
		slog.String("verdict", string(o.verdict)),
		slog.Int64("in", c.in.Load()),
		slog.Int64("out", c.out),
	)
	if status := c.front.status(); status != 0 {
		attrs = append(attrs, slog.Int("http", status))
	}
	if params := c.front.params(); len(params) > 0 {
		attrs = append(attrs, slog.String("params", queryOf(params)))
	}
	var stderr string
	if c.invocation != nil {
		attrs = append(attrs,
			slog.Duration("queued", span(c.times.begun, c.times.bound)),
			slog.Duration("filter", span(c.times.bound, c.times.done)),
		)
		if !c.times.dialled.IsZero() {
			attrs = append(attrs, slog.Duration("next", span(c.times.dialled, c.times.done)))
		}
		var status string
		status, stderr = c.invocation.Status()
		attrs = append(attrs, slog.String("status", status))
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
