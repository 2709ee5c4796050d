package netpipe

import (
	"sync"
	"time"
)

// A filterClock measures the time that a filter has had, and calls expired when that is
// Server.Timeout. It is paused while the filter waits for input that the client has not
// sent: a slow upload is not the filter's time. The zero filterClock has no limit.
type filterClock struct {
	mu      sync.Mutex
	timer   *time.Timer
	left    time.Duration // when it runs: from since on
	since   time.Time
	running bool
}

func (k *filterClock) start(limit time.Duration, expired func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.left, k.since, k.running = limit, time.Now(), true
	k.timer = time.AfterFunc(limit, expired)
}

// pause stops the clock until resume.
func (k *filterClock) pause() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.running && k.timer.Stop() { // else expired has been called
		k.left -= time.Since(k.since)
		k.running = false
	}
}

func (k *filterClock) resume() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.timer != nil && !k.running {
		k.since, k.running = time.Now(), true
		k.timer.Reset(k.left)
	}
}

// stop ends the clock for good.
func (k *filterClock) stop() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.timer != nil {
		k.timer.Stop()
		k.timer = nil
		k.running = false
	}
}
