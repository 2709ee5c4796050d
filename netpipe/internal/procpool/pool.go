package procpool

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"sync"
	"time"

	"imgpipe/netpipe/internal/fdio"
)

// Back-off between processes that die before they are taken.
const (
	firstDelay = 100 * time.Millisecond
	lastDelay  = 10 * time.Second
)

// idleTime is how long a worker above Config.Size is idle before it is ended; at
// most twice that.
const idleTime = 10 * time.Second

// A pool keeps processes of one program that have been started ahead and wait for
// their input. Workers come back: there are as many as were once needed at the same
// time, and those that have been idle for a while are ended.
type pool struct {
	config     Config
	log        *slog.Logger
	supervisor *supervisor
	program    *program
	onRefused  func(error) // called once if the first process refuses its command line after newPool

	change  chan struct{} // holds one: there may be fewer processes than Size
	closing chan struct{}
	filled  chan struct{}          // closed when fill has returned
	pause   chan (<-chan struct{}) // fill waits for the end of what it gets

	mu         sync.Mutex
	first      *process // until a process is taken
	size       int
	generation int           // number of reloads
	ready      []*process    // the last is the next to be taken
	lent       int           // workers that are taken
	spare      int           // workers that were ready all the time since the last trim
	trim       *time.Timer   // runs while there are more workers than size
	failed     error         // why an untaken process died or did not start; nil if all is well
	delay      time.Duration // between tries; 0 once a process was taken
	retry      time.Time     // the next try, or the last
	trying     bool          // a process has been started since
}

// newPool returns a pool that starts no process yet: addFirst and fill do.
func newPool(config Config, s *supervisor, prog *program) *pool {
	return &pool{
		config: config, size: config.Size, log: config.Log, supervisor: s, program: prog,
		change:  make(chan struct{}, 1),
		closing: make(chan struct{}),
		filled:  make(chan struct{}),
		pause:   make(chan (<-chan struct{})),
	}
}

// take returns an invocation of the program: of a process that is ready, else of a new
// one. While the processes die by themselves the error is ErrNotReady. If the
// program takes params, a worker gets them with its request, and any other process is
// started for them, with more arguments. A process that is started for the invocation alone
// has env in its environment.
func (p *pool) take(params []Param, env []string) (Invocation, error) {
	if !p.program.Params {
		params = nil
	}
	prog := p.program
	if p.config.Reuse == 0 {
		prog = prog.withEnv(env)
	}
	if len(params) > 0 && p.config.Reuse == 0 {
		return p.startFor(prog, params)
	}
	for {
		proc, err := p.takeReady()
		if err != nil {
			return nil, err
		}
		if proc == nil {
			proc, err = p.start(prog)
			if err != nil {
				p.workerGone()
				return nil, fmt.Errorf("%w: %w", ErrNotReady, err)
			}
		}
		if p.config.Reuse == 0 {
			return proc, nil
		}
		if proc.isQuiet() {
			return newWorkerRequest(proc, p, params), nil
		}
		proc.kill()
		proc.Release()
		p.log.Warn("a worker said something between two connections, or ended", "err", endError(proc))
		p.workerGone()
	}
}

// takeReady takes a ready process: the worker that was used last, else the process
// that has waited longest. It returns nil if there is none and all is well.
func (p *pool) takeReady() (proc *process, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch n := len(p.ready); {
	case n > 0:
		proc, p.ready = p.ready[n-1], p.ready[:n-1]
		p.spare = min(p.spare, n-1)
	case p.failed != nil:
		return nil, fmt.Errorf("%w: %w", ErrNotReady, p.failed)
	}
	switch {
	case p.config.Reuse > 0:
		p.lent++
	case proc != nil:
		p.changed()
	}
	if proc != nil {
		p.failed, p.delay, p.first = nil, 0, nil
	}
	p.trimLater()
	return proc, nil
}

// trimLater has workers above the pool's size ended once they have been idle. The caller
// holds p.mu.
func (p *pool) trimLater() {
	if p.config.Reuse > 0 && p.trim == nil && len(p.ready)+p.lent > p.size {
		p.spare, p.trim = 0, time.AfterFunc(idleTime, p.trimIdle)
	}
}

// putBack makes a worker ready again. It returns false if the worker has served
// Config.Reuse requests, or is older than the last Reload.
func (p *pool) putBack(proc *process) bool {
	if proc.requests.Load() >= int64(p.config.Reuse) {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.isOld(proc) {
		return false
	}
	p.lent--
	p.ready = append(p.ready, proc)
	return true
}

// workerGone is called for each worker that was taken and is not put back.
func (p *pool) workerGone() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.config.Reuse > 0 {
		p.lent--
		p.changed()
	}
}

