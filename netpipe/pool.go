package netpipe

import (
	"fmt"
	"log/slog"
	"math"
	"slices"
	"sync"
	"time"
)

// Back-off between processes that die before they are bound.
const (
	firstDelay = 100 * time.Millisecond
	lastDelay  = 10 * time.Second
)

// A pool keeps processes that are started ahead and wait on their stdin. With
// reuse they are workers and come back, so that as many are there as were once
// needed at the same time; those that aren't needed any more are let go.
type pool struct {
	size   int // 0: every process is started for the connection that takes it
	reuse  int // connections that a worker serves; 0: they are no workers
	keeper *keeper
	log    *slog.Logger

	change  chan struct{} // holds one: the pool may not be full any more
	closing chan struct{}
	filled  chan struct{} // closed when fill has returned

	mu     sync.Mutex
	ready  []*process    // the last is the next to be bound
	lent   int           // workers that a connection has
	spare  int           // workers that were ready all the time since the last trim
	trim   *time.Timer   // runs while there are more workers than size
	failed error         // why an unbound process died or didn't start; nil when all is well
	delay  time.Duration // between tries; 0 once one was bound
	retry  time.Time     // the next try, or the last
	trying bool          // one has been started since
}

// newPool looks for the filter of s and, unless Pool is 0, starts the first
// process: a filter that can't be executed, or should be a worker and is none,
// is an error.
func newPool(s *Server, log *slog.Logger) (*pool, error) {
	p := &pool{
		size: s.Pool, reuse: s.Reuse, log: log,
		change:  make(chan struct{}, 1),
		closing: make(chan struct{}),
		filled:  make(chan struct{}),
	}
	var err error
	if p.keeper, err = newKeeper(s.Filter, p.over); err != nil {
		return nil, err
	}
	if p.size > 0 {
		if err := p.add(); err != nil {
			p.keeper.stop()
			return nil, err
		}
	}
	go p.fill()
	return p, nil
}

// take binds a process.
func (p *pool) take() (run, error) {
	for {
		proc, err := p.pick()
		if err != nil {
			return nil, err
		}
		if proc == nil {
			proc, err = p.start()
			if err != nil {
				p.lost()
				return nil, fmt.Errorf("%w: %w", errNotReady, err)
			}
		}
		if p.reuse == 0 {
			return proc, nil
		}
		if proc.isSilent() {
			return newTurn(proc, p), nil
		}
		proc.kill()
		proc.free()
		p.log.Warn("a worker said something between two connections, or ended", "err", describe(proc))
		p.lost()
	}
}

// pick takes one of those that are ready: the worker that was used last, else the
// process that has waited longest. It returns nil if there is none and all is well.
func (p *pool) pick() (proc *process, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch n := len(p.ready); {
	case n > 0:
		proc, p.ready = p.ready[n-1], p.ready[:n-1]
		p.spare = min(p.spare, n-1)
	case p.failed != nil:
		return nil, fmt.Errorf("%w: %w", errNotReady, p.failed)
	}
	switch {
	case p.reuse > 0:
		p.lent++
	case proc != nil:
		p.changed()
	}
	if proc != nil {
		p.failed, p.delay = nil, 0
	} else if p.reuse > 0 && p.trim == nil && p.lent > p.size {
		p.spare, p.trim = 0, time.AfterFunc(rest, p.letGo)
	}
	return proc, nil
}

// giveBack makes a worker ready again, unless it has served its time.
func (p *pool) giveBack(proc *process) bool {
	if proc.workshop.requests >= p.reuse {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lent--
	p.ready = append(p.ready, proc)
	return true
}

// lost hears of a worker that doesn't come back.
func (p *pool) lost() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.reuse > 0 {
		p.lent--
		p.changed()
	}
}

// rest is how long a worker above the pool's size isn't needed before it is let
// go, at least; at most twice that.
const rest = 10 * time.Second

// letGo ends the workers that nobody needs any more.
func (p *pool) letGo() {
	p.mu.Lock()
	n := max(0, min(p.spare, len(p.ready), len(p.ready)+p.lent-p.size))
	idle := slices.Clone(p.ready[:n])
	p.ready = slices.Delete(p.ready, 0, n)
	p.spare = len(p.ready)
	if p.trim = nil; len(p.ready)+p.lent > p.size {
		p.trim = time.AfterFunc(rest, p.letGo)
	}
	p.mu.Unlock()
	end(idle)
}

