package queue

import (
	"testing"
)

// A key that S3 may have, and that cannot be the name of a file, is a failure at the first try.
// It does not keep Add from adding the others.
func TestKeysOfFiles(t *testing.T) {
	s := newScene(t, "")
	s.write("a", "read write:10")
	job := newJob(s.location(s.in), s.location(s.out), s.object("a"))
	bad := job
	bad.OutKey = "b//c"
	out, err := (&stores{log: s.queue.log}).get(job.Out)
	if err != nil {
		t.Fatal(err)
	}
	jobs, err := notDone(t.Context(), out, s.location(s.out), []Job{bad, job})
	if err != nil || len(jobs) != 2 {
		t.Fatalf("notDone: got %v, %v", jobs, err)
	}
	for _, force := range []bool{false, true} {
		bad.ETag += "x" // is a job of its own
		if added, err := s.queue.publish(t.Context(), []Job{bad}); added != 1 {
			t.Fatalf("publish: %d, %v", added, err)
		}
		w := s.work(func(w *Worker) { w.Force = force })
		s.ended(Failed)
		w.stop()
	}
	s.count(Counts{Added: 2, Failed: 2})
	for _, line := range s.failures() {
		if want := `a: "b//c": the key cannot be the name of a file (1)`; line != want {
			t.Errorf("failures: want %q, got %q", want, line)
		}
	}
}

// An object whose key is not UTF-8 has no job, and the others have.
func TestKeysThatAreNotUTF8(t *testing.T) {
	s := newScene(t, "")
	for _, key := range []string{"a", "b\xff", "c\xfe/d", "e"} {
		s.write(key, "read write:10")
	}
	s.add(false, Added{Jobs: 2, NotUTF8: 2, FirstNotUTF8: "b\xff"})
	s.work(nil)
	s.ended(Done, Done)
	s.count(Counts{Added: 2, Done: 2})
	s.wantOut(map[string]int{"a": 10, "e": 10})
}

// With a suffix, the results have other keys than the objects, and are looked for there.
func TestSuffix(t *testing.T) {
	s := newScene(t, "")
	s.write("2026/a.jpg", "read write:10")
	a := Addition{In: s.location(s.in), Out: s.location(s.out), Suffix: ".png"}
	for _, want := range []Added{{Jobs: 1, Last: "2026/a.jpg"}, {Done: 1, Last: "2026/a.jpg"}} {
		if got, err := s.queue.Add(t.Context(), a); err != nil || got != want {
			t.Errorf("want %+v, got %+v, %v", want, got, err)
		}
		if want.Jobs > 0 {
			w := s.work(nil)
			s.ended(Done)
			w.stop()
		}
	}
	s.wantOut(map[string]int{"2026/a.jpg.png": 10})
	s.add(false, Added{Jobs: 1})
}
