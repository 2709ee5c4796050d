package queue

import (
	"errors"
	"sync/atomic"
)

// Why a worker takes no jobs at the moment.
var (
	ErrDraining     = errors.New("the worker is being stopped")
	ErrNotConnected = errors.New("there is no connection to the queue")
	ErrNotBegun     = errors.New("the worker has not begun")
)

// NotReady returns why the worker takes no jobs at the moment, or nil. It is one of the errors
// above, or netpipe.ErrNotReady with the filter's words.
func (w *Worker) NotReady() error {
	switch {
	case w.state.draining.Load():
		return ErrDraining
	case !w.Queue.IsConnected():
		return ErrNotConnected
	case !w.state.begun.Load():
		return ErrNotBegun
	}
	return w.Filter.NotReady()
}

// AtWork returns how many jobs the worker has: those that it does, Jobs at most, and those whose
// ends it tells the server.
func (w *Worker) AtWork() int64 { return w.state.atWork.Load() }

// StoresWaiting returns the number of stores whose requests wait: they are busy, full or out of
// use, or have denied each request of a kind so far.
func (w *Worker) StoresWaiting() int {
	if !w.state.begun.Load() { // Run has not made the stores
		return 0
	}
	return w.stores.waiting()
}

// A workerState is where Run is between its beginning and its end.
type workerState struct {
	begun    atomic.Bool // jobs are taken
	draining atomic.Bool // no more jobs are taken
	silent   atomic.Bool // the server has not answered the last request about a job
	atWork   atomic.Int64
}
