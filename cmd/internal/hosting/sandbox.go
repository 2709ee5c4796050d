// Package hosting is what netpipe and netqueue share, the programs that start filters:
// options, and environment variables for imggray and imgscale as filters. Other filters
// ignore these variables.
package hosting

import (
	"cmp"
	"context"
	"log/slog"
	"os"

	"imgpipe/cmd/internal/sandbox"
)

// sandboxVariable sets the option -sandbox of imggray and imgscale.
const sandboxVariable = "IMGPIPE_SANDBOX"

// LogSandbox returns a log whose record of the beginning, "listening" or "working", says
// which sandbox imggray and imgscale have as filters. If the system has none and they may run
// without it, one record warns of that, instead of each filter.
func LogSandbox(log *slog.Logger) (*slog.Logger, error) {
	mode := cmp.Or(os.Getenv(sandboxVariable), "auto")
	system := sandbox.Available()
	if mode == "auto" && !system.Seccomp && system.Landlock == 0 {
		log.Warn("imggray and imgscale run without a sandbox, which this system does not have")
		return log, os.Setenv(sandboxVariable, "off")
	}
	return slog.New(beginningHandler{log.Handler(), []slog.Attr{
		slog.String("sandbox", mode), slog.String("system", system.String()),
	}}), nil
}

// A beginningHandler adds attributes to the record of the beginning.
type beginningHandler struct {
	slog.Handler
	attrs []slog.Attr
}

// Handle handles a record.
func (h beginningHandler) Handle(ctx context.Context, r slog.Record) error {
	if r.Message == "listening" || r.Message == "working" {
		r.AddAttrs(h.attrs...)
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs returns a handler with more attributes in each record.
func (h beginningHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return beginningHandler{h.Handler.WithAttrs(attrs), h.attrs}
}
