package queue

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go/jetstream"
)

// renamed is the key, in the metadata of the stream of failures, of the number of records that
// nameFailures has written anew. Each of them takes one more sequence number, which count must
// not take for a job that was put back.
const renamed = "netqueue-renamed"

// nameFailures writes the failures of an earlier version under the names of their jobs. Their
// subjects had the numbers of the jobs' messages, and their stream has no limit of one record
// for a subject; openStream sets this limit when nameFailures is done. A second call goes on
// where the first one was interrupted. No program of the earlier version may run meanwhile.
func (q *Queue) nameFailures(ctx context.Context) (err error) {
	q.failures, err = q.js.Stream(ctx, q.failuresStream())
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil
	} else if err != nil {
		return fmt.Errorf("the stream %s: %w", q.failuresStream(), err)
	}
	info := q.failures.CachedInfo()
	if info.Config.MaxMsgsPerSubject == 1 || info.State.Msgs == 0 {
		return nil
	}
	q.log.Info("failures of an earlier version get the names of their jobs", "records", info.State.Msgs)
	if info.Config.Metadata[renamed] == "" {
		if info.Config.Metadata == nil {
			info.Config.Metadata = map[string]string{}
		}
		info.Config.Metadata[renamed] = strconv.FormatUint(info.State.Msgs, 10)
		if _, err := q.js.UpdateStream(ctx, info.Config); err != nil {
			return fmt.Errorf("update the stream %s: %w", q.failuresStream(), err)
		}
	}
	return q.Failures(ctx, func(f Failure) error {
		if !f.isOld {
			return nil
		}
		if err := q.nameFailure(ctx, f); err != nil {
			return fmt.Errorf("name failure %d: %w", f.sequence, err)
		}
		return nil
	})
}

// nameFailure writes an old failure under the name of its job, and then deletes the old record.
func (q *Queue) nameFailure(ctx context.Context, old Failure) error {
	f, message := old, old.Messages[0]
	name := failureName(f.Job, message)
	var last uint64 // record of that name
	switch msg, err := q.failures.GetLastMsgForSubject(ctx, q.failureSubject(name)); {
	case err == nil && msg.Sequence != f.sequence:
		before, err := q.parseFailure(msg)
		if err != nil {
			return err
		}
		if before.has(message) { // an upgrade was interrupted here
			return deleteMessage(ctx, q.failures, f.sequence)
		}
		last, f.Messages = msg.Sequence, before.with(message)
	case err == nil: // no job: its name is the number of its message
		last = msg.Sequence
	case !errors.Is(err, jetstream.ErrMsgNotFound):
		return err
	}
	if err := q.store(ctx, name, f, last); isConflict(err) { // another program does the same, and was first
		return q.nameFailure(ctx, old)
	} else if err != nil {
		return err
	}
	return deleteMessage(ctx, q.failures, f.sequence)
}

// namedAgain returns how many records of a stream of failures nameFailures has written anew.
func namedAgain(failures jetstream.StreamConfig) uint64 {
	n, _ := strconv.ParseUint(failures.Metadata[renamed], 10, 64) // of a new stream: none
	return n
}
