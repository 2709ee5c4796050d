package queue

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"imgpipe/netpipe/internal/pipetest"

	"github.com/nats-io/nats.go/jetstream"
)

// A worker that was frozen for longer than the ack wait counts no try: the job may be another
// worker's.
func TestNoteOfFrozenWorker(t *testing.T) {
	s := newScene(t, "")
	for sequence, frozen := range map[uint64]bool{1: false, 2: true} {
		tried := &try{Worker: &Worker{Queue: s.queue, Log: slog.New(slog.DiscardHandler)}, sequence: sequence, known: true}
		tried.signs.ackWait, tried.signs.last, tried.signs.ended = time.Hour, time.Now(), frozen
		tried.note(1, 0)
		got, err := s.queue.tally(t.Context(), sequence)
		if noted := got.Failed == 1; err != nil || noted == frozen {
			t.Errorf("frozen %t: the tally is %+v, %v", frozen, got, err)
		}
	}
}

// The log says once that the server does not answer, and once that it answers again.
func TestSilenceIsLoggedOnce(t *testing.T) {
	var log bytes.Buffer
	w := &Worker{Log: slog.New(slog.NewTextHandler(&log, nil))}
	for _, err := range []error{nil, io.EOF, io.EOF, nil, nil, io.EOF, nil} {
		tried := &try{Worker: w}
		tried.ask(t.Context(), "end a job", func(context.Context) error { return err })
	}
	if silent, again := strings.Count(log.String(), "does not answer"), strings.Count(log.String(), "answers again"); silent != 2 || again != 2 {
		t.Errorf("want 2 lines of each, got %d and %d:\n%s", silent, again, log.String())
	}
}

// A job whose end the server does not have is given back: its bytes are not those of a job that
// is done.
func TestGivenBackHasNoBytes(t *testing.T) {
	s := newScene(t, "")
	s.queue.Close()
	stopped, stop := context.WithCancel(t.Context())
	stop()
	msg := &message{}
	tried := &try{Worker: &Worker{Queue: s.queue, Log: slog.New(slog.DiscardHandler)}, msg: msg}
	tried.result = Result{Outcome: Done, In: 10, Out: 20, Total: time.Second}
	tried.settle(stopped, nil)
	if want := (Result{Outcome: GivenBack, Total: time.Second}); tried.result != want || msg.naks != 1 {
		t.Errorf("want %+v, got %+v, given back %d times", want, tried.result, msg.naks)
	}
}

// A message has a subject for its end, and counts how often it is given back.
type message struct {
	jetstream.Msg
	naks int
}

func (*message) Reply() string { return "end" }

func (m *message) Nak() error {
	m.naks++
	return nil
}

// A message that is no job fails, and so does a job that no worker comes to an end with.
func TestPoison(t *testing.T) {
	s := newScene(t, "")
	s.config.AckWait = 10 * time.Millisecond
	jobs, err := s.queue.openConsumer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.queue.js.Publish(t.Context(), s.queue.jobSubject(), []byte("{}")); err != nil {
		t.Fatal(err)
	}
	s.write("a", "read write:10")
	s.add(false, Added{Jobs: 1})
	const lost = 2 * maxLost * 3
	for given := 0; given < lost; { // to workers that are killed
		batch, err := jobs.Fetch(lost - given)
		if err != nil {
			t.Fatal(err)
		}
		for msg := range batch.Messages() {
			given++
			_ = msg.Nak()
		}
	}
	s.work(nil)
	s.ended(Failed, Failed)
	s.count(Counts{Added: 2, Failed: 2})
	if got := strings.Join(s.failures(), "\n"); !strings.Contains(got, "no job") || !strings.Contains(got, "was given to 12 workers that ended without a word") {
		t.Errorf("failures: got %q", got)
	}
}

