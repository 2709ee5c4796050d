package main

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-multierror"

	"imgpipe/netpipe"
)

func TestWithHint(t *testing.T) {
	other := errors.New("another error")
	for _, test := range []struct {
		err  error
		want string
	}{
		{other, "another error"},
		{netpipe.ErrQueueFull, "the queue is full (-queue)"},
		{fmt.Errorf("connect :1: %w", netpipe.ErrEmptyAnswer), "connect :1: the answer is empty (-allow-empty)"},
		{&multierror.Error{Errors: []error{other, netpipe.ErrTimeout, netpipe.ErrIdleTimeout}}, " (-timeout, -idle-timeout)"},
	} {
		if got := withHint(test.err); !strings.HasSuffix(got, test.want) {
			t.Errorf("%v: got %q, want %q", test.err, got, test.want)
		}
	}
}

// The log has the hints, and durations with a unit, in both formats.
func TestLogHandler(t *testing.T) {
	for _, format := range []string{"text", "json"} {
		var log bytes.Buffer
		slog.New(logHandler(format, &log)).Warn("connection", "err", netpipe.ErrTimeout, "queued", 1500*time.Millisecond)
		for _, want := range []string{"not done within the timeout (-timeout)", "1.5s"} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("%s: want %q in %q", format, want, log.String())
			}
		}
	}
}
