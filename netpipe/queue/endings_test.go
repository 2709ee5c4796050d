package queue

import (
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
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
	synctest.Test(t, func(t *testing.T) {
		const limit = 4
		var e endings
		e.limit(limit)
		var underWay, over atomic.Int64
		goOn := make(chan struct{})
		var hands sync.WaitGroup
		for i := range 10 * limit {
			hands.Go(func() {
				e.begin(strconv.Itoa(i), func() {
					underWay.Add(1)
					<-goOn
					e.gather()
					over.Add(1)
				})
			})
		}
		synctest.Wait()
		if n := underWay.Load(); n != limit {
			t.Errorf("%d endings are under way, want %d", n, limit)
		}
		close(goOn)
		hands.Wait()
		e.wait()
		if n := over.Load(); n != 10*limit {
			t.Errorf("%d of %d endings are over", n, 10*limit)
		}
	})
}

// An ending waits for those of its name that have begun before, and holds up no others.
func TestEndingsOfOneName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var e endings
		e.limit(2)
		var mu sync.Mutex
		var over []string
		goOn := make(chan struct{})
		end := func(ending string) func() {
			return func() {
				if ending == "a, first" {
					<-goOn
				}
				mu.Lock()
				defer mu.Unlock()
				over = append(over, ending)
			}
		}
		var hands sync.WaitGroup
		for _, ending := range []string{"a, first", "a, second", "a, third", "b"} {
			hands.Go(func() { e.begin(ending[:1], end(ending)) })
			synctest.Wait()
		}
		close(goOn)
		hands.Wait()
		e.wait()
		if want := []string{"b", "a, first", "a, second", "a, third"}; !slices.Equal(over, want) {
			t.Errorf("want %q, got %q", want, over)
		}
		if len(e.last) > 0 {
			t.Errorf("%d names are left", len(e.last))
		}
	})
}
