package netpipe

import (
	"context"
	"errors"
	"io/fs"
	"syscall"
)

// Again reports whether what Send failed with may be over when the same input
// is sent once more: nobody listens, the host can't be reached in time, or there
// was no whole answer. Over a raw connection a server that is too busy and one
// whose filter refuses the input look the same, so a bad image is among them.
func Again(err error) bool {
	if errors.As(err, new(*inputError)) || errors.As(err, new(*writeError)) {
		return false
	}
	for _, passing := range []error{
		errNotWhole, errEmpty,
		syscall.ECONNREFUSED, syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.ETIMEDOUT,
		fs.ErrNotExist, // a unix socket that isn't there yet
		context.DeadlineExceeded,
	} {
		if errors.Is(err, passing) {
			return true
		}
	}
	return false
}
