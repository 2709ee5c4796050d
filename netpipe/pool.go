package netpipe

import (
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Back-off between processes that die before they are bound.
const (
	firstDelay = 100 * time.Millisecond
	lastDelay  = 10 * time.Second
)

// A pool keeps processes that are started ahead and wait on their stdin.
type pool struct {
	size   int // 0: every process is started for the connection that takes it
	keeper *keeper
	log    *slog.Logger

	change  chan struct{} // holds one: the pool may not be full any more
	closing chan struct{}
	filled  chan struct{} // closed when fill has returned

	mu     sync.Mutex
	ready  []*process
	failed error         // why an unbound process died or didn't start; nil when all is well
	delay  time.Duration // between tries; 0 once one was bound
	retry  time.Time     // the next try, or the last
	trying bool          // one has been started since
}

// newPool looks for the filter and, unless size is 0, starts the first process:
// a filter that can't be executed is an error.
func newPool(filter []string, size int, log *slog.Logger) (*pool, error) {
	p := &pool{
		size: size, log: log,
		change:  make(chan struct{}, 1),
		closing: make(chan struct{}),
		filled:  make(chan struct{}),
	}
	var err error
	if p.keeper, err = newKeeper(filter, p.over); err != nil {
		return nil, err
	}
	if size > 0 {
		if err := p.add(); err != nil {
			p.keeper.stop()
			return nil, err
		}
	}
	go p.fill()
	return p, nil
}

// take binds a process.
func (p *pool) take() (*process, error) {
	p.mu.Lock()
	if n := len(p.ready); n > 0 {
		proc := p.ready[0]
		p.ready = append(p.ready[:0], p.ready[1:]...)
		p.failed, p.delay = nil, 0
		p.mu.Unlock()
		p.changed()
		return proc, nil
	}
	failed := p.failed
	p.mu.Unlock()
	if failed != nil {
		return nil, fmt.Errorf("%w: %w", errNotReady, failed)
	}
	proc, err := p.keeper.process()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNotReady, err)
	}
	return proc, nil
}

// add starts a process and puts it with those that are ready.
func (p *pool) add() error {
	proc, err := p.keeper.process()
	if err != nil {
		return err
	}
	p.mu.Lock()
	p.ready = append(p.ready, proc)
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
	for i, r := range p.ready {
		if r != proc {
			continue
		}
		p.ready = append(p.ready[:i], p.ready[i+1:]...)
		closeFiles(proc.stdin, proc.stdout)
		p.fail(fmt.Errorf("the filter ended before it was given a connection: %s", describe(proc)))
		p.changed()
		break
	}
}

// describe says how a process ended, and its last words.
func describe(proc *process) string {
	how := "exit status 0 (a program that doesn't wait for its input needs -pool 0)"
	if err := proc.exit(); err != nil {
		how = err.Error()
	}
	if words := proc.tail.String(); words != "" {
		how += ": " + words
	}
	return how
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
	if len(p.ready) >= p.size {
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
	p.mu.Unlock()
	for _, proc := range idle {
		proc.kill()
	}
	p.keeper.stop()
	for _, proc := range idle {
		closeFiles(proc.stdin, proc.stdout)
	}
}
