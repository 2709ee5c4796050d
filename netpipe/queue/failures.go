package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// A Failure is a job that cannot be done.
type Failure struct {
	Job   Job       `json:"job"`
	Why   string    `json:"why"`   // in one line
	Tries uint64    `json:"tries"` // how often the job was given to a worker
	At    time.Time `json:"at"`

	sequence    uint64 // of the record in its stream
	jobSequence uint64 // of the job in its stream
}

// Failures calls each with the failures of the queue, the oldest first. An error of each ends
// that.
func (q *Queue) Failures(ctx context.Context, each func(Failure) error) error {
	info, err := q.failures.Info(ctx)
	if err != nil {
		return err
	}
	for next := uint64(1); next <= info.State.LastSeq; {
		msg, err := q.failures.GetMsg(ctx, next, jetstream.WithGetMsgSubject(q.failureSubject("*")))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return nil
		} else if err != nil {
			return err
		}
		failure := Failure{sequence: msg.Sequence}
		if err := json.Unmarshal(msg.Data, &failure); err != nil {
			return fmt.Errorf("failure %d: %w", msg.Sequence, err)
		}
		if _, err := fmt.Sscanf(msg.Subject, q.failureSubject("%d"), &failure.jobSequence); err != nil {
			return fmt.Errorf("failure %d: %w", msg.Sequence, err)
		}
		if err := each(failure); err != nil {
			return err
		}
		next = msg.Sequence + 1
	}
	return nil
}

// PutBack adds the job of a failure again, and deletes the failure.
func (q *Queue) PutBack(ctx context.Context, f Failure) error {
	id := f.Job.idAgain(f.jobSequence) // if it is put back twice because the record could not be deleted
	if _, err := q.js.Publish(ctx, q.jobSubject(), f.Job.message(), jetstream.WithMsgID(id)); err != nil {
		return err
	}
	return q.failures.DeleteMsg(ctx, f.sequence)
}

// record records the failure of the job with a sequence number in its stream, once: a second
// record of a job is no error, and changes nothing.
func (q *Queue) record(ctx context.Context, sequence uint64, f Failure) error {
	data, err := json.Marshal(f)
	if err != nil {
		return err
	}
	_, err = q.js.PublishMsg(ctx, &nats.Msg{Subject: q.failureSubject(sequence), Data: data}, jetstream.WithExpectLastSequencePerSubject(0))
	if said := new(jetstream.APIError); errors.As(err, &said) && said.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence {
		return nil
	}
	return err
}

// isRecorded reports whether the failure of a job is recorded.
func (q *Queue) isRecorded(ctx context.Context, sequence uint64) (bool, error) {
	_, err := q.failures.GetLastMsgForSubject(ctx, q.failureSubject(sequence))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return false, nil
	}
	return err == nil, err
}
