package hop

import (
	"context"
	"errors"
	"io"
	"math"
	"syscall"
	"testing"
	"time"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/pipetest"
)

// A server that refused, and still does at the end, has refused: also where the last
// attempt sees the end before its context does.
func TestOpenTooLate(t *testing.T) {
	pipetest.Parallel(t)
	at := Addr{"tcp", pipetest.ClosedPort(t)}
	once := &lateContext{Context: context.Background(), over: math.MaxInt}
	if _, err := (&Transport{Addr: at}).Open(once, ""); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Fatalf("want %v, got %v", syscall.ECONNREFUSED, err)
	}
	next := newGroup(t, at)
	late := &lateContext{Context: context.Background(), over: once.asked}
	if _, err := next.Open(late, "", nil); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("want %v, got %v", syscall.ECONNREFUSED, err)
	}
}

// A lateContext is past its deadline once it was asked so often for the deadline, and
// is never done.
type lateContext struct {
	context.Context
	asked, over int
}

func (c *lateContext) Deadline() (time.Time, bool) {
	c.asked++
	return fdio.Expired, c.asked > c.over
}

// The verdict on a next hop rests on this: what a writer is told after a FIN
// differs from what it is told without one, in every case.
func TestIsEarlyAnswer(t *testing.T) {
	pipetest.Parallel(t)
	for _, test := range []struct {
		name string
		fin  bool
	}{{"a reset after a FIN", true}, {"a reset alone", false}} {
		this, other := pipetest.Pair(t, "tcp")
		if test.fin {
			if err := other.CloseWrite(); err != nil {
				t.Fatal(err)
			}
			if _, err := this.Read(make([]byte, 1)); err != io.EOF {
				t.Fatalf("%s: want EOF, got %v", test.name, err)
			}
		}
		pipetest.Reset(other)
		if err := fdio.AwaitHangup(this); err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		_, err := this.Write([]byte("x"))
		if err == nil || IsEarlyAnswer(err) != test.fin {
			t.Errorf("%s: a write says %v", test.name, err)
		}
		if _, err := this.Read(make([]byte, 1)); err != io.EOF {
			t.Logf("%s: a second reader is told more than EOF here: %v", test.name, err)
		}
	}
}
