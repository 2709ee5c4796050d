package queue

import (
	"sync"
	"sync/atomic"
	"testing"
)

// A worker does the next job while the server is told what has come of the last one, and tells
// what has come of all before it ends.
func TestNextJobBeforeEnding(t *testing.T) {
	s := newScene(t, "")
	for _, key := range []string{"a", "b", "c"} {
		s.write(key, "read write:10")
	}
	s.add(false, Added{Jobs: 3})
	var begun atomic.Int64
	third := make(chan struct{})
	w := s.work(func(w *Worker) {
		w.Jobs = 1
		w.Observe = func(r Result) { // within the ending
			if begun.Add(1) == 3 {
				close(third)
			}
			<-third
			s.results <- r
		}
	})
	<-third
	w.stop()
	if len(s.results) != 3 {
		t.Errorf("%d of 3 endings are over when Run returns", len(s.results))
	}
	s.count(Counts{Added: 3, Done: 3})
}

// No more endings are under way than the limit says, and those that have gathered go on.
func TestEndings(t *testing.T) {
	const limit = 4
	var e endings
	e.limit(limit)
	var mu sync.Mutex
	underWay, most, over := 0, 0, 0
	for range 10 * limit {
		e.begin(func() {
			mu.Lock()
			underWay++
			most = max(most, underWay)
			mu.Unlock()
			e.gather()
			mu.Lock()
			underWay--
			over++
			mu.Unlock()
		})
	}
	e.wait()
	if most != limit || over != 10*limit {
		t.Errorf("%d of %d endings are over, up to %d at once, want up to %d", over, 10*limit, most, limit)
	}
}