// Only tries that fail count as tries: a job that was given back any number of times, or whose
// workers were killed, is tried as often as another one.
func TestTries(t *testing.T) {
	s := newScene(t, "")
	const tries = 2
	s.write("killed", "read kill")
	s.add(false, Added{Jobs: 1})
	jobs, err := s.queue.openConsumer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for range maxLost*tries - 1 { // to workers that are killed
		msg, err := jobs.Next()
		if err != nil {
			t.Fatal(err)
		}
		_ = msg.Nak()
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	for range 2 * maxLost * tries { // to workers that are stopped
		msg, err := jobs.Next()
		if err != nil {
			t.Fatal(err)
		}
		w := &Worker{Queue: s.queue, Tries: tries, Log: slog.New(slog.DiscardHandler), Observe: func(r Result) { s.results <- r }}
		w.stores.log = w.Log
		w.endings.limit(1)
		w.do(stopped, msg, ackWait)
		s.ended(GivenBack)
	}
	s.work(func(w *Worker) { w.Tries = tries })
	s.ended(Again, Failed)
	s.count(Counts{Added: 1, Failed: 1})
	if got, want := s.failures(), []string{"killed: killed by signal 9 (killed) (2)"}; !slices.Equal(got, want) {
		t.Errorf("failures: want %q, got %q", want, got)
	}
	pipetest.Eventually(t, func() error {
		if info, err := s.queue.tallies.Info(t.Context()); err != nil || info.State.Msgs > 0 {
			return fmt.Errorf("the tally is there still: %+v, %v", info, err)
		}
		return nil
	})
}

// On the last try, a worker that was frozen does not say that the job has failed by the
// moment's fault, and an error of the queue is no failure of a job. A worker that is stopped
// gives the job back, unless it is done.
func TestLastTry(t *testing.T) {
	moment, stopped := errors.New("killed"), func() context.Context {
		ctx, stop := context.WithCancel(t.Context())
		stop()
		return ctx
	}()
	s := newScene(t, "")
	jobs, err := s.queue.openConsumer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w := &Worker{Queue: s.queue, Tries: 3, firstAgain: time.Hour, Log: slog.New(slog.DiscardHandler)}
	for _, test := range []struct {
		name   string
		ctx    context.Context
		silent time.Duration // before the last sign of life, or since then: negative
		err    error
		want   Outcome
	}{
		{"the moment's fault", t.Context(), 0, moment, Failed},
		{"frozen until now", t.Context(), -time.Minute, moment, Again},
		{"frozen before the last sign of life", t.Context(), time.Minute, moment, Again},
		{"frozen, and refused", t.Context(), -time.Minute, refusal{moment}, Failed},
		{"the queue does not answer", t.Context(), 0, blameless{error: moment}, Again},
		{"done", t.Context(), 0, nil, Done},
		{"done, and stopped", stopped, 0, nil, Done},
		{"refused, and stopped", stopped, 0, refusal{moment}, GivenBack},
	} {
		failures := len(s.failures())
		job := Job{In: "file:///in", Key: test.name, Out: "file:///out", OutKey: test.name}
		if _, err := s.queue.js.Publish(t.Context(), s.queue.jobSubject(), job.message()); err != nil {
			t.Fatal(err)
		}
		msg, err := jobs.Next()
		if err != nil {
			t.Fatal(err)
		}
		meta, err := msg.Metadata()
		if err != nil {
			t.Fatal(err)
		}
		try := &try{Worker: w, msg: msg, sequence: meta.Sequence.Stream, deliveries: 3, before: tally{Failed: 2}, known: true, job: job, result: Result{Outcome: Done}}
		try.signs.ackWait, try.signs.last = 30*time.Second, time.Now()
		if test.silent != 0 {
			try.signs.last = time.Now().Add(-max(test.silent, -test.silent))
		}
		if test.silent > 0 {
			try.signs.give()
		}
		try.settle(test.ctx, test.err)
		if recorded := len(s.failures()) > failures; try.result.Outcome != test.want || recorded != (test.want == Failed) {
			t.Errorf("%s: want %q, got %q, recorded: %t", test.name, test.want, try.result.Outcome, recorded)
		}
		if test.want == GivenBack { // of no use for the next
			if err := s.queue.jobs.DeleteMsg(t.Context(), meta.Sequence.Stream); err != nil {
				t.Fatal(err)
			}
		}
	}
}
