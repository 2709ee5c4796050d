package queue

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"unicode/utf8"

	"github.com/nats-io/nats.go/jetstream"

	"imgpipe/netpipe/objects"
)

const (
	addBatch  = 1000 // jobs that are added together
	addLookup = 16   // results that are looked for at once
)

// An Addition says which objects are to be filtered.
type Addition struct {
	In, Out objects.Location
	After   string // only objects whose keys the store lists behind this one
	Force   bool   // also objects whose results are there: workers do them again
	Stores  objects.Options
}

// Added says what has come of an Addition.
type Added struct {
	Jobs    int    // that were added
	Waiting int    // objects whose jobs were added a short time before, and are in the queue or have failed
	Done    int    // objects whose results are there
	Last    string // the key of the last object of which this is known; a new Addition may begin After it

	NotUTF8      int    // objects without a job: a message cannot have their keys, which are not UTF-8
	FirstNotUTF8 string // the first of these keys
}

// Add adds a job for each object in a place, unless the result is there, made of the same
// content. After an error, Added says how far Add has come.
func (q *Queue) Add(ctx context.Context, a Addition) (Added, error) {
	var sum Added
	all := stores{options: a.Stores, log: q.log}
	in, err := all.get(a.In.Store)
	if err != nil {
		return sum, err
	}
	out, err := all.get(a.Out.Store)
	if err != nil {
		return sum, err
	}
	lookForResults := !a.Force
	if lookForResults { // a new place has none, so none is looked for
		lookForResults, err = hasAny(ctx, out, a.Out.Prefix)
		if err != nil {
			return sum, err
		}
	}
	var batch []Job
	flush := func() error {
		jobs := batch
		if lookForResults {
			if jobs, err = notDone(ctx, out, batch); err != nil {
				return err
			}
		}
		added, err := q.publish(ctx, jobs)
		if err != nil {
			return err
		}
		sum.Jobs += added
		sum.Waiting += len(jobs) - added
		sum.Done += len(batch) - len(jobs)
		if len(batch) > 0 {
			sum.Last = batch[len(batch)-1].Key
		}
		batch = batch[:0]
		return nil
	}
	err = in.store.List(ctx, a.In.Prefix, a.After, func(o objects.Object) error {
		job := newJob(a.In, a.Out, o)
		if !utf8.ValidString(job.Key) {
			if sum.NotUTF8++; sum.NotUTF8 == 1 {
				sum.FirstNotUTF8 = job.Key
			}
			return nil
		}
		job.Force = a.Force
		if batch = append(batch, job); len(batch) == addBatch {
			return flush()
		}
		return nil
	})
	if err == nil {
		err = flush()
	}
	return sum, err
}

// hasAny reports whether there is an object with a prefix.
func hasAny(ctx context.Context, in *pacedStore, prefix string) (bool, error) {
	found := errors.New("found")
	err := in.store.List(ctx, prefix, "", func(objects.Object) error { return found })
	if errors.Is(err, objects.ErrNotFound) { // a directory that is not made yet
		return false, nil
	}
	if err == found {
		return true, nil
	}
	return false, err
}

// notDone returns the jobs whose results are not there.
func notDone(ctx context.Context, out *pacedStore, jobs []Job) (left []Job, err error) {
	done, errs := make([]bool, len(jobs)), make([]error, len(jobs))
	var lookups sync.WaitGroup
	for first := range addLookup {
		lookups.Go(func() {
			for i := first; i < len(jobs); i += addLookup {
				if done[i], errs[i] = isDone(ctx, out, jobs[i]); errors.Is(errs[i], objects.ErrKey) {
					errs[i] = nil // a worker records the failure
				}
			}
		})
	}
	lookups.Wait()
	for i, job := range jobs {
		if !done[i] {
			left = append(left, job)
		}
	}
	return left, errors.Join(errs...)
}

// isDone reports whether the result of a job is there, made of the content that the job names.
func isDone(ctx context.Context, out *pacedStore, job Job) (bool, error) {
	o, err := out.stat(ctx, job.OutKey)
	if errors.Is(err, objects.ErrNotFound) {
		return false, nil
	}
	return err == nil && job.ETag != "" && o.Source == job.ETag, err
}

// publish adds jobs, and returns how many were not there yet.
func (q *Queue) publish(ctx context.Context, jobs []Job) (added int, err error) {
	acks := make([]jetstream.PubAckFuture, len(jobs))
	for i, job := range jobs {
		if acks[i], err = q.js.PublishAsync(q.jobSubject(), job.message(), jetstream.WithMsgID(job.id())); err != nil {
			return 0, fmt.Errorf("add %s: %w", job, err)
		}
	}
	for i, ack := range acks {
		select {
		case stored := <-ack.Ok():
			isNew := !stored.Duplicate
			if stored.Duplicate {
				if isNew, err = q.publishAgain(ctx, jobs[i], stored.Sequence); err != nil {
					return 0, fmt.Errorf("add %s: %w", jobs[i], err)
				}
			}
			if isNew {
				added++
			}
		case err := <-ack.Err():
			return 0, fmt.Errorf("add %s: %w", jobs[i], err)
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
	}
	return added, nil
}

// publishAgain adds a job whose id the server knows, unless the message with that id is in the
// queue still, or has failed: the server knows the ids of jobs that have left the queue too.
func (q *Queue) publishAgain(ctx context.Context, job Job, sequence uint64) (isNew bool, err error) {
	for {
		if _, err := q.jobs.GetMsg(ctx, sequence); !errors.Is(err, jetstream.ErrMsgNotFound) {
			return false, err
		}
		if failed, err := q.isRecorded(ctx, sequence); failed || err != nil {
			return false, err
		}
		stored, err := q.js.Publish(ctx, q.jobSubject(), job.message(), jetstream.WithMsgID(job.idAgain(sequence)))
		if err != nil || !stored.Duplicate {
			return err == nil, err
		}
		sequence = stored.Sequence
	}
}
