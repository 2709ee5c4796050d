package logging

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// isJournal reports whether a file is the stream to systemd's journal that the variable
// JOURNAL_STREAM names, by the numbers of its device and its inode (systemd.exec(5)).
func isJournal(file *os.File) bool {
	var stat unix.Stat_t
	err := unix.Fstat(int(file.Fd()), &stat)
	return err == nil && os.Getenv("JOURNAL_STREAM") == fmt.Sprintf("%d:%d", stat.Dev, stat.Ino)
}

// A journalHandler begins each record with its priority, which the journal takes off
// (sd-daemon(3)). The records have no time: the journal has one.
type journalHandler struct {
	slog.Handler // writes to line
	line         *journalLine
}

// A journalLine is the record in the making, of all handlers of one log.
type journalLine struct {
	mu   sync.Mutex
	text bytes.Buffer
	to   io.Writer
}

func newJournalHandler(format string, to io.Writer, text TextFunc) slog.Handler {
	line := &journalLine{to: to}
	return journalHandler{newHandler(format, &line.text, text), line}
}

// Handle writes one record with one Write.
func (h journalHandler) Handle(ctx context.Context, r slog.Record) error {
	h.line.mu.Lock()
	defer h.line.mu.Unlock()
	h.line.text.Reset()
	fmt.Fprintf(&h.line.text, "<%d>", priority(r.Level))
	r.Time = time.Time{}
	if err := h.Handler.Handle(ctx, r); err != nil {
		return err
	}
	_, err := h.line.to.Write(h.line.text.Bytes())
	return err
}

// WithAttrs returns a handler of the same log.
func (h journalHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return journalHandler{h.Handler.WithAttrs(attrs), h.line}
}

// WithGroup returns a handler of the same log.
func (h journalHandler) WithGroup(name string) slog.Handler {
	return journalHandler{h.Handler.WithGroup(name), h.line}
}

// priority returns the priority of a level (syslog(3)).
func priority(level slog.Level) int {
	const failure, warning, information, debug = 3, 4, 6, 7
	switch {
	case level >= slog.LevelError:
		return failure
	case level >= slog.LevelWarn:
		return warning
	case level >= slog.LevelInfo:
		return information
	}
	return debug
}
