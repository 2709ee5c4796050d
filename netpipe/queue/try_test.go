package queue

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// A worker that was frozen for longer than the ack wait counts no try: the job may be another
// worker's.
func TestNoteOfFrozenWorker(t *testing.T) {
	s := newScene(t, "")
	for sequence, frozen := range map[uint64]bool{1: false, 2: true} {
		tried := &try{Worker: &Worker{Queue: s.queue, Log: slog.New(slog.DiscardHandler)}, sequence: sequence, known: true}
		tried.signs.ackWait, tried.signs.last, tried.signs.ended = time.Hour, time.Now(), frozen
		tried.note(1, 0)
		got, err := s.queue.tally(t.Context(), sequence)
		if noted := got.Failed == 1; err != nil || noted == frozen {
			t.Errorf("frozen %t: the tally is %+v, %v", frozen, got, err)
		}
	}
}

// A job whose end the server does not have is given back: its bytes are not those of a job that
// is done.
func TestGivenBackHasNoBytes(t *testing.T) {
	s := newScene(t, "")
	s.queue.Close()
	stopped, stop := context.WithCancel(t.Context())
	stop()
	tried := &try{Worker: &Worker{Queue: s.queue, Log: slog.New(slog.DiscardHandler)}, msg: message{}}
	tried.result = Result{Outcome: Done, In: 10, Out: 20}
	tried.settle(stopped, nil)
	if want := (Result{Outcome: GivenBack}); tried.result != want {
		t.Errorf("want %+v, got %+v", want, tried.result)
	}
}

// A message has only a subject for its end.
type message struct{ jetstream.Msg }

func (message) Reply() string { return "end" }
