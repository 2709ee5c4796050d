package queue

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/nats-io/nats.go/jetstream"
)

// publish adds jobs, and returns how many were not there yet.
func (q *Queue) publish(ctx context.Context, jobs []Job) (added int, err error) {
	acks := make([]jetstream.PubAckFuture, len(jobs))
	for i, job := range jobs {
		if acks[i], err = q.js.PublishAsync(q.jobSubject(), job.message(), jetstream.WithMsgID(job.id())); err != nil {
			return 0, fmt.Errorf("add %s: %w", job, err)
		}
	}
	type message struct {
		job      Job
		sequence uint64
	}
	var known []message // that have the ids of jobs
	for i, ack := range acks {
		select {
		case stored := <-ack.Ok():
			if stored.Duplicate {
				known = append(known, message{jobs[i], stored.Sequence})
			}
		case err := <-ack.Err():
			return 0, fmt.Errorf("add %s: %w", jobs[i], err)
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
	}
	if len(known) == 0 {
		return len(jobs), nil
	}
	isQueued, err := q.whatIsQueued(ctx)
	if err != nil {
		return 0, err
	}
	var addedAgain atomic.Int64
	err = inParallel(len(known), func(i int) error {
		isNew, err := q.publishAgain(ctx, known[i].job, known[i].sequence, isQueued)
		if err != nil {
			return fmt.Errorf("add %s: %w", known[i].job, err)
		}
		if isNew {
			addedAgain.Add(1)
		}
		return nil
	})
	return len(jobs) - len(known) + int(addedAgain.Load()), err
}

// publishAgain adds a job whose id the server knows, unless the message with that id is in the
// queue still, or has failed: the server knows the ids of jobs that have left the queue too.
func (q *Queue) publishAgain(ctx context.Context, job Job, sequence uint64, isQueued queued) (isNew bool, err error) {
	for {
		if there, err := isQueued(ctx, sequence); there || err != nil {
			return false, err
		}
		if failure, err := q.failure(ctx, job.name()); failure != nil || err != nil {
			return false, err
		}
		stored, err := q.js.Publish(ctx, q.jobSubject(), job.message(), jetstream.WithMsgID(job.idAgain(sequence)))
		if err != nil || !stored.Duplicate {
			return err == nil, err
		}
		sequence = stored.Sequence
	}
}

// queued reports whether the message with a sequence number is in the queue.
type queued func(ctx context.Context, sequence uint64) (bool, error)

// maxDeleted is how many numbers of messages that have left the queue are asked for together.
const maxDeleted = 100_000

// whatIsQueued asks which messages are in the queue, so that few are asked for one by one.
func (q *Queue) whatIsQueued(ctx context.Context) (queued, error) {
	info, err := q.jobs.Info(ctx)
	if err == nil && info.State.NumDeleted > 0 && info.State.NumDeleted <= maxDeleted {
		info, err = q.jobs.Info(ctx, jetstream.WithDeletedDetails(true))
	}
	if err != nil {
		return nil, err
	}
	state := info.State
	slices.Sort(state.Deleted)
	return func(ctx context.Context, sequence uint64) (bool, error) {
		switch {
		case sequence < state.FirstSeq:
			return false, nil
		case sequence <= state.LastSeq && len(state.Deleted) == state.NumDeleted:
			_, gone := slices.BinarySearch(state.Deleted, sequence)
			return !gone, nil
		}
		_, err := q.jobs.GetMsg(ctx, sequence)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return false, nil
		}
		return err == nil, err
	}, nil
}
