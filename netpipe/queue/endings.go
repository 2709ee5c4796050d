package queue

import (
	"sync"
	"time"
)

// endings tell the server what has come of jobs, while others are at work: no filter waits for
// the server.
type endings struct {
	slots chan struct{} // each has an ending
	all   sync.WaitGroup

	mu       sync.Mutex
	together chan struct{}            // closed when those that wait in gather go on; nil: none waits
	last     map[string]chan struct{} // of each name that has an ending: closed when the last one is over
}

const (
	// endingsOfHand is how many endings there may be at once for each job that a worker does
	// at once. A killed worker may leave so many jobs that are done, and that the server does
	// not know to be done.
	endingsOfHand = 32

	// gatherTime is how long an ending waits for others, at most.
	gatherTime = 20 * time.Millisecond
)

// limit sets how many endings there may be at once. It is called first.
func (e *endings) limit(n int) { e.slots = make(chan struct{}, n) }

// begin calls end in a goroutine of its own, as soon as there is a slot, and the endings of
// the same name that have begun before are over: of the tries of a job, the last one counts.
func (e *endings) begin(name string, end func()) {
	over := e.follow(name)
	e.slots <- struct{}{}
	e.all.Go(func() {
		defer func() { <-e.slots }()
		defer over()
		end()
	})
}

// follow waits for the endings of a name that have begun before. The next one waits until over
// is called. No ending has a slot while it waits for another one, which may need a slot.
func (e *endings) follow(name string) (over func()) {
	own := make(chan struct{})
	e.mu.Lock()
	before := e.last[name]
	if e.last == nil {
		e.last = map[string]chan struct{}{}
	}
	e.last[name] = own
	e.mu.Unlock()
	if before != nil {
		<-before
	}
	return func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		if e.last[name] == own {
			delete(e.last, name)
		}
		close(own)
	}
}

// gather waits up to gatherTime. All endings that have called it meanwhile go on at once:
// their messages share packets, which takes the server, and this program, less time.
func (e *endings) gather() {
	e.mu.Lock()
	if e.together == nil {
		e.together = make(chan struct{})
		time.AfterFunc(gatherTime, e.release)
	}
	together := e.together
	e.mu.Unlock()
	<-together
}

// release has the endings go on that wait in gather.
func (e *endings) release() {
	e.mu.Lock()
	defer e.mu.Unlock()
	close(e.together)
	e.together = nil
}

// wait waits until all endings that have begun are over.
func (e *endings) wait() { e.all.Wait() }
