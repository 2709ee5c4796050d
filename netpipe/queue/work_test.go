package queue

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"imgpipe/netpipe/internal/pipetest"
	"imgpipe/netpipe/objects"
	"imgpipe/netpipe/objects/s3test"
)

// Each object is done once, also if it is added twice, before and after it is done.
func TestEachOnce(t *testing.T) {
	for _, test := range []struct {
		name string
		at   func(*testing.T) string
	}{
		{"a server", func(*testing.T) string { return "" }},
		{"in a directory", func(t *testing.T) string { return "embedded:" + filepath.Join(t.TempDir(), "queue") }},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newScene(t, test.at(t))
			s.write("a.jpg", "read write:10")
			s.write("2026/b.jpg", "read write:3000000")
			s.add(false, Added{Jobs: 2})
			s.add(false, Added{Waiting: 2})
			s.count(Counts{Added: 2, Waiting: 2})
			w := s.work(nil)
			s.ended(Done, Done)
			s.count(Counts{Added: 2, Done: 2})
			s.wantOut(map[string]int{"a.jpg": 10, "2026/b.jpg": 3_000_000})
			s.add(false, Added{Done: 2})

			s.write("a.jpg", "read write:20") // another content is another job
			s.add(false, Added{Jobs: 1, Done: 1})
			s.ended(Done)
			s.count(Counts{Added: 3, Done: 3})
			s.wantOut(map[string]int{"a.jpg": 20, "2026/b.jpg": 3_000_000})
			w.stop()
		})
	}
}

// A job whose result is there is skipped, unless the job or the worker is to do it again.
func TestSkip(t *testing.T) {
	s := newScene(t, "")
	s.write("a", "read write:10")
	s.add(false, Added{Jobs: 1})
	w := s.work(nil)
	s.ended(Done)
	w.stop()
	for _, test := range []struct {
		name        string
		job, worker bool // forced
		want        Outcome
	}{
		{"neither", false, false, Skipped},
		{"the job", true, false, Done},
		{"the worker", false, true, Done},
	} {
		before, err := os.Stat(filepath.Join(s.out, "a"))
		if err != nil {
			t.Fatal(err)
		}
		if test.job {
			s.add(true, Added{Jobs: 1})
			s.add(true, Added{Waiting: 1})
		} else { // as an addition before the result was there
			if _, err := s.queue.js.Publish(t.Context(), s.queue.jobSubject(), newJob(s.location(s.in), s.location(s.out), s.object("a")).message()); err != nil {
				t.Fatal(err)
			}
		}
		w := s.work(func(w *Worker) { w.Force = test.worker })
		s.ended(test.want)
		w.stop()
		now, err := os.Stat(filepath.Join(s.out, "a"))
		if err != nil || os.SameFile(before, now) == (test.want == Done) {
			t.Errorf("%s is forced: the result is the same file: %t, %v", test.name, os.SameFile(before, now), err)
		}
	}
	s.count(Counts{Added: 4, Done: 4})
}

// An object whose result was removed is done again, also a short time after.
func TestResultIsRemoved(t *testing.T) {
	s := newScene(t, "")
	s.write("a", "read write:10")
	w := s.work(nil)
	for n := range uint64(3) {
		s.add(false, Added{Jobs: 1})
		s.ended(Done)
		s.count(Counts{Added: n + 1, Done: n + 1})
		if err := os.Remove(filepath.Join(s.out, "a")); err != nil {
			t.Fatal(err)
		}
	}
	w.stop()
}

