package logging

import (
	"bytes"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// The log has what the program says of an error, and durations with a unit, in both formats.
func TestHandler(t *testing.T) {
	for _, format := range []string{"text", "json"} {
		var log bytes.Buffer
		slog.New(newHandler(format, &log, func(err error) string { return err.Error() + " (-hint)" })).Warn("connection", "err", io.ErrUnexpectedEOF, "queued", 1500*time.Millisecond)
		for _, want := range []string{"unexpected EOF (-hint)", "1.5s"} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("%s: want %q in %q", format, want, log.String())
			}
		}
	}
}

// Each record ends with the attributes of the log, also of a logger that has more.
func TestLastHandler(t *testing.T) {
	var got bytes.Buffer
	log := slog.New(lastHandler{newHandler("json", &got, nil), []slog.Attr{slog.String("server", "west")}})
	log.Warn("one")
	log.With("program", "cat").Warn("two", "id", 3)
	lines := strings.Split(strings.TrimSpace(got.String()), "\n")
	for i, want := range []string{`"msg":"one","server":"west"}`, `"msg":"two","program":"cat","id":3,"server":"west"}`} {
		if len(lines) != 2 || !strings.HasSuffix(lines[i], want) {
			t.Errorf("want %s at the end, got %s", want, got.String())
		}
	}
}
