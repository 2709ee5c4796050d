package netpipe

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"slices"
	"syscall"
	"time"
)

// Again reports whether what Send failed with may be over when the same input
// is sent once more, and how long an HTTP server wants to be left alone before,
// 0 if it didn't say: nobody listens, the host can't be reached in time, there
// was no whole answer, or the status is one of 408, 429, 500, 502, 503 and 504.
// Over a raw connection a server that is too busy and one whose filter refuses
// the input look the same, so a bad image is among them; over HTTP, where it has
// the status 422, it isn't.
func Again(err error) (after time.Duration, ok bool) {
	if errors.As(err, new(*inputError)) || errors.As(err, new(*writeError)) {
		return 0, false
	}
	if status := new(StatusError); errors.As(err, &status) {
		return status.RetryAfter, slices.Contains(passingStatus, status.Code)
	}
	return 0, slices.ContainsFunc(passing, func(p error) bool { return errors.Is(err, p) })
}

var passingStatus = []int{
	http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
	http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout,
}

var passing = []error{
	errNotWhole, errEmpty,
	syscall.ECONNREFUSED, syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.ETIMEDOUT,
	fs.ErrNotExist, // a unix socket that isn't there yet
	context.DeadlineExceeded,
}
