package queue

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// A tally says what the deliveries of a message came to before. It is in a stream, because the
// next try may be another worker's, and the server counts only deliveries. A worker that is
// killed has no time to say a word: such deliveries are those that are missing in the tally.
type tally struct {
	Failed  uint64 `json:"failed"`  // tries that failed by the moment's fault
	Excused uint64 `json:"excused"` // deliveries that were no try: given back, or in vain by the queue's or a store's fault

	sequence uint64 // of the tally in its stream; 0: there is none
}

// tallyAge is how long a tally is kept if it cannot be deleted at the end of its job.
const tallyAge = 30 * 24 * time.Hour

// lost returns how many of a message's deliveries before this one are missing.
func (t tally) lost(deliveries uint64) uint64 {
	known := t.Failed + t.Excused + 1
	return max(deliveries, known) - known // a server may have forgotten deliveries when it was killed
}

// tally returns the tally of the message with a sequence number.
func (q *Queue) tally(ctx context.Context, message uint64) (t tally, err error) {
	msg, err := q.tallies.GetLastMsgForSubject(ctx, q.tallySubject(message))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return tally{}, nil
	}
	if err == nil {
		err = json.Unmarshal(msg.Data, &t)
		t.sequence = msg.Sequence
	}
	return t, err
}

// setTally replaces the tally of the message with a sequence number.
func (q *Queue) setTally(ctx context.Context, message uint64, t tally) error {
	data, err := json.Marshal(t)
	if err != nil {
		return err
	}
	_, err = q.js.Publish(ctx, q.tallySubject(message), data)
	return err
}