// trimIdle ends the workers above the pool's size that have been idle since the last
// call.
func (p *pool) trimIdle() {
	p.mu.Lock()
	n := max(0, min(p.spare, len(p.ready), len(p.ready)+p.lent-p.size))
	idle := slices.Clone(p.ready[:n])
	p.ready = slices.Delete(p.ready, 0, n)
	p.spare = len(p.ready)
	if p.trim = nil; len(p.ready)+p.lent > p.size {
		p.trim = time.AfterFunc(idleTime, p.trimIdle)
	}
	p.mu.Unlock()
	endAll(idle)
}

// endAll ends processes that are not taken.
func endAll(idle []*process) {
	for _, proc := range idle {
		proc.retire()
		fdio.CloseFiles(proc.stdin, proc.stdout)
	}
}

// start starts a process, and with Reuse makes a worker of it.
func (p *pool) start(prog *program) (*process, error) {
	p.mu.Lock()
	generation := p.generation
	p.mu.Unlock()
	proc, err := p.supervisor.start(prog, p.processOver)
	if err != nil {
		return nil, err
	}
	if proc.generation = generation; p.config.Reuse == 0 {
		return proc, nil
	}
	if err := proc.greet(p.config.StartTimeout, p.program.Params); err != nil {
		return nil, err
	}
	if words := proc.tail.drain(); words != "" {
		p.log.Info("a worker starts", "stderr", words)
	}
	return proc, nil
}

// err returns why take would fail at the moment: an error of the last process, or
// nil.
func (p *pool) err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.ready) > 0 {
		return nil
	}
	return p.failed
}

// add starts a process and makes it ready.
func (p *pool) add() error {
	proc, err := p.start(p.program)
	if err == nil {
		p.makeReady(proc)
	}
	return err
}

func (p *pool) makeReady(proc *process) {
	p.mu.Lock()
	p.ready = slices.Insert(p.ready, 0, proc)
	p.trimLater() // fill may have started proc while take started another
	p.mu.Unlock()
	select {
	case <-proc.over: // processOver was called before the process was in ready
		p.processOver(proc)
	default:
	}
}

// processOver is called for every process that has ended. It matters for one that is
// ready.
func (p *pool) processOver(proc *process) {
	if n := proc.requests.Load(); n > 0 {
		attrs := append([]slog.Attr{slog.Int64("connections", n), slog.String("status", proc.exitText())}, proc.used.Attrs()...)
		p.log.LogAttrs(context.Background(), slog.LevelInfo, "worker", attrs...)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.Index(p.ready, proc)
	if i < 0 {
		return
	}
	p.ready = slices.Delete(p.ready, i, i+1)
	fdio.CloseFiles(proc.stdin, proc.stdout)
	switch err := proc.commandLineError(); {
	case proc == p.first && err != nil:
		p.failed = err
		p.onRefused(err)
		return
	case proc.requests.Load() > 0:
		p.log.Warn("a worker ended between two connections", "err", endError(proc))
	default:
		p.fail(endedUnused(proc))
	}
	p.changed()
}

func endedUnused(proc *process) error {
	return fmt.Errorf("the filter ended before it had an input: %w", endError(proc))
}

// endError says how a process ended that should have waited for input, with its last
// words.
func endError(proc *process) error {
	if proc.err() != nil || proc.worker != nil {
		return errors.New(proc.lastWords())
	}
	return fmt.Errorf("%s: %w", proc.lastWords(), ErrDoesNotWait)
}

// fail delays the next try, for longer than the last time if that failed too. The
// caller holds p.mu.
func (p *pool) fail(err error) {
	switch {
	case p.failed != nil && !p.trying:
		return // another of the processes that were started together
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
		wait, full := p.nextStart()
		switch {
		case full:
			select {
			case <-p.change:
			case resume := <-p.pause:
				<-resume
			case <-p.closing:
				return
			}
		case wait > 0:
			timer.Reset(wait)
			select {
			case <-timer.C:
			case resume := <-p.pause:
				<-resume
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

// nextStart returns how long to wait before a process is started, or that the pool is
// full. While processes fail there is one try at a time; all is well again when that
// process has lived for as long as the delay, or is taken.
func (p *pool) nextStart() (wait time.Duration, full bool) {
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

// close ends the processes that are ready. fill must run.
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
	endAll(idle)
}
