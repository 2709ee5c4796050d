package queue

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"imgpipe/netpipe"
	"imgpipe/netpipe/objects"
)

// A Worker does the jobs of a queue. Its fields must not be changed once Run has been called.
type Worker struct {
	Queue  *Queue
	Filter *netpipe.Runner
	Stores objects.Options
	Jobs   int           // at once; of up to endingsOfHand times as many more, the ends are told
	Tries  int           // after which a job that fails by the moment's fault has failed
	Force  bool          // do jobs whose results are there
	Drain  time.Duration // how long jobs that have begun may go on when Run's context is done

	Log     *slog.Logger // nil: none
	Observe func(Result) // gets the result of each try of a job, of several at once; nil: none

	stores     stores
	state      workerState
	endings    endings
	firstAgain time.Duration // in place of the constant, in tests
}

// An Outcome is what comes of a try of a job.
type Outcome string

const (
	Done      Outcome = "done"       // the result is written
	Skipped   Outcome = "skipped"    // the result was there, made of the same content
	Failed    Outcome = "failed"     // recorded, and not tried again
	Again     Outcome = "again"      // is tried again after a pause
	GivenBack Outcome = "given back" // to other workers, because this one is stopped
)

// Outcomes are all there are.
var Outcomes = []Outcome{Done, Skipped, Failed, Again, GivenBack}

// A Result is the numbers of one try of a job.
type Result struct {
	Outcome Outcome
	In, Out int64         // bytes of the object, and of the result
	Total   time.Duration // from the delivery of the job to its outcome
}

// errDrained ends the jobs that are at work when the time to drain is over.
var errDrained = errors.New("the worker was stopped")

// Run does jobs until ctx is done. Then it takes no more, gives back those that have not
// begun, and waits up to Drain for the others, which it gives back as well if they are not
// done by then. A server that goes away, or a store that is busy, is waited for without an
// end. Run returns an error only if it cannot begin.
func (w *Worker) Run(ctx context.Context) error {
	w.Log = cmp.Or(w.Log, slog.New(slog.DiscardHandler))
	w.stores = stores{options: w.Stores, hold: true, log: w.Log}
	w.endings.limit(endingsOfHand * w.Jobs)
	err := w.Queue.setAckWait(ctx)
	for err != nil {
		if said := new(jetstream.APIError); ctx.Err() != nil || errors.As(err, &said) && said.Code < 500 {
			return err
		}
		w.Log.Warn("the server does not answer", "err", err)
		sleep(ctx, time.Second)
		err = w.Queue.setAckWait(ctx)
	}
	atWork, cut := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cut(nil)
	var hands sync.WaitGroup
	for range w.Jobs {
		hands.Go(func() {
			for ctx.Err() == nil {
				if err := w.take(ctx, atWork); err != nil && ctx.Err() == nil {
					w.Log.Warn("no jobs can be taken: trying again", "err", err)
					sleep(ctx, time.Second)
				}
			}
		})
	}
	w.state.begun.Store(true)
	<-ctx.Done()
	w.state.draining.Store(true)
	w.Log.Info("draining", "within", w.Drain, "at work", w.AtWork())
	defer time.AfterFunc(w.Drain, func() { cut(errDrained) }).Stop()
	hands.Wait()
	w.endings.wait()
	return nil
}

// take does jobs one after the other until ctx is done, or until the server gives no more: the
// next call makes the consumer if it was lost.
func (w *Worker) take(ctx, atWork context.Context) error {
	jobs, err := w.Queue.openConsumer(ctx)
	if err != nil {
		return err
	}
	// The server gives one job at a time, so that none waits here while others are idle.
	messages, err := jobs.Messages(jetstream.PullMaxMessages(1), jetstream.PullExpiry(pullExpiry), jetstream.PullHeartbeat(pullHeartbeat))
	if err != nil {
		return err
	}
	defer messages.Stop()
	defer context.AfterFunc(ctx, func() {
		if w.Queue.IsConnected() {
			messages.Drain() // Next returns what is on its way, for drainTimeout at most
		} else {
			messages.Stop() // Drain would wait for the server
		}
	})()
	for ctx.Err() == nil { // while a job is done, no request is with the server
		msg, err := messages.Next()
		switch {
		case errors.Is(err, jetstream.ErrNoHeartbeat):
			return nil // the server does not have the request: it is made anew
		case err != nil:
			return err
		case ctx.Err() != nil:
			w.do(ctx, msg, jobs.CachedInfo().Config.AckWait) // which gives it back
		default:
			w.do(atWork, msg, jobs.CachedInfo().Config.AckWait)
		}
	}
	return nil
}

// drainTimeout is how long a worker that takes no more jobs waits for those that the server has
// sent already.
const drainTimeout = 2 * time.Second

// How long a request for a job stays with the server, and how often the server says that it
// has it.
const (
	pullExpiry    = 30 * time.Second
	pullHeartbeat = 2 * time.Second
)
