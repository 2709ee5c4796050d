package logging

import (
	"context"
	"io"
	"log/slog"
	"testing"
	"time"
)

// BenchmarkHandler measures a record like that of a connection.
func BenchmarkHandler(b *testing.B) {
	for _, format := range []string{"text", "json"} {
		b.Run(format, func(b *testing.B) {
			log := slog.New(lastHandler{newHandler(format, io.Discard, error.Error), nil})
			b.ReportAllocs()
			for b.Loop() {
				log.LogAttrs(context.Background(), slog.LevelInfo, "connection",
					slog.Uint64("id", 12345), slog.String("client", "127.0.0.1:34567"), slog.String("verdict", "whole"),
					slog.Int64("in", 112525), slog.Int64("out", 112525),
					slog.Duration("queued", 12*time.Microsecond), slog.Duration("filter", 2*time.Millisecond),
					slog.Duration("total", 3*time.Millisecond), slog.String("status", "exit status 0"))
			}
		})
	}
}
