package netpipe

import (
	"slices"
	"sync"
)

// An admission bounds how many connections have a filter at once. Others wait
// in a queue, first come, first served.
type admission struct {
	max   int // 0: no bound
	queue int // how many may wait

	mu      sync.Mutex
	inside  int
	waiting []chan struct{}
}

// enter takes a place, or a turn in the queue: a channel that is closed when
// the place is there. Either is given back by leave, a turn that is not waited
// for any more by quit. The turn is nil if the place is there at once.
func (a *admission) enter() (turn chan struct{}, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.max == 0 || a.inside < a.max:
		a.inside++
		return nil, nil
	case len(a.waiting) >= a.queue:
		return nil, errQueueFull
	}
	turn = make(chan struct{})
	a.waiting = append(a.waiting, turn)
	return turn, nil
}

// leave gives a place to the first in the queue.
func (a *admission) leave() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.waiting) == 0 {
		a.inside--
		return
	}
	close(a.waiting[0])
	a.waiting = slices.Delete(a.waiting, 0, 1)
}

// quit leaves the queue, or the place if it came in the meantime.
func (a *admission) quit(turn chan struct{}) {
	a.mu.Lock()
	i := slices.Index(a.waiting, turn)
	if i >= 0 {
		a.waiting = slices.Delete(a.waiting, i, i+1)
	}
	a.mu.Unlock()
	if i < 0 {
		a.leave()
	}
}
