package queue

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"strings"
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

// The log says once that the server does not answer, and once that it answers again.
func TestSilenceIsLoggedOnce(t *testing.T) {
	var log bytes.Buffer
	w := &Worker{Log: slog.New(slog.NewTextHandler(&log, nil))}
	for _, err := range []error{nil, io.EOF, io.EOF, nil, nil, io.EOF, nil} {
		tried := &try{Worker: w}
		tried.ask(t.Context(), "end a job", func(context.Context) error { return err })
	}
	if silent, again := strings.Count(log.String(), "does not answer"), strings.Count(log.String(), "answers again"); silent != 2 || again != 2 {
		t.Errorf("want 2 lines of each, got %d and %d:\n%s", silent, again, log.String())
	}
}

// A job whose end the server does not have is given back: its bytes are not those of a job that
// is done.
func TestGivenBackHasNoBytes(t *testing.T) {
	s := newScene(t, "")
	s.queue.Close()
	stopped, stop := context.WithCancel(t.Context())
	stop()
	msg := &message{}
	tried := &try{Worker: &Worker{Queue: s.queue, Log: slog.New(slog.DiscardHandler)}, msg: msg}
	tried.result = Result{Outcome: Done, In: 10, Out: 20, Total: time.Second}
	tried.settle(stopped, nil)
	if want := (Result{Outcome: GivenBack, Total: time.Second}); tried.result != want || msg.naks != 1 {
		t.Errorf("want %+v, got %+v, given back %d times", want, tried.result, msg.naks)
	}
}

// A message has a subject for its end, and counts how often it is given back.
type message struct {
	jetstream.Msg
	naks int
}

func (*message) Reply() string { return "end" }

func (m *message) Nak() error {
	m.naks++
	return nil
}
