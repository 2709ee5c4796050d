package netpipe

import (
	"context"
	"errors"
	"math"
	"syscall"
	"testing"
	"time"
)

// A next hop that refused and is still away at the end has refused, also where the
// last try hears of the end before its context does.
func TestDialNextTooLate(t *testing.T) {
	next := &link{addr: closedPort(t)}
	once := &lateContext{Context: context.Background(), over: math.MaxInt}
	if _, err := next.open(once); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Fatalf("want %v, got %v", syscall.ECONNREFUSED, err)
	}
	late := &lateContext{Context: context.Background(), over: once.asked}
	c := &conn{service: &service{Server: &Server{Next: next.addr}, link: next}, ctx: late}
	if _, err := c.dialNext(); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("want %v, got %v", syscall.ECONNREFUSED, err)
	}
}

// A lateContext is past its deadline once it was asked so often for that, and
// never done.
type lateContext struct {
	context.Context
	asked, over int
}

func (c *lateContext) Deadline() (time.Time, bool) {
	c.asked++
	return past, c.asked > c.over
}