// What a filter refuses fails at once, and what is the moment's fault after all tries. Each
// failure is recorded once, and may be put back.
func TestFailures(t *testing.T) {
	s := newScene(t, "")
	s.write("good", "read write:10")
	s.write("bad", "read say:why exit:3")
	s.write("empty", "read")
	s.write("killed", "read kill")
	s.add(false, Added{Jobs: 4})
	if err := os.WriteFile(filepath.Join(s.in, "gone"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s.add(false, Added{Jobs: 1, Waiting: 4})
	if err := os.Remove(filepath.Join(s.in, "gone")); err != nil {
		t.Fatal(err)
	}
	w := s.work(nil)
	s.ended(Done, Failed, Failed, Failed, Failed, Again, Again)
	s.count(Counts{Added: 5, Done: 1, Failed: 4})
	got := s.failures()
	slices.Sort(got)
	want := []string{
		"bad: why (1)",
		"empty: the answer is empty (1)",
		"gone: gone: there is no such object (1)",
		"killed: killed by signal 9 (killed) (3)",
	}
	if !slices.Equal(got, want) {
		t.Errorf("failures: want %q, got %q", want, got)
	}
	s.wantOut(map[string]int{"good": 10})
	s.add(false, Added{Failed: 3, Done: 1}) // a failure is put back only by PutBack

	s.write("bad", "read write:20")
	s.write("gone", "read write:30")
	if err := s.queue.Failures(t.Context(), func(f Failure) error { return s.queue.PutBack(t.Context(), f) }); err != nil {
		t.Fatal(err)
	}
	s.ended(Done, Done, Failed, Failed, Again, Again)
	s.count(Counts{Added: 5, Done: 3, Failed: 2})
	s.wantOut(map[string]int{"good": 10, "bad": 20, "gone": 30})
	w.stop()
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
	eventually(t, func() error {
		if info, err := s.queue.tallies.Info(t.Context()); err != nil || info.State.Msgs > 0 {
			return fmt.Errorf("the tally is there still: %+v, %v", info, err)
		}
		return nil
	})
}

// A job that takes longer than the ack wait is not given to another worker.
func TestHeartbeats(t *testing.T) {
	s := newScene(t, "")
	s.queue.config.AckWait = 2 * time.Second
	gate := pipetest.NewMeeting(t)
	s.write("a", "meet:"+gate.String()+" write:10")
	s.add(false, Added{Jobs: 1})
	words, err := s.queue.conn.SubscribeSync("$JS.ACK." + s.queue.jobsStream() + ".>")
	if err != nil {
		t.Fatal(err)
	}
	w := s.work(nil)
	at := gate.Come()
	for range 2 {
		word, err := words.NextMsg(pipetest.Patience)
		if err != nil || string(word.Data) != "+WPI" {
			t.Fatalf("want word that the job is at work, got %v, %v", word, err)
		}
	}
	at.Close()
	s.ended(Done)
	s.count(Counts{Added: 1, Done: 1})
	w.stop()
	if len(s.results) > 0 {
		t.Errorf("a second try: %+v", <-s.results)
	}
}

// A worker with an ack wait changes that of the queue, unless there are others.
func TestAckWait(t *testing.T) {
	s := newScene(t, "")
	check := func(name string, has, want time.Duration) {
		t.Helper()
		s.queue.config.AckWait = has
		if err := s.queue.setAckWait(t.Context()); err != nil {
			t.Fatal(err)
		}
		c, err := s.queue.openConsumer(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := c.CachedInfo().Config.AckWait; got != want {
			t.Errorf("%s, a worker with %v: want %v, got %v", name, has, want, got)
		}
	}
	check("a new queue", 0, ackWait)
	check("no other worker", time.Minute, time.Minute)
	check("no other worker", 0, time.Minute)
	check("no other worker", 2*time.Minute, 2*time.Minute)

	told := make(chan struct{}, 10)
	s.queue.log = slog.New(&signal{"keeps its ack wait", told})
	w := s.work(nil)
	eventually(t, func() error {
		if c, err := s.queue.openConsumer(t.Context()); err != nil || c.CachedInfo().NumWaiting < 2 {
			return fmt.Errorf("the worker does not ask for jobs: %v", err)
		}
		return nil
	})
	check("a worker that waits", 3*time.Minute, 2*time.Minute)
	gate := pipetest.NewMeeting(t)
	for _, key := range []string{"a", "b"} {
		s.write(key, "meet:"+gate.String()+" write:10")
	}
	s.add(false, Added{Jobs: 2})
	at, other := gate.Come(), gate.Come()
	check("a worker with jobs", 3*time.Minute, 2*time.Minute)
	if len(told) != 2 {
		t.Errorf("want a line each, got %d", len(told))
	}
	at.Close()
	other.Close()
	s.ended(Done, Done)
	w.stop()
	eventually(t, func() error {
		if c, err := s.queue.openConsumer(t.Context()); err != nil || c.CachedInfo().NumWaiting > 0 {
			return fmt.Errorf("the worker asks for jobs: %v", err)
		}
		return nil
	})
	check("no other worker any more", 3*time.Minute, 3*time.Minute)
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

// Workers make the consumer again when it is lost.
func TestConsumerIsLost(t *testing.T) {
	s := newScene(t, "")
	w := s.work(nil)
	s.write("a", "read write:10")
	s.add(false, Added{Jobs: 1})
	s.ended(Done)
	if err := s.queue.jobs.DeleteConsumer(t.Context(), consumer); err != nil {
		t.Fatal(err)
	}
	s.write("b", "read write:20")
	s.add(false, Added{Jobs: 1, Done: 1})
	s.ended(Done)
	w.stop()
	s.count(Counts{Added: 2, Done: 2})
}

// A worker that is stopped finishes what it has within its time to drain.
func TestDrain(t *testing.T) {
	s := newScene(t, "")
	gate := pipetest.NewMeeting(t)
	s.write("a", "meet:"+gate.String()+" write:10")
	s.add(false, Added{Jobs: 1})
	w := s.work(func(w *Worker) { w.Jobs = 1 })
	at := gate.Come()
	w.end()
	s.write("b", "read write:20")
	s.add(false, Added{Jobs: 1, Waiting: 1})
	at.Close()
	s.ended(Done)
	<-w.done
	s.count(Counts{Added: 2, Done: 1, Waiting: 1})
	s.wantOut(map[string]int{"a": 10})
}

// What is not done then is given back, and another worker has it at once.
func TestDrainIsOver(t *testing.T) {
	s := newScene(t, "")
	gate := pipetest.NewMeeting(t)
	s.write("a", "meet:"+gate.String()+" write:10")
	s.add(false, Added{Jobs: 1})
	w := s.work(func(w *Worker) { w.Drain = 0 })
	at := gate.Come()
	w.stop()
	gate.Dies(at)
	s.ended(GivenBack)
	s.work(nil)
	gate.Come().Close() // the ack wait is longer than patience would be
	s.ended(Done)
	s.count(Counts{Added: 1, Done: 1})
}

// While the server is away, a job that is at work finishes, and so do those that wait, when it
// is there again.
func TestServerGoesAway(t *testing.T) {
	dir := t.TempDir()
	pipetest.LeavesNothing(t)
	first := startNATS(t, &server.Options{StoreDir: dir})
	port := first.Addr().(*net.TCPAddr).Port
	s := newScene(t, "nats://"+first.Addr().String()+"/test")
	gate := pipetest.NewMeeting(t)
	s.write("a", "meet:"+gate.String()+" write:10")
	s.write("b", "meet:"+gate.String()+" write:20")
	s.add(false, Added{Jobs: 2})
	silent := make(chan struct{}, 1000)
	var worker *Worker
	s.work(func(w *Worker) {
		w.Jobs, w.Log = 1, slog.New(&signal{"the server does not answer", silent})
		worker = w
	})
	at := gate.Come()
	stopNATS(first)
	at.Close()
	for deadline := time.Now().Add(pipetest.Patience); ; time.Sleep(time.Millisecond) { // while the server is away
		if _, err := os.Stat(filepath.Join(s.out, "a")); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the job at work is not finished")
		}
	}
	<-silent // a request was in vain, and is made again
	if n := worker.AtWork(); n != 1 {
		t.Errorf("the end of a job is not told yet: %d are at work, want 1", n)
	}
	startNATS(t, &server.Options{StoreDir: dir, Port: port})
	s.ended(Done)
	gate.Come().Close()
	s.ended(Done)
	s.count(Counts{Added: 2, Done: 2})
	s.wantOut(map[string]int{"a": 10, "b": 20})
}

// A store that is busy slows the workers down, and no job fails or is tried again. The result
// has what the store told of the object, and its type.
func TestBusyStore(t *testing.T) {
	s := newScene(t, "")
	var busy atomic.Int64
	endpoint := s3test.Fake(t, "photos", func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if busy.Add(-1) >= 0 {
				rw.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			h.ServeHTTP(rw, r)
		})
	})
	options := objects.Options{Endpoint: endpoint}
	store, err := options.Open("s3://photos")
	if err != nil {
		t.Fatal(err)
	}
	steps := "read write:10\n"
	for _, key := range []string{"in/a", "in/b"} {
		o := objects.Object{Key: key, Size: int64(len(steps)), ContentType: "text/plain", Metadata: map[string]string{"Camera": "K 3"}}
		if err := store.Put(t.Context(), o, func() io.Reader { return strings.NewReader(steps) }); err != nil {
			t.Fatal(err)
		}
	}
	added, err := s.queue.Add(t.Context(), Addition{In: s.location("s3://photos/in"), Out: s.location("s3://photos/out"), Stores: options})
	if err != nil || added.Jobs != 2 {
		t.Fatalf("Add: %+v, %v", added, err)
	}
	busy.Store(5) // more than tries
	w := s.work(func(w *Worker) { w.Stores = options })
	s.ended(Done, Done)
	w.stop()
	s.count(Counts{Added: 2, Done: 2})
	in, err := store.Stat(t.Context(), "in/a")
	if err != nil {
		t.Fatal(err)
	}
	out, err := store.Stat(t.Context(), "out/a")
	if err != nil || out.Source != in.ETag || out.Metadata["Camera"] != "K 3" || out.ContentType != "application/octet-stream" || out.Size != 10 {
		t.Errorf("the result: %+v, %v", out, err)
	}
}
