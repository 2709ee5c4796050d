package queue

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/nats-io/nats.go/jetstream"
)

// publish adds jobs, and returns what has come of each. The function isDone reports whether the
// result of a job is there; nil means that no results are looked for.
func (q *Queue) publish(ctx context.Context, jobs []Job, isDone func(Job) (bool, error)) ([]fate, error) {
	acks := make([]jetstream.PubAckFuture, len(jobs))
	for i, job := range jobs {
		var err error
		if acks[i], err = q.js.PublishAsync(q.jobSubject(), job.message(), jetstream.WithMsgID(job.id())); err != nil {
			return nil, fmt.Errorf("add %s: %w", job, err)
		}
	}
	var known []int        // indexes of jobs whose ids the server knows
	var sequences []uint64 // of the messages with these ids
	fates := make([]fate, len(jobs))
	for i, ack := range acks {
		select {
		case stored := <-ack.Ok():
			if stored.Duplicate {
				known, sequences = append(known, i), append(sequences, stored.Sequence)
			}
		case err := <-ack.Err():
			return nil, fmt.Errorf("add %s: %w", jobs[i], err)
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	if len(known) == 0 {
		return fates, nil
	}
	isQueued, err := q.whatIsQueued(ctx, maxDeleted)
	if err != nil {
		return nil, err
	}
	err = inParallel(len(known), func(i int) (err error) {
		job := jobs[known[i]]
		if fates[known[i]], err = q.publishAgain(ctx, job, sequences[i], isQueued, isDone); err != nil {
			return fmt.Errorf("add %s: %w", job, err)
		}
		return nil
	})
	return fates, err
}

// A fate is what comes of a job that is to be added.
type fate int

const (
	isAdded   fate = iota
	isWaiting      // in the queue
	hasFailed
	hasResult
)

// publishAgain adds a job whose id the server knows: the server knows the ids of jobs that have
// left the queue too. It adds none if the message with that id is in the queue still, nor, unless
// the job is forced, if the job has failed or its result is there. The result is looked for after
// the message has left the queue: a worker writes it before.
func (q *Queue) publishAgain(ctx context.Context, job Job, sequence uint64, isQueued queued, isDone func(Job) (bool, error)) (fate, error) {
	for {
		if there, err := isQueued(ctx, sequence); there || err != nil {
			return isWaiting, err
		}
		if !job.Force {
			if failure, err := q.failure(ctx, job.name()); failure != nil || err != nil {
				return hasFailed, err
			}
		}
		if isDone != nil {
			if done, err := isDone(job); done || err != nil {
				return hasResult, err
			}
		}
		stored, err := q.js.Publish(ctx, q.jobSubject(), job.message(), jetstream.WithMsgID(job.idAgain(sequence)))
		if err != nil || !stored.Duplicate {
			return isAdded, err
		}
		sequence = stored.Sequence
	}
}

// queued reports whether the message with a sequence number is in the queue.
type queued func(ctx context.Context, sequence uint64) (bool, error)

// maxDeleted is how many numbers of messages that have left the queue are asked for together.
const maxDeleted = 100_000

// whatIsQueued asks which messages are in the queue, so that few are asked for one by one: all
// numbers of messages that have left the queue are asked for, if there are at most maxDeleted.
func (q *Queue) whatIsQueued(ctx context.Context, maxDeleted int) (queued, error) {
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
