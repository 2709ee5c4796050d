package queue

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/nats-io/nats.go/jetstream"

	"imgpipe/netpipe/objects"
)

const (
	addBatch   = 1000 // jobs that are added together
	addLookups = 64   // results, failures or messages that are asked for at once
)

// An Addition says which objects are to be filtered.
type Addition struct {
	In, Out objects.Location
	Suffix  string // behind the key of each result, such as .png; it has no slash
	After   string // only objects whose keys the store lists behind this one
	Force   bool   // also objects whose results are there: workers do them again
	Stores  objects.Options
}

// Added says what has come of an Addition.
type Added struct {
	Jobs    int    // that were added
	Waiting int    // objects whose jobs were added a short time before, and are in the queue
	Failed  int    // objects whose jobs have failed: PutBack adds them
	Done    int    // objects whose results are there
	Last    string // the key of the last object of which this is known; a new Addition may begin After it

	NotUTF8      int    // objects without a job: a message cannot have their keys, which are not UTF-8
	FirstNotUTF8 string // the first of these keys
}

// Add adds a job for each object in a place, unless the result is there, made of the same
// content, or the job has failed. After an error, Added says how far Add has come.
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
		left := batch
		if lookForResults {
			if left, err = notDone(ctx, out, batch); err != nil {
				return err
			}
		}
		jobs := left
		if !a.Force {
			if jobs, err = q.notFailed(ctx, left); err != nil {
				return err
			}
		}
		added, err := q.publish(ctx, jobs)
		if err != nil {
			return err
		}
		sum.Jobs += added
		sum.Waiting += len(jobs) - added
		sum.Failed += len(left) - len(jobs)
		sum.Done += len(batch) - len(left)
		if len(batch) > 0 {
			sum.Last = batch[len(batch)-1].Key
		}
		batch = batch[:0]
		return nil
	}
	err = in.list(ctx, a.In.Prefix, a.After, func(o objects.Object) error {
		job := newJob(a.In, a.Out, o)
		if !utf8.ValidString(job.Key) {
			if sum.NotUTF8++; sum.NotUTF8 == 1 {
				sum.FirstNotUTF8 = job.Key
			}
			return nil
		}
		job.OutKey += a.Suffix
		job.Seen, job.Force = time.Now().Unix(), a.Force
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
	err := in.list(ctx, prefix, "", func(objects.Object) error { return found })
	if errors.Is(err, objects.ErrNotFound) { // a directory that is not made yet
		return false, nil
	}
	if err == found {
		return true, nil
	}
	return false, err
}

// notDone returns the jobs whose results are not there.
func notDone(ctx context.Context, out *pacedStore, jobs []Job) ([]Job, error) {
	return without(jobs, func(job Job) (bool, error) {
		done, err := isDone(ctx, out, job)
		if errors.Is(err, objects.ErrKey) { // a worker records the failure
			return false, nil
		}
		return done, err
	})
}

// notFailed returns the jobs that have not failed.
func (q *Queue) notFailed(ctx context.Context, jobs []Job) ([]Job, error) {
	if info, err := q.failures.Info(ctx); err != nil || info.State.Msgs == 0 {
		return jobs, err
	}
	return without(jobs, func(job Job) (bool, error) {
		failure, err := q.failure(ctx, job.name())
		return failure != nil, err
	})
}

// without returns the jobs for which is does not hold, in their order.
func without(jobs []Job, is func(Job) (bool, error)) (left []Job, err error) {
	leave := make([]bool, len(jobs))
	err = inParallel(len(jobs), func(i int) (err error) {
		leave[i], err = is(jobs[i])
		return err
	})
	for i, job := range jobs {
		if !leave[i] {
			left = append(left, job)
		}
	}
	return left, err
}

// inParallel calls do with 0 to n-1, addLookups of them at once, and returns the first error,
// after which no more are begun.
func inParallel(n int, do func(i int) error) error {
	var next, failed atomic.Int64
	errs := make([]error, min(n, addLookups))
	var calls sync.WaitGroup
	for caller := range errs {
		calls.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && failed.Load() == 0; i = int(next.Add(1)) - 1 {
				if errs[caller] = do(i); errs[caller] != nil {
					failed.Add(1)
				}
			}
		})
	}
	calls.Wait()
	return cmp.Or(errs...)
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
	var addedAgain atomic.Int64
	err = inParallel(len(known), func(i int) error {
		isNew, err := q.publishAgain(ctx, known[i].job, known[i].sequence)
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
func (q *Queue) publishAgain(ctx context.Context, job Job, sequence uint64) (isNew bool, err error) {
	for {
		if _, err := q.jobs.GetMsg(ctx, sequence); !errors.Is(err, jetstream.ErrMsgNotFound) {
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
