package metrics

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"imgpipe/netpipe/queue"
)

// A queue is asked only when its counts are wanted, and no more often than askPause, however
// many want them; one that is silent, or away, is waited for no longer than askTimeout.
func TestAsker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		connected, silent, questions := true, false, 0
		a := &asker{
			mayAsk: func() bool { return connected },
			ask: func(ctx context.Context) (queue.Counts, error) {
				questions++
				if silent {
					<-ctx.Done()
					return queue.Counts{}, errors.New("no answer")
				}
				return queue.Counts{Added: uint64(questions)}, nil
			},
		}
		want := func(what string, added uint64, known bool, asked int, took time.Duration) {
			t.Helper()
			begun := time.Now()
			got, is := a.counts()
			if got.Added != added || is != known || questions != asked || time.Since(begun) != took {
				t.Errorf("%s: want %d added (known: %t), question %d, after %v; got %d (%t), %d, %v",
					what, added, known, asked, took, got.Added, is, questions, time.Since(begun))
			}
		}
		want("the first time", 1, true, 1, 0)
		want("at once again", 1, true, 1, 0)
		time.Sleep(askPause - time.Nanosecond)
		want("just before the pause is over", 1, true, 1, 0)
		time.Sleep(time.Nanosecond)
		for range 10 {
			go a.counts()
		}
		synctest.Wait()
		want("together with others", 2, true, 2, 0)

		time.Sleep(askPause)
		connected = false
		want("without a connection", 0, false, 2, 0)
		connected, silent = true, true
		want("of a silent queue", 0, false, 3, askTimeout)
		want("of a silent queue, again", 0, false, 3, 0)
		time.Sleep(askPause)
		silent = false
		want("of a queue that answers again", 4, true, 4, 0)
	})
}
