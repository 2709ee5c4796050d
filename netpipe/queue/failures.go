package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// A Failure is a job that cannot be done. A job has one at most: the message of a failure has
// the job's name in its subject, and replaces the one that was there. Each message of a job
// that fails is recorded by one message: count relies on that.
type Failure struct {
	Job   Job       `json:"job"`
	Why   string    `json:"why"`   // in one line
	Tries uint64    `json:"tries"` // that have failed, this one included
	At    time.Time `json:"at"`

	// Messages are the sequence numbers of the job's messages that have failed, in the stream
	// of jobs, the last maxMessages of them. A job that was added twice has two.
	Messages []uint64 `json:"messages"`

	sequence uint64 // of the record in its stream
	isOld    bool   // the record is of an earlier version: see nameFailures
}

const maxMessages = 100

// Failures calls each with the failures of the queue, the oldest first. An error of each ends
// that.
func (q *Queue) Failures(ctx context.Context, each func(Failure) error) (err error) {
	defer func() { err = orNoAnswer(q.orMissingRight(err)) }()
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
		failure, err := q.parseFailure(msg)
		if err != nil {
			return err
		}
		if err := each(*failure); err != nil {
			return err
		}
		next = msg.Sequence + 1
	}
	return nil
}

// parseFailure reads a record. One of an earlier version has the number of the job's message
// only in its subject.
func (q *Queue) parseFailure(msg *jetstream.RawStreamMsg) (*Failure, error) {
	f := &Failure{sequence: msg.Sequence}
	err := json.Unmarshal(msg.Data, f)
	if err == nil && len(f.Messages) == 0 {
		f.Messages, f.isOld = make([]uint64, 1), true
		_, err = fmt.Sscanf(msg.Subject, q.failureSubject("%d"), &f.Messages[0])
	}
	if err != nil {
		return nil, fmt.Errorf("failure %d: %w", msg.Sequence, err)
	}
	return f, nil
}

// failureName returns the name of the failure of a job, whose message has a sequence number. A
// message that is no job has a name of its own.
func failureName(job Job, message uint64) string {
	if job == (Job{}) {
		return strconv.FormatUint(message, 10)
	}
	return job.name()
}

// failure returns the failure of the job with a name, or nil.
func (q *Queue) failure(ctx context.Context, name string) (*Failure, error) {
	msg, err := q.failures.GetLastMsgForSubject(ctx, q.failureSubject(name))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	return q.parseFailure(msg)
}

// PutBack adds the job of a failure again, and deletes the failure. If that ends in between,
// the failure is there still, and goes when it is put back again, or when the job is done.
func (q *Queue) PutBack(ctx context.Context, f Failure) (err error) {
	defer func() { err = orNoAnswer(q.orMissingRight(err)) }()
	for _, sequence := range f.Messages { // a worker may have ended before it could end the job
		if err := deleteMessage(ctx, q.jobs, sequence); err != nil {
			return err
		}
	}
	id := f.Job.idAgain(f.Messages[len(f.Messages)-1]) // adds once if it is put back twice
	if _, err := q.js.Publish(ctx, q.jobSubject(), f.Job.message(), jetstream.WithMsgID(id)); err != nil {
		return err
	}
	return deleteMessage(ctx, q.failures, f.sequence)
}

// deleteMessage deletes a message, which may be gone.
func deleteMessage(ctx context.Context, from jetstream.Stream, sequence uint64) error {
	err := from.DeleteMsg(ctx, sequence)
	if err == nil {
		return nil
	}
	if _, there := from.GetMsg(ctx, sequence); errors.Is(there, jetstream.ErrMsgNotFound) {
		return nil
	}
	return err
}

// record records the failure of the job with a name, whose message has a sequence number. It
// does so once for each message, also if several workers do so, and not at all if the
// message has left the queue: then another worker has ended the job.
func (q *Queue) record(ctx context.Context, name string, sequence uint64, f Failure) error {
	for {
		if _, err := q.jobs.GetMsg(ctx, sequence); errors.Is(err, jetstream.ErrMsgNotFound) {
			return nil
		} else if err != nil {
			return err
		}
		before, err := q.failure(ctx, name)
		if err != nil || before.has(sequence) {
			return err
		}
		var replaced uint64 // no record: 0
		f.Messages = []uint64{sequence}
		if before != nil {
			replaced, f.Messages = before.sequence, before.with(sequence)
		}
		if err := q.store(ctx, name, f, replaced); !isConflict(err) {
			return err
		}
	}
}

// store writes a failure under the name of its job, in the place of the record with the
// sequence number replaced; 0: there is none. Another record that came first is a conflict.
func (q *Queue) store(ctx context.Context, name string, f Failure, replaced uint64) error {
	data, err := json.Marshal(f)
	if err != nil {
		return err
	}
	_, err = q.js.PublishMsg(ctx, &nats.Msg{Subject: q.failureSubject(name), Data: data}, jetstream.WithExpectLastSequencePerSubject(replaced))
	return err
}

// with returns the messages of a failure and another one, the last maxMessages of them.
func (f *Failure) with(message uint64) []uint64 {
	all := append(f.Messages, message)
	return all[max(0, len(all)-maxMessages):]
}

// isConflict reports whether another message of the subject came first.
func isConflict(err error) bool {
	said := new(jetstream.APIError)
	return errors.As(err, &said) && (said.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence ||
		said.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant) // of a stream with replicas
}

// has reports whether a failure is that of a message of its job. A nil Failure has none.
func (f *Failure) has(message uint64) bool {
	return f != nil && slices.Contains(f.Messages, message)
}

// forget deletes the failure of a job of which a message is done, if that is the failure of
// another message: the job was put back, or added twice.
func (q *Queue) forget(ctx context.Context, name string, done uint64) error {
	f, err := q.failure(ctx, name)
	if err != nil || f == nil || f.has(done) {
		return err
	}
	return deleteMessage(ctx, q.failures, f.sequence)
}
