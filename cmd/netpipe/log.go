package main

import (
	"io"
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
	handler := logHandler(format, os.Stderr)
	if handler == nil {
		return nil, app.Usagef("-log-format %q: want text or json", format)
	}
	return slog.New(handler), nil
}

// logHandler returns the handler for a format, nil if there is none. Both formats write
// an error with the options that it is about, and a duration with its unit: JSON would
// write nanoseconds.
func logHandler(format string, w io.Writer) slog.Handler {
	options := &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if err, ok := a.Value.Any().(error); ok {
			a.Value = slog.StringValue(withHint(err))
		} else if a.Value.Kind() == slog.KindDuration {
			a.Value = slog.StringValue(a.Value.String())
		}
		return a
	}}
	switch format {
	case "text":
		return slog.NewTextHandler(w, options)
	case "json":
		return slog.NewJSONHandler(w, options)
	}
	return nil
}
