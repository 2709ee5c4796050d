package queue

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"imgpipe/netpipe/objects"
)

// Bounds of the pause between requests to a store that is busy.
const (
	firstPause = 100 * time.Millisecond
	lastPause  = 30 * time.Second
)

// A pace is that of the requests to one store. While the store says that it is busy, all
// requests of this program wait, longer each time.
type pace struct {
	log *slog.Logger

	mu    sync.Mutex
	pause time.Duration // 0: the store is not busy
	until time.Time     // when the next requests may be made
}

// do makes a request, again and again while the store is busy. It returns the error of the
// request, or the context's cause.
func (p *pace) do(ctx context.Context, request func() error) error {
	for {
		if err := p.wait(ctx); err != nil {
			return err
		}
		err := request()
		if !errors.Is(err, objects.ErrBusy) {
			p.faster()
			return err
		}
		p.slower(err)
	}
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

// slower makes the pause longer, once for all requests that were under way.
func (p *pace) slower(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Now().Before(p.until) {
		return
	}
	p.pause = min(max(2*p.pause, firstPause), lastPause)
	p.until = time.Now().Add(p.pause)
	p.log.Warn("a store is busy: its requests wait", "pause", p.pause, "err", err)
}

// faster makes the pause shorter.
func (p *pace) faster() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pause /= 2; p.pause < firstPause {
		p.pause = 0
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
