package queue

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"imgpipe/netpipe/internal/pipetest"
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
