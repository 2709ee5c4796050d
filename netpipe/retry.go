package netpipe

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"syscall"
	"time"
)

// Retryable reports whether an error of Client.Send may be gone if the same input is
// sent again, and how long an HTTP server wants to be left alone before, 0 if it did not
// say. That is so if the server cannot be reached, if there was no whole answer, and
// for the HTTP statuses 408, 429, 500, 502, 503 and 504.
//
// Over a raw connection, a server that is busy and one whose filter refuses the input
// look the same: both reset. So a bad image is retryable there. Over HTTP it has the
// status 422 and is not.
func Retryable(err error) (after time.Duration, ok bool) {
	if errors.As(err, new(*inputError)) || errors.As(err, new(*writeError)) {
		return 0, false
	}
	if said := new(StatusError); errors.As(err, &said) {
		return said.RetryAfter, slices.ContainsFunc(outcomes, func(o outcome) bool { return o.status == said.Code && o.retry == again })
	}
	return 0, slices.ContainsFunc(transient, func(t error) bool { return errors.Is(err, t) })
}

// transient are the errors of Client.Send other than statuses that are worth another
// try.
var transient = []error{
	ErrNotWhole, ErrServerSilent, ErrEmptyAnswer,
	syscall.ECONNREFUSED, syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.ETIMEDOUT,
	fs.ErrNotExist, // a unix socket that is not there yet
	context.DeadlineExceeded,
}
