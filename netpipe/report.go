package netpipe

import (
	"context"
	"log/slog"
	"time"
)

// report writes the one record of a connection.
func (c *conn) report(v verdict) {
	level := slog.LevelWarn
	switch {
	case v == whole:
		level = slog.LevelInfo
	case v == probe:
		level = slog.LevelDebug
	case v == stopped:
		c.killed.Add(1)
	}
	ctx := context.Background()
	if !c.log.Enabled(ctx, level) {
		return
	}
	attrs := make([]slog.Attr, 0, 12)
	attrs = append(attrs,
		slog.Uint64("id", c.id),
		slog.String("client", c.RemoteAddr().String()),
		slog.String("verdict", string(v)),
		slog.Int64("in", c.in.Load()),
		slog.Int64("out", c.out),
	)
	if c.code != 0 {
		attrs = append(attrs, slog.Int("http", c.code))
	}
	var words string
	if c.run != nil {
		attrs = append(attrs,
			slog.Duration("queued", span(c.begun, c.bound)),
			slog.Duration("filter", span(c.bound, c.done)),
		)
		if !c.dialled.IsZero() {
			attrs = append(attrs, slog.Duration("next", span(c.dialled, c.done)))
		}
		var status string
		status, words = c.run.last()
		attrs = append(attrs, slog.String("status", status))
	}
	if err := c.end.err(); err != nil {
		attrs = append(attrs, slog.String("err", err.Error()))
	}
	if words != "" {
		attrs = append(attrs, slog.String("stderr", words))
	}
	c.log.LogAttrs(ctx, level, "connection", attrs...)
}

func span(from, to time.Time) time.Duration {
	return to.Sub(from).Round(time.Microsecond)
}
