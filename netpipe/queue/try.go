package queue

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"imgpipe/netpipe"
	"imgpipe/netpipe/objects"
	"imgpipe/netpipe/stdio"
)

// maxLost is how many times Tries a job may be given to workers that end before they can say a
// word. That may be the job's doing: a picture on which a machine runs out of memory.
const maxLost = 4

// A try is one delivery of a job to this worker.
type try struct {
	*Worker
	msg        jetstream.Msg
	sequence   uint64 // of the message in the stream of jobs
	deliveries uint64 // of the message, this one included
	before     tally  // of the deliveries before this one, once lookBack has ended without an error
	known      bool   // whether that is so
	job        Job
	result     Result
	signs      signsOfLife
}

// number returns that of this try: only tries that have failed count.
func (t *try) number() uint64 { return t.before.Failed + 1 }

// name returns the name of the failure of the job.
func (t *try) name() string { return failureName(t.job, t.sequence) }

// do does a job. The server is told what has come of it while the next job is done.
func (w *Worker) do(ctx context.Context, msg jetstream.Msg, ackWait time.Duration) {
	begun := time.Now()
	meta, err := msg.Metadata()
	if err != nil {
		w.Log.Error("a message that is not of the queue", "err", err)
		return
	}
	t := &try{Worker: w, msg: msg, sequence: meta.Sequence.Stream, deliveries: meta.NumDelivered}
	t.signs.ackWait, t.signs.last = ackWait, begun
	stop := t.keep()
	w.state.atWork.Add(1)
	err = t.work(ctx)
	t.result.Total = time.Since(begun)
	w.endings.begin(t.name(), func() {
		w.endings.gather()
		t.settle(ctx, err)
		stop()
		w.state.atWork.Add(-1)
		t.log(err)
		if w.Observe != nil {
			w.Observe(t.result)
		}
	})
}

// A refusal is an error that another try would end with too.
type refusal struct{ error }

func (r refusal) Unwrap() error { return r.error }

// A blameless error is one of the queue, or of a store as a whole: no job is to blame for it.
type blameless struct {
	error
	putOff time.Duration // the next try comes no sooner
}

func (b blameless) Unwrap() error { return b.error }

// errRecorded: the job has failed before, and only its end was lost.
var errRecorded = errors.New("the failure is recorded")

// work does the job. The error is a refusal if no other try is of use.
func (t *try) work(ctx context.Context) (err error) {
	if t.job, err = parseJob(t.msg.Data()); err != nil {
		return refusal{err}
	}
	if err := t.lookBack(ctx); err != nil {
		return err
	}
	return t.makeResult(ctx)
}

// makeResult has the result written, unless it is there.
func (t *try) makeResult(ctx context.Context) error {
	in, err := t.stores.get(t.job.In)
	if err != nil {
		return err
	}
	out, err := t.stores.get(t.job.Out)
	if err != nil {
		return err
	}
	if !t.Force && !t.job.Force {
		done, err := isDone(ctx, out, t.job)
		if err != nil {
			return err
		}
		if done {
			t.result.Outcome = Skipped
			return nil
		}
	}
	return t.filter(ctx, in, out)
}

// lookBack looks at what the deliveries before this one came to, also when ctx is done: then the
// job is given back, which is noted.
func (t *try) lookBack(ctx context.Context) error {
	if t.known = t.deliveries == 1; t.known {
		return nil
	}
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), answerTimeout)
	defer done()
	failure, err := t.Queue.failure(ctx, t.name())
	if err != nil {
		return blameless{error: err}
	}
	if failure.has(t.sequence) {
		return errRecorded
	}
	if t.before, err = t.Queue.tally(ctx, t.sequence); err != nil {
		return blameless{error: err}
	}
	t.known = true
	if lost := t.before.lost(t.deliveries); lost >= uint64(maxLost*t.Tries) {
		return refusal{fmt.Errorf("was given to %d workers that ended without a word", lost)}
	}
	return nil
}

// filter reads the object, filters it, and writes the result when that is whole.
func (t *try) filter(ctx context.Context, in, out *pacedStore) error {
	seen := time.Unix(t.job.Seen, 0)
	o, content, err := in.get(ctx, t.job.Key, seen)
	if errors.Is(err, objects.ErrNotFound) {
		return refusal{err}
	} else if err != nil {
		return err
	}
	defer content.Close()
	answer, words, err := t.Filter.RunHeld(ctx, content)
	switch {
	case err != nil && netpipe.Refused(err):
		return refusal{err}
	case err != nil && in.check(ctx, seen) != nil: // its content may have broken off
		return blameless{error: err}
	case err != nil:
		return err
	}
	defer answer.Release()
	if words != "" {
		t.Log.Warn("the filter warns", "job", t.job.String(), "stderr", words)
	}
	result := objects.Object{
		Key: t.job.OutKey, Size: answer.Size(), Source: o.ETag,
		ContentType: answer.MediaType(), Metadata: o.Metadata,
	}
	if err := out.put(ctx, result, answer.NewReader); err != nil {
		return err
	}
	t.result.Outcome, t.result.In, t.result.Out = Done, o.Size, answer.Size()
	return nil
}

