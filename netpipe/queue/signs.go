package queue

import (
	"context"
	"sync"
	"time"
)

// signsOfLife are what the server has heard of a try.
type signsOfLife struct {
	ackWait time.Duration

	mu    sync.Mutex
	last  time.Time
	ended bool // there was a pause longer than ackWait
}

// give notes a sign.
func (s *signsOfLife) give() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = s.ended || time.Since(s.last) > s.ackWait
	s.last = time.Now()
}

// lost reports whether the server may have given the job to another worker: this one was
// frozen for longer than the ack wait.
func (s *signsOfLife) lost() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended || time.Since(s.last) > s.ackWait
}

// keep tells the server until stop is called that the job is at work.
func (t *try) keep() (stop func()) {
	ctx, end := context.WithCancel(context.Background())
	var keeper sync.WaitGroup
	keeper.Go(func() {
		for sleep(ctx, t.signs.ackWait/3) {
			t.signs.give()
			_ = t.msg.InProgress() // what is lost comes again
		}
	})
	return func() {
		end()
		keeper.Wait()
	}
}
