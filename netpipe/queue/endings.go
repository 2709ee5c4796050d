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
	together chan struct{} // closed when those that wait in gather go on; nil: none waits
}

const (
	// endingsOfHand is how many endings there may be at once for each job that a worker does
	// at once. Killed workers have done so many jobs of which the server does not know.
	endingsOfHand = 32

	// gatherTime is how long an ending waits for others, at most.
	gatherTime = 20 * time.Millisecond
)

// limit sets how many endings there may be at once. It is called first.
func (e *endings) limit(n int) { e.slots = make(chan struct{}, n) }

// begin calls end in a goroutine of its own, as soon as there is a slot.
func (e *endings) begin(end func()) {
	e.slots <- struct{}{}
	e.all.Go(func() {
		defer func() { <-e.slots }()
		end()
	})
}

// gather waits up to gatherTime, and returns in all endings that have come meanwhile at once.
// Their messages share packets, which takes the server, and this program, less time.
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