// settle tells the server what has come of the job: err is that of work.
func (t *try) settle(ctx context.Context, err error) {
	isRefusal := errors.As(err, new(refusal)) || errors.Is(err, objects.ErrKey)
	last, done := lastWords(ctx)
	defer done()
	switch isBlameless := errors.As(err, new(blameless)); {
	case err == nil:
		t.finish(last)
	case err == errRecorded:
		t.result.Outcome = Failed
		t.end(last, "+TERM")
	case ctx.Err() != nil:
		t.giveBack()
	case isRefusal || !isBlameless && t.number() >= uint64(t.Tries) && !t.signs.lost():
		t.fail(last, stdio.OneLine(err.Error()))
	default:
		t.result.Outcome = Again
		if isBlameless {
			t.note(0, 1)
		} else {
			t.note(1, 0)
		}
		_ = t.msg.NakWithDelay(t.pause(err)) // what is lost comes after the ack wait
	}
}

// lastWords returns a context for the last words about a job, which is done answerTimeout after
// ctx: a server that answers has them, also when the worker is stopped.
func lastWords(ctx context.Context) (last context.Context, done func()) {
	last, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		sleep(last, answerTimeout)
		cancel()
	})
	return last, func() {
		stop()
		cancel()
	}
}

// finish ends a job whose result is there. If the worker is stopped, and the server does not
// answer, the job is given back: the next worker skips it.
func (t *try) finish(ctx context.Context) {
	if !t.insist(ctx, "forget a failure", func(ctx context.Context) error {
		return t.Queue.forget(ctx, t.name(), t.sequence)
	}) || !t.end(ctx, "+ACK") {
		t.result = Result{Total: t.result.Total}
		t.giveBack()
	}
}

func (t *try) giveBack() {
	t.result.Outcome = GivenBack
	t.note(0, 1)
	_ = t.msg.Nak() // what is lost comes after the ack wait
}

// note adds what this delivery has come to to the tally. If that cannot be done, or if the job
// may be another worker's by now, the delivery counts as lost.
func (t *try) note(failed, excused uint64) {
	if !t.known || t.signs.lost() {
		return
	}
	now := tally{Failed: t.before.Failed + failed, Excused: t.before.Excused + excused}
	t.ask(context.Background(), "count a try", func(ctx context.Context) error { // also while the worker is stopped
		return t.Queue.setTally(ctx, t.sequence, now)
	})
}

// fail records that the job has failed, and only then ends it. If the worker is stopped before
// that is recorded, the job is given back.
func (t *try) fail(ctx context.Context, why string) {
	failure := Failure{Job: t.job, Why: why, Tries: t.number(), At: time.Now().UTC().Truncate(time.Millisecond)}
	if !t.insist(ctx, "record a failure", func(ctx context.Context) error {
		return t.Queue.record(ctx, t.name(), t.sequence, failure)
	}) {
		t.giveBack()
		return
	}
	t.result.Outcome = Failed
	t.end(ctx, "+TERM "+why)
}

// end is confirm, and then deletes the tally.
func (t *try) end(ctx context.Context, word string) bool {
	if !t.confirm(ctx, word) {
		return false
	}
	if t.before.sequence != 0 {
		t.ask(ctx, "delete a tally", func(ctx context.Context) error {
			return deleteMessage(ctx, t.Queue.tallies, t.before.sequence)
		})
	}
	return true
}

// unanswered is how many times the last word about a job is said to a server that is there and
// does not answer.
const unanswered = 2

// confirm sends the last word about the job, and waits until the server has it. A server
// without an answer does not know that it has given out the job: its process was killed before
// it had written that down. It gives out the job again then, and its result is found, or the
// record of its failure. False means that the worker was stopped before the server had it.
func (t *try) confirm(ctx context.Context, word string) bool {
	for said := 0; said < unanswered; {
		if t.ask(ctx, "end a job", func(ctx context.Context) error {
			_, err := t.Queue.conn.RequestWithContext(ctx, t.msg.Reply(), []byte(word))
			return err
		}) {
			return true
		}
		if t.Queue.IsConnected() {
			said++
		}
		if !sleep(ctx, time.Second) {
			return false
		}
	}
	return true
}

// answerTimeout bounds a request to the server.
const answerTimeout = 2 * time.Second

// insist makes a request until it succeeds. False means that ctx was done before.
func (t *try) insist(ctx context.Context, what string, request func(context.Context) error) bool {
	for !t.ask(ctx, what, request) {
		if !sleep(ctx, time.Second) {
			return false
		}
	}
	return true
}

// ask makes a request, and reports whether it has succeeded. The log says once that the server
// does not answer, and once that it answers again: many requests may be in vain at once.
func (t *try) ask(ctx context.Context, what string, request func(context.Context) error) bool {
	ctx, done := context.WithTimeout(ctx, answerTimeout)
	defer done()
	err := request(ctx)
	switch isSilent := err != nil; {
	case t.state.silent.Swap(isSilent) == isSilent:
	case isSilent:
		t.Log.Warn("the server does not answer", "to", what, "job", t.job.String(), "err", err)
	default:
		t.Log.Info("the server answers again")
	}
	return err == nil
}

// Bounds of the pause before another try.
const (
	firstAgain = time.Second
	lastAgain  = time.Minute
)

// pause returns how long the next try is put off, after one that ended with err: twice as long
// after each that has failed.
func (t *try) pause(err error) time.Duration {
	pause := min(cmp.Or(t.firstAgain, firstAgain)<<min(t.before.Failed, 10), lastAgain)
	if excuse := (blameless{}); errors.As(err, &excuse) {
		return max(pause, excuse.putOff)
	}
	return pause
}
