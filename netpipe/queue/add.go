package queue

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

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
	all := stores{options: a.Stores, log: q.log}
	in, err := all.get(a.In.Store)
	if err != nil {
		return Added{}, err
	}
	out, err := all.get(a.Out.Store)
	if err != nil {
		return Added{}, err
	}
	adding := &adding{Addition: a, queue: q, out: out}
	if !a.Force { // a new place has no results, so none is looked for
		if adding.lookForResults, err = hasAny(ctx, out, a.Out.Prefix); err != nil {
			return Added{}, err
		}
	}
	err = in.list(ctx, a.In.Prefix, a.After, func(o objects.Object) error { return adding.add(ctx, o) })
	if err == nil {
		err = adding.flush(ctx)
	}
	return adding.sum, q.orMissingRight(err)
}

// An adding is an Addition that is at work.
type adding struct {
	Addition
	queue          *Queue
	out            *pacedStore
	lookForResults bool // there were results at the beginning
	batch          []Job
	sum            Added
}

// add adds the job of an object, when a batch of jobs is whole.
func (a *adding) add(ctx context.Context, o objects.Object) error {
	job := newJob(a.In, a.Out, o)
	if !utf8.ValidString(job.Key) {
		if a.sum.NotUTF8++; a.sum.NotUTF8 == 1 {
			a.sum.FirstNotUTF8 = job.Key
		}
		return nil
	}
	job.OutKey += a.Suffix
	job.Seen, job.Force = time.Now().Unix(), a.Force
	if a.batch = append(a.batch, job); len(a.batch) == addBatch {
		return a.flush(ctx)
	}
	return nil
}

// flush adds the jobs of the batch.
func (a *adding) flush(ctx context.Context) (err error) {
	left := a.batch
	if a.lookForResults {
		if left, err = notDone(ctx, a.out, a.Out, a.batch); err != nil {
			return err
		}
	}
	jobs, look := left, (func(Job) (bool, error))(nil)
	if !a.Force {
		if jobs, err = a.queue.notFailed(ctx, left); err != nil {
			return err
		}
		look = func(job Job) (bool, error) { return wasDone(ctx, a.out, job) } // workers have been at work meanwhile
	}
	fates, err := a.queue.publish(ctx, jobs, look)
	if err != nil {
		return err
	}
	a.sum.Done += len(a.batch) - len(left)
	a.sum.Failed += len(left) - len(jobs)
	for _, fate := range fates {
		switch fate {
		case isAdded:
			a.sum.Jobs++
		case isWaiting:
			a.sum.Waiting++
		case hasFailed:
			a.sum.Failed++
		case hasResult:
			a.sum.Done++
		}
	}
	if len(a.batch) > 0 {
		a.sum.Last = a.batch[len(a.batch)-1].Key
	}
	a.batch = a.batch[:0]
	return nil
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

// notDone returns the jobs whose results, in a place, are not there.
func notDone(ctx context.Context, out *pacedStore, place objects.Location, jobs []Job) ([]Job, error) {
	isMissing := func(string) bool { return false }
	if place.IsBucket() && len(jobs) > 0 {
		var err error
		if isMissing, err = listMissing(ctx, out, place.Prefix, jobs); err != nil {
			return nil, err
		}
	}
	return without(jobs, func(job Job) (bool, error) {
		if isMissing(job.OutKey) {
			return false, nil
		}
		return wasDone(ctx, out, job)
	})
}

// listMissing returns a function that reports whether a result is missing in a bucket: a list
// tells that of many results by few requests. It does not tell what a result was made of. A
// bucket whose list is not in the order of keys may have a result that seems to be missing; a
// worker finds it.
func listMissing(ctx context.Context, out *pacedStore, prefix string, jobs []Job) (func(key string) bool, error) {
	first, last := jobs[0].OutKey, jobs[0].OutKey
	for _, job := range jobs {
		first, last = min(first, job.OutKey), max(last, job.OutKey)
	}
	there, seen, end := map[string]bool{}, first, errors.New("the end")
	err := out.list(ctx, prefix, first, func(o objects.Object) error {
		if there[o.Key], seen = true, o.Key; seen >= last || len(there) > 2*len(jobs) { // others may be in between
			return end
		}
		return nil
	})
	if err == nil {
		seen = last
	} else if err != end {
		return nil, err
	}
	return func(key string) bool { return key > first && key <= seen && !there[key] }, nil
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

// wasDone is isDone for Add: a key that the store cannot have is no error of Add, because a
// worker records it as the failure of the job.
func wasDone(ctx context.Context, out *pacedStore, job Job) (bool, error) {
	done, err := isDone(ctx, out, job)
	if errors.Is(err, objects.ErrKey) {
		return false, nil
	}
	return done, err
}
