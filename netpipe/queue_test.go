package netpipe

import (
	"testing"
	"time"

	"imgpipe/netpipe/internal/pipetest"
)

func TestQueue(t *testing.T) {
	pipetest.Parallel(t)
	meeting := pipetest.NewMeeting(t)
	s := quick("read", "meet:"+meeting.String(), "write:10")
	s.Max, s.Queue = 1, 1
	server := start(t, s)
	type result struct {
		answer []byte
		err    error
	}
	results := make(chan result)
	send := func() {
		answer, err := ask(t, server.addr, pipetest.Noise(10))
		results <- result{answer, err}
	}
	go send()
	first := meeting.Come()
	// Of two more, the first one waits and the second one is refused.
	go send()
	go send()
	r := <-results
	wantReset(t, r.answer, r.err)
	server.verdict(busy)
	first.Close()
	r = <-results
	wantWhole(t, r.answer, r.err, pipetest.Written(10))
	server.verdict(whole)
	meeting.Come().Close()
	r = <-results
	wantWhole(t, r.answer, r.err, pipetest.Written(10))
	server.verdict(whole)
}

func TestQueueTimeout(t *testing.T) {
	pipetest.Parallel(t)
	meeting := pipetest.NewMeeting(t)
	s := quick("read", "meet:"+meeting.String(), "write:10")
	s.Max, s.QueueTimeout = 1, 20*time.Millisecond
	server := start(t, s)
	first := connect(t, server.addr)
	_, _ = first.Write(pipetest.Noise(10))
	_ = first.CloseWrite()
	filter := meeting.Come()
	answer, err := ask(t, server.addr, pipetest.Noise(10))
	wantReset(t, answer, err)
	if r := server.verdict(busy); r["err"] != ErrQueueTimeout.Error() {
		t.Errorf("err: want %v, got %v", ErrQueueTimeout, r)
	}
	filter.Close()
	server.verdict(whole)
}

func TestGoneWhileQueued(t *testing.T) {
	pipetest.Parallel(t)
	meeting := pipetest.NewMeeting(t)
	s := quick("read", "meet:"+meeting.String(), "write:10")
	s.Max = 1
	server := start(t, s)
	first := connect(t, server.addr)
	_, _ = first.Write(pipetest.Noise(10))
	_ = first.CloseWrite()
	filter := meeting.Come()
	second := connect(t, server.addr)
	_, _ = second.Write(pipetest.Noise(10))
	_ = second.CloseWrite()
	pipetest.Reset(second)
	if r := server.verdict(clientGone); r["status"] != "" {
		t.Errorf("want no filter, got %v", r)
	}
	filter.Close()
	server.verdict(whole)
}
