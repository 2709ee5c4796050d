package netpipe

import (
	"slices"
	"sync"
)

// An admission bounds how many conns have a filter at once. Others wait in a queue:
// first come, first served.
type admission struct {
	max   int // 0 means no limit
	queue int // how many may wait

	mu      sync.Mutex
	inside  int
	waiting []chan struct{}
}

// enter takes a place and returns nil. If there is none, it returns a turn in the queue:
// a channel that is closed when the place is there. A place is given back by leave; a
// turn that is not waited for any more, by quit.
func (a *admission) enter() (turn chan struct{}, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.max == 0 || a.inside < a.max:
		a.inside++
		return nil, nil
	case len(a.waiting) >= a.queue:
		return nil, ErrQueueFull
	}
	turn = make(chan struct{})
	a.waiting = append(a.waiting, turn)
	return turn, nil
}

// leave gives the place to the first in the queue.
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

// quit leaves the queue, or the place if that came meanwhile.
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
