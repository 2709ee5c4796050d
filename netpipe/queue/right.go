package queue

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"imgpipe/netpipe/objects"
)

// A right is whether the store has granted a request of one kind so far. Until then a request
// that is denied may be the fault of the login, or that of its object: its job is put off, so
// that a worker tries those of other objects, and the requests of the kind have a pace of
// their own.
type right struct {
	pace pace

	mu      sync.Mutex
	granted bool
}

const (
	// lastDeniedPause is the longest pause between requests that are denied.
	lastDeniedPause = time.Second

	// lastPutOff is the longest time for which a job is put off that is denied. A server gives
	// out such jobs before those that were never given out: by then, a worker must have come to
	// another job.
	lastPutOff = time.Hour
)

// newRight returns the right to requests of a kind: HEAD, GET or PUT.
func newRight(kind string, log *slog.Logger) right {
	return right{pace: pace{
		log: log, last: lastDeniedPause,
		slows: "the store has denied each " + kind + " so far: jobs that need one are put off",
		ends:  "the store has granted a " + kind,
	}}
}

// errDenied: the store denies each request of a kind, as far as is known.
var errDenied = errors.New("the store has granted no such request yet")

// judge returns the error of a request. Permission that is denied before it was granted is
// errDenied too.
func (r *right) judge(err error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case err == nil || errors.Is(err, objects.ErrNotFound):
		r.granted = true
		r.pace.end()
	case errors.Is(err, fs.ErrPermission) && !r.granted:
		return fmt.Errorf("%w: %w", errDenied, err)
	}
	return err
}

// putOff returns a blameless error in place of errDenied. A job is put off for as long as all
// requests of the kind have been denied. So half of the worker's requests, or more, are of
// jobs that it has not tried before.
func (r *right) putOff(err error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.granted {
		r.pace.slower(err, time.Now())
	}
	return blameless{err, min(r.pace.pausedFor(), lastPutOff)}
}

// ask is do for a request that needs a right. While none of its kind was granted, a worker's
// request that is denied is not made again, but has a blameless error.
func (p *pacedStore) ask(ctx context.Context, r *right, filled time.Time, request func() error) error {
	err := p.do(ctx, filled, func() error {
		if err := r.pace.wait(ctx); err != nil {
			return err
		}
		return r.judge(request())
	})
	if p.hold && errors.Is(err, errDenied) {
		return r.putOff(err)
	}
	return err
}
