package main

import (
	"bytes"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/term"

	"imgpipe/cmd/internal/app"
)

// logger returns a log on stderr, and its queue, which is to be closed at the end. The
// default format is text on a terminal, for people, and JSON elsewhere, for programs.
func logger(format string) (*slog.Logger, *logQueue, error) {
	if format == "" {
		format = "json"
		if term.IsTerminal(int(os.Stderr.Fd())) {
			format = "text"
		}
	}
	if logHandler(format, io.Discard) == nil {
		return nil, nil, app.Usagef("-log-format %q: want text or json", format)
	}
	newHandler := logHandler
	if isJournal(os.Stderr) {
		newHandler = newJournalHandler
	}
	// If the reader goes away, a write fails. A signal that is ignored would be ignored by
	// the filters too.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	queue := newLogQueue(os.Stderr, func(lost int) []byte {
		var record bytes.Buffer
		slog.New(newHandler(format, &record)).Warn("records of the log were lost", "records", lost)
		return record.Bytes()
	})
	go queue.run()
	return slog.New(newHandler(format, queue)), queue, nil
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
