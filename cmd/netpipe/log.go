package main

import (
	"log/slog"
	"os"

	"golang.org/x/term"

	"imgpipe/cmd/internal/app"
)

// logger returns a log on stderr. The default format is text on a terminal, for
// people, and JSON elsewhere, for programs.
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

// timesAsText makes JSON write a duration as text does (1.5s), not in nanoseconds.
func timesAsText(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindDuration {
		a.Value = slog.StringValue(a.Value.String())
	}
	return a
}
