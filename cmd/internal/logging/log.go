// Package logging is the log of a program that runs for long: records on stderr, for which
// the program never waits.
package logging

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/term"

	"imgpipe/cmd/internal/app"
)

// A TextFunc returns what the log says of an error.
type TextFunc func(error) string

// New returns a log on stderr, and its queue, which is to be closed at the end. The format is
// text or json; of an empty one, text on a terminal, for people, and JSON elsewhere, for
// programs. Each record ends with the attributes that are given.
func New(format string, text TextFunc, last ...slog.Attr) (*slog.Logger, *Queue, error) {
	if format == "" {
		format = "json"
		if term.IsTerminal(int(os.Stderr.Fd())) {
			format = "text"
		}
	}
	if newHandler(format, io.Discard, text) == nil {
		return nil, nil, app.Usagef("-log-format %q: want text or json", format)
	}
	handler := func(w io.Writer) slog.Handler {
		if isJournal(os.Stderr) {
			return lastHandler{newJournalHandler(format, w, text), last}
		}
		return lastHandler{newHandler(format, w, text), last}
	}
	// If the reader goes away, a write fails. A signal that is ignored would be ignored by
	// the filters too.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	queue := newQueue(os.Stderr, func(lost int) []byte {
		var record bytes.Buffer
		slog.New(handler(&record)).Warn("records of the log were lost", "records", lost)
		return record.Bytes()
	})
	go queue.run()
	return slog.New(handler(queue)), queue, nil
}

// A lastHandler adds attributes to the end of each record.
type lastHandler struct {
	slog.Handler
	last []slog.Attr
}

// Handle handles a record.
func (h lastHandler) Handle(ctx context.Context, r slog.Record) error {
	r.AddAttrs(h.last...)
	return h.Handler.Handle(ctx, r)
}

// WithAttrs returns a handler with more attributes in each record.
func (h lastHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return lastHandler{h.Handler.WithAttrs(attrs), h.last}
}

// newHandler returns the handler for a format, nil if there is none. Both formats write a
// duration with its unit: JSON would write nanoseconds.
func newHandler(format string, w io.Writer, text TextFunc) slog.Handler {
	options := &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		switch a.Value.Kind() {
		case slog.KindAny:
			if err, ok := a.Value.Any().(error); ok {
				a.Value = slog.StringValue(text(err))
			}
		case slog.KindDuration:
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
