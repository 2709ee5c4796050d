package netpipe

import (
	"testing"

	"imgpipe/netpipe/internal/pipetest"
)

func TestAdmissionOrder(t *testing.T) {
	pipetest.Parallel(t)
	a := admission{max: 1, queue: 3}
	if turn, err := a.enter(); turn != nil || err != nil {
		t.Fatalf("the first: want a place at once, got %v, %v", turn, err)
	}
	var turns []chan struct{}
	for range 3 {
		turn, err := a.enter()
		if turn == nil || err != nil {
			t.Fatalf("want a turn, got %v, %v", turn, err)
		}
		turns = append(turns, turn)
	}
	if _, err := a.enter(); err != ErrQueueFull {
		t.Errorf("the queue is full: got %v", err)
	}
	has := func(i int) bool {
		select {
		case <-turns[i]:
			return true
		default:
			return false
		}
	}
	a.quit(turns[1])
	a.leave()
	if !has(0) || has(2) {
		t.Errorf("after one left: want the first in the queue inside, got %t, %t", has(0), has(2))
	}
	a.quit(turns[0]) // it had its place already
	if !has(2) {
		t.Error("after two left and one quit: want the third inside")
	}
	a.leave()
	if a.inside != 0 || len(a.waiting) != 0 {
		t.Errorf("at the end: %d inside, %d waiting", a.inside, len(a.waiting))
	}
}
