package queue

import (
	"context"
	"log/slog"
)

// log writes the one record of a try.
func (t *try) log(err error) {
	level := slog.LevelInfo
	if t.result.Outcome == Failed || t.result.Outcome == Again {
		level = slog.LevelWarn
	}
	attrs := []slog.Attr{
		slog.String("job", t.job.String()),
		slog.String("outcome", string(t.result.Outcome)),
		slog.Uint64("try", t.number()),
		slog.Int64("in", t.result.In),
		slog.Int64("out", t.result.Out),
		slog.Duration("total", t.result.Total),
	}
	if err != nil {
		attrs = append(attrs, slog.Any("err", err))
	}
	t.Log.LogAttrs(context.Background(), level, "job", attrs...)
}
