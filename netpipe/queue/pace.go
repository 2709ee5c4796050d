package queue

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"
)

// Bounds of the pause between requests to a store that is busy or out of use.
const (
	firstPause = 100 * time.Millisecond
	lastPause  = 30 * time.Second
)

// A pace is that of the requests to one store, or of one kind of them. While the store is busy
// or out of use, or denies them, all requests of this program wait, longer each time.
type pace struct {
	log         *slog.Logger
	last        time.Duration // the longest pause
	slows, ends string        // what the log says when requests begin to wait, and when none does

	mu       sync.Mutex
	pause    time.Duration // 0: no request waits
	since    time.Time     // when that was 0 for the last time
	until    time.Time     // when the next requests may be made
	answered time.Time     // the last request without an error
}

// wait waits until a request may be made. Requests that have waited come one after the other.
func (p *pace) wait(ctx context.Context) error {
	p.mu.Lock()
	pause := time.Until(p.until)
	if p.pause > 0 {
		pause = max(pause, 0) + rand.N(p.pause)
	}
	p.mu.Unlock()
	if !sleep(ctx, pause) {
		return context.Cause(ctx)
	}
	return nil
}

// isPaused reports whether requests wait.
func (p *pace) isPaused() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pause > 0
}

// pausedFor returns for how long requests have waited.
func (p *pace) pausedFor() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pause == 0 {
		return 0
	}
	return time.Since(p.since)
}

// slower makes the pause longer, once for all requests that were under way, unless a request
// was answered since another one has begun in vain.
func (p *pace) slower(err error, begun time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Now().Before(p.until) || begun.Before(p.answered) {
		return
	}
	if p.pause == 0 {
		p.log.Warn(p.slows, "err", err)
		p.since = time.Now()
	}
	p.pause = min(max(2*p.pause, firstPause), p.last)
	p.until = time.Now().Add(p.pause)
}

// answeredSince reports whether the store has answered a request since then without an error.
func (p *pace) answeredSince(then time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.answered.After(then)
}

// faster makes the pause shorter, after a request that was answered without an error.
func (p *pace) faster() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answered = time.Now()
	p.shorten(p.pause / 2)
}

// end ends the pause.
func (p *pace) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.until = time.Time{}
	p.shorten(0)
}

// shorten gives the pause, if there is one, another length.
func (p *pace) shorten(pause time.Duration) {
	if p.pause == 0 {
		return
	}
	if p.pause = pause; p.pause < firstPause {
		p.pause = 0
		p.log.Info(p.ends)
	}
}

// sleep waits for a time, and returns false if the context is done before.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
