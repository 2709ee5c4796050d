package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/go-multierror"

	"imgpipe/cmd/internal/hosting"
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
		if got := hosting.WithHint(hint)(test.err); !strings.HasSuffix(got, test.want) {
			t.Errorf("%v: got %q, want %q", test.err, got, test.want)
		}
	}
}

// -run has no -pool, and so no hint names that.
func TestHintOfRun(t *testing.T) {
	for err, want := range map[error]string{
		netpipe.ErrDoesNotWait: "",
		netpipe.ErrTimeout:     "-timeout",
	} {
		if got := hintOfRun(err); got != want {
			t.Errorf("%v: got %q, want %q", err, got, want)
		}
	}
}
