package netpipe

import (
	"sync"
	"time"

	"imgpipe/netpipe/internal/hop"
)

// A watchedExchange calls expired when the server is silent for a limit: it neither takes
// input, as long as there is some, nor sends a piece of its answer. The time in which this
// side waits for its own input, or for the reader of its output, does not count.
type watchedExchange struct {
	hop.Exchange
	limit time.Duration // 0 means none

	mu      sync.Mutex
	timer   *time.Timer
	reading bool // a Read is under way
	writing bool // a Write is under way, or the whole input has been sent
}

func watch(e hop.Exchange, limit time.Duration, expired func()) *watchedExchange {
	w := &watchedExchange{Exchange: e, limit: limit}
	if limit > 0 {
		w.timer = time.AfterFunc(limit, expired)
		w.timer.Stop()
	}
	return w
}

// Read reads the answer.
func (w *watchedExchange) Read(b []byte) (int, error) {
	w.set(&w.reading, true)
	defer w.set(&w.reading, false)
	return w.Exchange.Read(b)
}

// Write sends input.
func (w *watchedExchange) Write(b []byte) (int, error) {
	w.set(&w.writing, true)
	defer w.set(&w.writing, false)
	return w.Exchange.Write(b)
}

// CloseWrite tells the server that the input is whole.
func (w *watchedExchange) CloseWrite() error {
	w.set(&w.writing, true)
	return w.Exchange.CloseWrite()
}

// Close ends the exchange.
func (w *watchedExchange) Close() error {
	w.set(&w.reading, false)
	return w.Exchange.Close()
}

// set notes what is under way. Each change is a sign of the server, or of this side.
func (w *watchedExchange) set(what *bool, is bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	*what = is
	switch {
	case w.timer == nil:
	case w.reading && w.writing:
		w.timer.Reset(w.limit)
	default:
		w.timer.Stop()
	}
}
