package queue

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"imgpipe/netpipe/internal/pipetest"
)

// addLater adds the object's job once more, as an addition does when the server has forgotten
// the job's id.
func (s *scene) addLater(key string) {
	s.t.Helper()
	job := newJob(s.location(s.in), s.location(s.out), s.object(key))
	if _, err := s.queue.js.Publish(s.t.Context(), s.queue.jobSubject(), job.message()); err != nil {
		s.t.Fatal(err)
	}
}

// A job that was added several times has one failure, and none when it is done. What has
// failed is not added again.
func TestOneFailure(t *testing.T) {
	s := newScene(t, "")
	s.write("a", "read say:why exit:3")
	s.add(false, Added{Jobs: 1})
	s.addLater("a")
	w := s.work(func(w *Worker) { w.Jobs = 1 })
	s.ended(Failed, Failed)
	s.count(Counts{Added: 1, Failed: 1})
	s.addLater("a")
	s.ended(Failed)
	s.count(Counts{Added: 1, Failed: 1})
	if got, want := s.failures(), []string{"a: why (1)"}; !slices.Equal(got, want) {
		t.Errorf("failures: want %q, got %q", want, got)
	}
	s.add(false, Added{Failed: 1})
	s.add(true, Added{Jobs: 1}) // forced, and fails again
	s.ended(Failed)
	s.count(Counts{Added: 1, Failed: 1})
	w.stop()

	if err := os.WriteFile(filepath.Join(s.in, "b"), []byte("read write:10\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	job := newJob(s.location(s.in), s.location(s.out), s.object("a"))
	s.addLater("a")
	if err := os.Rename(filepath.Join(s.in, "b"), filepath.Join(s.in, "a")); err != nil { // what made it fail is over
		t.Fatal(err)
	}
	w = s.work(nil)
	s.ended(Done)
	s.count(Counts{Added: 1, Done: 1})
	w.stop()
	if failure, err := s.queue.failure(t.Context(), job.name()); failure != nil || err != nil {
		t.Errorf("the job is done, and has the failure %v, %v", failure, err)
	}
}

// A job that was added twice, and fails at first, has no failure when it is done at once after.
func TestDoneAfterFailure(t *testing.T) {
	s := newScene(t, "")
	gate := pipetest.NewMeeting(t)
	s.write("a", "read meet:"+gate.String()+" exit:3")
	s.write("b", "read write:10")
	b := filepath.Join(t.TempDir(), "b")
	if err := os.Rename(filepath.Join(s.in, "b"), b); err != nil {
		t.Fatal(err)
	}
	s.add(false, Added{Jobs: 1})
	s.addLater("a")
	w := s.work(func(w *Worker) { w.Jobs = 1 })
	at := gate.Come()
	if err := os.Rename(b, filepath.Join(s.in, "a")); err != nil { // what makes it fail is over
		t.Fatal(err)
	}
	at.Close()
	s.ended(Done, Failed)
	w.stop()
	if got, err := s.queue.Counts(t.Context()); err != nil || got != (Counts{Added: 1, Done: 1}) {
		t.Errorf("one job that is done: got %+v, %v", got, err)
	}
}

// A failure that is put back is there until its job is in the queue. What ends in between can be
// done again, or is put right when the job is done.
func TestPutBack(t *testing.T) {
	s := newScene(t, "")
	s.write("a", "read say:why exit:3")
	s.add(false, Added{Jobs: 1})
	fail := func() Failure {
		t.Helper()
		w := s.work(func(w *Worker) { w.Force = true })
		defer w.stop()
		s.ended(Failed)
		s.count(Counts{Added: 1, Failed: 1})
		failure, err := s.queue.failure(t.Context(), newJob(s.location(s.in), s.location(s.out), s.object("a")).name())
		if failure == nil {
			t.Fatalf("no failure: %v", err)
		}
		return *failure
	}
	putBack := func(f Failure) {
		t.Helper()
		if err := s.queue.PutBack(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
	half := func(f Failure) { // the first half of PutBack
		t.Helper()
		if _, err := s.queue.js.Publish(t.Context(), s.queue.jobSubject(), f.Job.message(), jetstream.WithMsgID(f.Job.idAgain(f.Messages[len(f.Messages)-1]))); err != nil {
			t.Fatal(err)
		}
		s.count(Counts{Added: 2, Failed: 1, Waiting: 1})
	}
	first := fail()
	putBack(first)
	putBack(first) // as another program does at once
	s.count(Counts{Added: 1, Waiting: 1})

	second := fail()
	half(second)
	putBack(second)
	s.count(Counts{Added: 1, Waiting: 1})

	third := fail()
	half(third)
	fourth := fail() // replaces the third
	putBack(third)   // was put back, and has failed again
	s.count(Counts{Added: 1, Failed: 1})
	putBack(fourth)
	s.count(Counts{Added: 1, Waiting: 1})
}

// The failure of a job is put back whose worker ended before it could end the job.
func TestPutBackNotEnded(t *testing.T) {
	s := newScene(t, "")
	s.write("a", "read write:10")
	s.add(false, Added{Jobs: 1})
	job := newJob(s.location(s.in), s.location(s.out), s.object("a"))
	for range 2 { // two workers that both believe it is theirs
		if err := s.queue.record(t.Context(), job.name(), 1, Failure{Job: job, Why: "why", Tries: 1}); err != nil {
			t.Fatal(err)
		}
	}
	s.count(Counts{Added: 1, Failed: 1})
	if err := s.queue.Failures(t.Context(), func(f Failure) error { return s.queue.PutBack(t.Context(), f) }); err != nil {
		t.Fatal(err)
	}
	s.count(Counts{Added: 1, Waiting: 1})
	if err := s.queue.record(t.Context(), job.name(), 1, Failure{Job: job, Why: "why", Tries: 1}); err != nil { // a third, much later
		t.Fatal(err)
	}
	w := s.work(nil)
	s.ended(Done)
	w.stop()
	s.count(Counts{Added: 1, Done: 1})
}

// Records of an earlier version have the number of the message in their subjects. Those who may
// make the queue write them under the names of their jobs, also after an interruption.
func TestOldFailures(t *testing.T) {
	for _, test := range []struct {
		name  string
		again func(s *scene, job Job) // what an upgrade had done before it was interrupted
	}{
		{"once", func(*scene, Job) {}},
		{"interrupted before the first record", func(s *scene, _ Job) { s.oldStream(map[string]string{renamed: "2"}) }},
		{"interrupted between a record and the end of the old one", func(s *scene, job Job) {
			s.oldStream(map[string]string{renamed: "2"})
			s.publishFailure(job.name(), Failure{Job: job, Why: "why", Tries: 5, Messages: []uint64{1}})
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newScene(t, "")
			s.oldStream(nil)
			s.write("a", "read write:10")
			s.add(false, Added{Jobs: 1})
			job := newJob(s.location(s.in), s.location(s.out), s.object("a"))
			if _, err := s.queue.js.Publish(t.Context(), s.queue.jobSubject(), []byte("no job")); err != nil {
				t.Fatal(err)
			}
			s.publishFailure("1", map[string]any{"job": job, "why": "why", "tries": 5})
			s.publishFailure("2", map[string]any{"job": Job{}, "why": "no job", "tries": 1})
			for message := range uint64(2) { // the jobs have ended
				if err := deleteMessage(t.Context(), s.queue.jobs, message+1); err != nil {
					t.Fatal(err)
				}
			}
			test.again(s, job)

			s.queue = s.connect()
			if n := s.queue.failures.CachedInfo().Config.MaxMsgsPerSubject; n != 1 {
				t.Errorf("the stream keeps %d records of a job", n)
			}
			got := s.failures()
			slices.Sort(got)
			if want := []string{": no job (1)", "a: why (5)"}; !slices.Equal(got, want) {
				t.Errorf("failures: want %q, got %q", want, got)
			}
			for name, message := range map[string]uint64{job.name(): 1, "2": 2} {
				f, err := s.queue.failure(t.Context(), name)
				if err != nil || f == nil || f.isOld || !f.has(message) {
					t.Errorf("the failure %s: got %+v, %v", name, f, err)
				}
			}
			s.count(Counts{Added: 2, Failed: 2})
			s.add(false, Added{Failed: 1})
			s.addLater("a")
			w := s.work(nil)
			s.ended(Done)
			w.stop()
			s.count(Counts{Added: 2, Done: 1, Failed: 1})
		})
	}
}

// Programs that are started at once after an upgrade write each record once.
func TestOldFailuresAtOnce(t *testing.T) {
	s := newScene(t, "")
	s.oldStream(nil)
	const n = 100
	for i := range n {
		s.write(fmt.Sprintf("%03d", i), "x")
	}
	s.add(false, Added{Jobs: n})
	for i := range n {
		job := newJob(s.location(s.in), s.location(s.out), s.object(fmt.Sprintf("%03d", i)))
		s.publishFailure(strconv.Itoa(i+1), map[string]any{"job": job, "why": "why", "tries": 1})
		if err := deleteMessage(t.Context(), s.queue.jobs, uint64(i+1)); err != nil {
			t.Fatal(err)
		}
	}
	var programs sync.WaitGroup
	for range 4 {
		programs.Go(func() {
			q, err := Connect(t.Context(), s.config)
			if err != nil {
				t.Error(err)
				return
			}
			q.Close()
		})
	}
	programs.Wait()
	s.count(Counts{Added: n, Failed: n})
	s.add(false, Added{Failed: n})
}

// An earlier version's failures can be put back before those who may make the queue open it.
func TestPutBackOldFailures(t *testing.T) {
	s := newScene(t, "")
	s.oldStream(nil)
	s.write("a", "read write:10")
	s.add(false, Added{Jobs: 1})
	s.publishFailure("1", map[string]any{"job": newJob(s.location(s.in), s.location(s.out), s.object("a")), "why": "why", "tries": 5})
	s.config.Make = false
	s.queue = s.connect()
	if err := s.queue.Failures(t.Context(), func(f Failure) error { return s.queue.PutBack(t.Context(), f) }); err != nil {
		t.Fatal(err)
	}
	s.count(Counts{Added: 1, Waiting: 1})
}

// oldStream makes the stream of failures as an earlier version had it.
func (s *scene) oldStream(metadata map[string]string) {
	s.t.Helper()
	old := s.queue.failures.CachedInfo().Config
	old.MaxMsgsPerSubject, old.Metadata = -1, metadata
	if _, err := s.queue.js.UpdateStream(s.t.Context(), old); err != nil {
		s.t.Fatal(err)
	}
}

// publishFailure publishes the record of a failure.
func (s *scene) publishFailure(name string, record any) {
	s.t.Helper()
	text, err := json.Marshal(record)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.queue.js.Publish(s.t.Context(), s.queue.failureSubject(name), text); err != nil {
		s.t.Fatal(err)
	}
}
