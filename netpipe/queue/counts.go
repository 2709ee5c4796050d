package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Counts say what has become of the jobs of a queue. Added is the sum of the four that
// follow, always.
type Counts struct {
	Added   uint64 // each message once, also if it was put back; a job that was added twice may have two
	Done    uint64
	Failed  uint64        // see Failures
	Waiting uint64        // for a worker
	AtWork  uint64        // given to a worker, or waiting for another try
	Oldest  time.Duration // since the oldest job that is waiting or at work was added
}

// Left returns the number of jobs that are waiting or at work.
func (c Counts) Left() uint64 { return c.Waiting + c.AtWork }

// Counts asks the server. The error is ErrNoAnswer unless the server has answered, or the login
// lacks a right. Nothing is counted by listening: no job that is lost sight of can be missing.
// A job that fails at this moment counts as failed.
func (q *Queue) Counts(ctx context.Context) (Counts, error) {
	c, err := q.counts(ctx)
	err = orNoAnswer(q.orMissingRight(err))
	said := new(jetstream.APIError)
	if err != nil && err != ErrNoAnswer && !errors.Is(err, nats.ErrPermissionViolation) && (!errors.As(err, &said) || said.Code >= 500) {
		err = fmt.Errorf("%w: %w", ErrNoAnswer, err)
	}
	return c, err
}

func (q *Queue) counts(ctx context.Context) (Counts, error) {
	jobs, err := q.jobs.Info(ctx)
	if err != nil {
		return Counts{}, err
	}
	waiting := jobs.State.Msgs
	at, err := q.jobs.Consumer(ctx, consumer)
	switch {
	case err == nil:
		waiting = min(waiting, at.CachedInfo().NumPending)
	case !errors.Is(err, jetstream.ErrConsumerNotFound):
		return Counts{}, err
	}
	failures, err := q.failures.Info(ctx)
	if err != nil {
		return Counts{}, err
	}
	c := count(jobs.State, failures.State, namedAgain(failures.Config), waiting)
	if c.Left() > 0 {
		c.Oldest = time.Since(jobs.State.FirstTime)
	}
	return c, nil
}

// count counts the jobs of two streams. A message is in the stream of jobs until its job is
// done, or until its failure is recorded, once for each message. A record is replaced or
// deleted only for another message of its job, which then is counted once, or by an upgrade:
// that has written renamed records anew.
func count(jobs, failures jetstream.StreamState, renamed, waiting uint64) Counts {
	again := failures.LastSeq - failures.Msgs
	again -= min(renamed, again) // less only while an upgrade is at work
	c := Counts{Added: jobs.LastSeq - again, Failed: failures.Msgs, Waiting: waiting, AtWork: jobs.Msgs - waiting}
	// Between the record of a failure and its end, a job is in both streams; and the streams
	// are asked one after the other.
	for c.Failed+c.Left() > c.Added {
		switch {
		case c.AtWork > 0:
			c.AtWork--
		case c.Waiting > 0:
			c.Waiting--
		default:
			c.Added = c.Failed
		}
	}
	c.Done = c.Added - c.Failed - c.Left()
	return c
}
