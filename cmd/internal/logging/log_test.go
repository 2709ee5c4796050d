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