// end ends processes that nobody has.
func end(idle []*process) {
	for _, proc := range idle {
		proc.kill()
		closeFiles(proc.stdin, proc.stdout)
	}
}

// start starts a process; with reuse, one that is a worker.
func (p *pool) start() (*process, error) {
	proc, err := p.keeper.process()
	if err != nil || p.reuse == 0 {
		return proc, err
	}
	if err := proc.greet(); err != nil {
		return nil, err
	}
	if words := proc.tail.take(); words != "" {
		p.log.Info("a worker starts", "stderr", words)
	}
	return proc, nil
}

// fault is why connections can't be served just now, nil if they can.
func (p *pool) fault() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.ready) > 0 {
		return nil
	}
	return p.failed
}

// add starts a process and puts it with those that are ready.
func (p *pool) add() error {
	proc, err := p.start()
	if err != nil {
		return err
	}
	p.mu.Lock()
	p.ready = slices.Insert(p.ready, 0, proc)
	p.mu.Unlock()
	select {
	case <-proc.over: // before it was known to be ready
		p.over(proc)
	default:
	}
	return nil
}

// over hears of every process that has ended. It matters if it was not bound.
func (p *pool) over(proc *process) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.Index(p.ready, proc)
	if i < 0 {
		return
	}
	p.ready = slices.Delete(p.ready, i, i+1)
	closeFiles(proc.stdin, proc.stdout)
	if proc.workshop != nil && proc.workshop.requests > 0 {
		p.log.Warn("a worker ended between two connections", "err", describe(proc))
	} else {
		p.fail(fmt.Errorf("the filter ended before it was given a connection: %s", describe(proc)))
	}
	p.changed()
}

// describe says how a process ended that should have waited, and its last words.
func describe(proc *process) string {
	if proc.err() != nil || proc.workshop != nil {
		return proc.lastWords()
	}
	return proc.lastWords() + " (a program that doesn't wait for its input needs -pool 0)"
}

// fail makes the next try wait, longer than the last time if that failed too.
// The caller holds p.mu.
func (p *pool) fail(err error) {
	switch {
	case p.failed != nil && !p.trying:
		return // one more of those that were started together
	case p.delay == 0 || time.Since(p.retry) > lastDelay:
		p.delay = firstDelay
	default:
		p.delay = min(2*p.delay, lastDelay)
	}
	p.failed, p.trying, p.retry = err, false, time.Now().Add(p.delay)
	p.log.Warn("no filter is ready", "err", err, "retry", p.delay)
}

func (p *pool) changed() {
	select {
	case p.change <- struct{}{}:
	default:
	}
}

// fill keeps the pool full until it is closed.
func (p *pool) fill() {
	defer close(p.filled)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		wait, full := p.next()
		switch {
		case full:
			select {
			case <-p.change:
			case <-p.closing:
				return
			}
		case wait > 0:
			timer.Reset(wait)
			select {
			case <-timer.C:
			case <-p.closing:
				return
			}
		default:
			if err := p.add(); err != nil {
				p.mu.Lock()
				p.fail(err)
				p.mu.Unlock()
			}
		}
	}
}

// next says how long to wait before a process is started, or that none is
// wanted. While they fail there is one try at a time, and all is well again
// when that one has lived for a while or is bound.
func (p *pool) next() (wait time.Duration, full bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.ready)+p.lent >= p.size {
		return 0, true
	}
	if p.failed == nil {
		return 0, false
	}
	if wait = time.Until(p.retry); wait > 0 {
		return wait, false
	}
	if p.trying && len(p.ready) > 0 {
		p.failed = nil
		return 0, false
	}
	p.trying, p.retry = true, time.Now().Add(p.delay)
	return 0, false
}

// close ends the processes that nobody took, and waits for all others.
func (p *pool) close() {
	close(p.closing)
	<-p.filled
	p.mu.Lock()
	idle := p.ready
	p.ready = nil
	p.size = math.MaxInt // nothing is trimmed any more
	if p.trim != nil {
		p.trim.Stop()
	}
	p.mu.Unlock()
	end(idle)
	p.keeper.stop()
}
