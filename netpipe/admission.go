package netpipe

import (
	"maps"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// An admission bounds how many conns have a filter at once. Others wait in a queue. Where
// not all can be served, sources are served alike: the next place is for the source that
// has the fewest, and among those for the conn that has waited longest.
type admission struct {
	max   int           // 0 means no limit
	queue int           // how many may wait
	grace time.Duration // see makeRoom

	mu      sync.Mutex
	inside  map[*place]bool
	waiting []*place // in the order of their coming
}

// A place is that of one conn, inside or in the queue.
type place struct {
	source netip.Addr // of the client; see sourceOf
	turn   chan struct{}

	// clientLag returns whether the conn waits for input at the moment, and how far its
	// client is behind the least rate.
	clientLag func() (behind time.Duration, waits bool)

	giveWay func() // ends the conn, if it still takes input

	refused bool      // was pushed out of the queue; set before turn is closed
	entered time.Time // since when it is inside
	ending  bool      // makeRoom has chosen it
	madeFor bool      // makeRoom has chosen another for it
}

func newAdmission(s *Server) admission {
	return admission{max: s.Max, queue: s.Queue, grace: s.IdleTimeout / 6, inside: map[*place]bool{}}
}

// enter takes a place. If there is none, p waits in the queue: p.turn is closed when the
// place is there, or p.refused is true. A place is given back by leave; a turn that is
// not waited for any more, by quit.
func (a *admission) enter(p *place) (waits bool, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.max == 0 || len(a.inside) < a.max:
		a.admit(p)
		return false, nil
	case len(a.waiting) >= a.queue && !a.pushOut(p.source):
		return false, ErrQueueFull
	}
	p.turn = make(chan struct{})
	a.waiting = append(a.waiting, p)
	return true, nil
}

// admit gives p a place. The caller holds a.mu.
func (a *admission) admit(p *place) {
	p.entered = time.Now()
	a.inside[p] = true
}

// pushOut refuses the last in the queue of the source that has the most there, if that
// has at least two more than source. The caller holds a.mu.
func (a *admission) pushOut(source netip.Addr) bool {
	queued := map[netip.Addr]int{}
	for _, p := range a.waiting {
		queued[p.source]++
	}
	for i, p := range slices.Backward(a.waiting) {
		if queued[p.source] >= queued[source]+2 && queued[p.source] == slices.Max(slices.Collect(maps.Values(queued))) {
			a.waiting = slices.Delete(a.waiting, i, i+1)
			p.refused = true
			close(p.turn)
			return true
		}
	}
	return false
}

// leave gives the place to the next in the queue.
func (a *admission) leave(p *place) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.inside, p)
	if len(a.waiting) == 0 {
		return
	}
	has := a.places()
	next := slices.MinFunc(a.waiting, func(p, q *place) int { return has[p.source] - has[q.source] })
	a.remove(next)
	a.admit(next)
	close(next.turn)
}

// places returns how many places each source has inside. The caller holds a.mu.
func (a *admission) places() map[netip.Addr]int {
	has := map[netip.Addr]int{}
	for p := range a.inside {
		has[p.source]++
	}
	return has
}

// remove takes p out of the queue and reports whether it was there. The caller holds a.mu.
func (a *admission) remove(p *place) bool {
	i := slices.Index(a.waiting, p)
	if i >= 0 {
		a.waiting = slices.Delete(a.waiting, i, i+1)
	}
	return i >= 0
}

// quit leaves the queue, or the place if that came meanwhile.
func (a *admission) quit(p *place) {
	a.mu.Lock()
	waited := a.remove(p)
	a.mu.Unlock()
	if !waited && !p.refused {
		a.leave(p)
	}
}

// count returns how many conns have a filter, and how many wait for one.
func (a *admission) count() (inside, waiting int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.inside), len(a.waiting)
}

// isFull reports whether the next conn may be refused.
func (a *admission) isFull() bool {
	inside, waiting := a.count()
	return a.max > 0 && inside >= a.max && waiting >= a.queue
}

// makeRoom is called now and then while p waits. It ends a conn that has been inside for
// the grace and waits for its client: one that is behind the least rate by more than the
// grace, or whose source has at least two places more than that of p. For each p at most
// one is ended.
func (a *admission) makeRoom(p *place) {
	if other := a.chooseFor(p); other != nil {
		other.giveWay()
	}
}

func (a *admission) chooseFor(p *place) *place {
	a.mu.Lock()
	defer a.mu.Unlock()
	if p.madeFor || !slices.Contains(a.waiting, p) {
		return nil
	}
	has := map[netip.Addr]int{} // places when all that has been chosen is over
	for q := range a.inside {
		if !q.ending {
			has[q.source]++
		}
	}
	for _, q := range a.waiting {
		if q.madeFor {
			has[q.source]++
		}
	}
	var chosen *place
	for q := range a.inside {
		if q.ending || time.Since(q.entered) < a.grace {
			continue
		}
		behind, waits := q.clientLag()
		hasMore := has[q.source] >= has[p.source]+2
		if !waits || behind < a.grace && !hasMore {
			continue
		}
		if chosen == nil || has[q.source] > has[chosen.source] {
			chosen = q
		}
	}
	if chosen != nil {
		chosen.ending, p.madeFor = true, true
	}
	return chosen
}
