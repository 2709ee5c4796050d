package queue

import (
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"

	"imgpipe/netpipe/objects"
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
		if fates, err := s.queue.publish(t.Context(), []Job{bad}, nil); !slices.Equal(fates, []fate{isAdded}) {
			t.Fatalf("publish: %v, %v", fates, err)
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

// An addition that has begun before a job was done, or has failed, does not add it again. By
// force it does, and says that the job is added.
func TestAddBesideWorkers(t *testing.T) {
	s := newScene(t, "")
	s.write("bad", "read say:why exit:3")
	s.write("good", "read write:10")
	s.add(false, Added{Jobs: 2})
	w := s.work(nil)
	s.ended(Done, Failed)
	w.stop()
	s.count(Counts{Added: 2, Done: 1, Failed: 1})
	out, err := (&stores{log: s.queue.log}).get(s.location(s.out).Store)
	if err != nil {
		t.Fatal(err)
	}
	var jobs []Job
	for _, key := range []string{"bad", "good"} {
		jobs = append(jobs, newJob(s.location(s.in), s.location(s.out), s.object(key)))
	}
	look := func(job Job) (bool, error) { return wasDone(t.Context(), out, job) }
	fates, err := s.queue.publish(t.Context(), jobs, look) // the first looks of Add were earlier
	if want := []fate{hasFailed, hasResult}; err != nil || !slices.Equal(fates, want) {
		t.Errorf("publish: want %v, got %v, %v", want, fates, err)
	}
	begun := &adding{Addition: Addition{In: s.location(s.in), Out: s.location(s.out)}, queue: s.queue, out: out, batch: jobs}
	if err := begun.flush(t.Context()); err != nil || begun.sum != (Added{Failed: 1, Done: 1, Last: "good"}) {
		t.Errorf("an addition that began without results: got %+v, %v", begun.sum, err)
	}
	s.count(Counts{Added: 2, Done: 1, Failed: 1})
}

// What is done or has failed by force is added by force once more, also while the server knows
// the ids of the jobs.
func TestAddByForceTwice(t *testing.T) {
	s := newScene(t, "")
	s.write("bad", "read say:why exit:3")
	s.write("good", "read write:10")
	for range 2 {
		s.add(true, Added{Jobs: 2})
		s.add(true, Added{Waiting: 2})
		w := s.work(nil)
		s.ended(Done, Failed)
		w.stop()
	}
}

// Messages are in the queue or not, also if more have left it than are asked for together.
func TestWhatIsQueued(t *testing.T) {
	s := newScene(t, "")
	for i := range 5 {
		s.write(fmt.Sprint(i), "x")
	}
	s.add(false, Added{Jobs: 5})
	for _, gone := range []uint64{1, 3} {
		if err := deleteMessage(t.Context(), s.queue.jobs, gone); err != nil {
			t.Fatal(err)
		}
	}
	for _, maxDeleted := range []int{0, 100} {
		isQueued, err := s.queue.whatIsQueued(t.Context(), maxDeleted)
		if err != nil {
			t.Fatal(err)
		}
		for sequence, want := range map[uint64]bool{1: false, 2: true, 3: false, 4: true, 5: true, 6: false} {
			if got, err := isQueued(t.Context(), sequence); err != nil || got != want {
				t.Errorf("at most %d are asked for together: message %d: want %t, got %t, %v", maxDeleted, sequence, want, got, err)
			}
		}
	}
}

// Add waits for a store that is busy, also in the middle of its list, and ends with the error of
// one that is out of use.
func TestBusyWhileAdding(t *testing.T) {
	s := newScene(t, "")
	var out atomic.Bool
	pages := make(chan http.HandlerFunc, 10)
	b := s.newBucket(func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			var answer http.HandlerFunc
			if r.URL.Query().Get("prefix") == "in/" {
				select {
				case answer = <-pages:
				default:
				}
			}
			if out.Load() {
				answer = breakOff
			}
			if answer == nil {
				answer = h.ServeHTTP
			}
			answer(rw, r)
		})
	})
	const n = 1001 // a page, and another one
	for i := range n {
		b.put(objects.Object{Key: fmt.Sprintf("in/%04d", i)}, "")
	}
	busy := answerWith(http.StatusServiceUnavailable, "SlowDown")
	for _, answer := range []http.HandlerFunc{busy, nil, busy} { // nil: the first page
		pages <- answer
	}
	b.addAll(n)
	out.Store(true)
	if added, err := b.add(); err == nil {
		t.Errorf("out of use: got %+v without an error", added)
	}
}

// Results that are missing in a bucket are told by a list: of each result that is there, and of
// the first one, is asked.
func TestListMissing(t *testing.T) {
	s := newScene(t, "")
	var heads atomic.Int64
	b := s.newBucket(func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodHead {
				heads.Add(1)
			}
			h.ServeHTTP(rw, r)
		})
	})
	const n = 50
	for i := range n {
		b.put(objects.Object{Key: fmt.Sprintf("in/%d/a", i)}, "")
	}
	a, err := b.store.Stat(t.Context(), "in/1/a")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name         string
		results      []objects.Object // that are there, too
		heads, dones int
	}{
		{"another one", []objects.Object{{Key: "out/x"}}, 1, 0},
		{"some", []objects.Object{{Key: "out/1/a", Source: a.ETag}, {Key: "out/49/a", Source: a.ETag}}, 3, 2},
		{"many between them", slices.Repeat([]objects.Object{{}}, 2*n+1), 40, 2}, // out/2/a and what comes behind it, in the order of text
		{"the first", []objects.Object{{Key: "out/0/a", Source: a.ETag}}, 40, 3},
	} {
		for i, o := range test.results {
			if o.Key == "" {
				o.Key = fmt.Sprintf("out/19/b/%03d", i)
			}
			b.put(o, "")
		}
		heads.Store(0)
		added, err := b.add()
		if err != nil || added.Done != test.dones || added.Jobs+added.Waiting != n-test.dones || int(heads.Load()) != test.heads {
			t.Errorf("%s: want %d done by %d requests, got %+v by %d, %v", test.name, test.dones, test.heads, added, heads.Load(), err)
		}
	}
}
