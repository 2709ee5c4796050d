package queue

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"imgpipe/netpipe/internal/pipetest"
)

// A job that takes longer than the ack wait is not given to another worker.
func TestHeartbeats(t *testing.T) {
	s := newScene(t, "")
	s.queue.config.AckWait = 2 * time.Second
	gate := pipetest.NewMeeting(t)
	s.write("a", "meet:"+gate.String()+" write:10")
	s.add(false, Added{Jobs: 1})
	words, err := s.queue.conn.SubscribeSync("$JS.ACK." + s.queue.jobsStream() + ".>")
	if err != nil {
		t.Fatal(err)
	}
	w := s.work(nil)
	at := gate.Come()
	for range 2 {
		word, err := words.NextMsg(pipetest.Patience)
		if err != nil || string(word.Data) != "+WPI" {
			t.Fatalf("want word that the job is at work, got %v, %v", word, err)
		}
	}
	at.Close()
	s.ended(Done)
	s.count(Counts{Added: 1, Done: 1})
	w.stop()
	if len(s.results) > 0 {
		t.Errorf("a second try: %+v", <-s.results)
	}
}

// A worker with an ack wait changes that of the queue, unless there are others.
func TestAckWait(t *testing.T) {
	s := newScene(t, "")
	check := func(name string, has, want time.Duration) {
		t.Helper()
		s.queue.config.AckWait = has
		if err := s.queue.setAckWait(t.Context()); err != nil {
			t.Fatal(err)
		}
		c, err := s.queue.openConsumer(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := c.CachedInfo().Config.AckWait; got != want {
			t.Errorf("%s, a worker with %v: want %v, got %v", name, has, want, got)
		}
	}
	check("a new queue", 0, ackWait)
	check("no other worker", time.Minute, time.Minute)
	check("no other worker", 0, time.Minute)
	check("no other worker", 2*time.Minute, 2*time.Minute)

	told := make(chan struct{}, 10)
	s.queue.log = slog.New(&signal{"keeps its ack wait", told})
	w := s.work(nil)
	pipetest.Eventually(t, func() error {
		if c, err := s.queue.openConsumer(t.Context()); err != nil || c.CachedInfo().NumWaiting < 2 {
			return fmt.Errorf("the worker does not ask for jobs: %v", err)
		}
		return nil
	})
	check("a worker that waits", 3*time.Minute, 2*time.Minute)
	gate := pipetest.NewMeeting(t)
	for _, key := range []string{"a", "b"} {
		s.write(key, "meet:"+gate.String()+" write:10")
	}
	s.add(false, Added{Jobs: 2})
	at, other := gate.Come(), gate.Come()
	check("a worker with jobs", 3*time.Minute, 2*time.Minute)
	if len(told) != 2 {
		t.Errorf("want a line each, got %d", len(told))
	}
	at.Close()
	other.Close()
	s.ended(Done, Done)
	w.stop()
	pipetest.Eventually(t, func() error {
		if c, err := s.queue.openConsumer(t.Context()); err != nil || c.CachedInfo().NumWaiting > 0 {
			return fmt.Errorf("the worker asks for jobs: %v", err)
		}
		return nil
	})
	check("no other worker any more", 3*time.Minute, 3*time.Minute)
}
