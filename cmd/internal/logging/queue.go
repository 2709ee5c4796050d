package logging

import (
	"bytes"
	"io"
	"sync"
	"time"
)

// maxQueued bounds the records that wait to be written, in bytes.
const maxQueued = 1 << 20

// A Queue is the writer of a log whose reader may stall or go away. Write never waits:
// run, in a goroutine, writes the records, and those that do not fit or cannot be written are
// counted. When writing works again, a record says how many they were.
type Queue struct {
	w      io.Writer
	notice func(lost int) []byte // returns that record

	wake chan struct{} // holds one: there are records, or the queue is closed
	done chan struct{} // closed when all is written after close
	cut  bool          // the last record was written in part

	mu      sync.Mutex
	records [][]byte
	size    int // of records in bytes
	lost    int
	closed  bool
}

func newQueue(w io.Writer, notice func(lost int) []byte) *Queue {
	return &Queue{w: w, notice: notice, wake: make(chan struct{}, 1), done: make(chan struct{})}
}

// Write takes one record.
func (q *Queue) Write(record []byte) (int, error) {
	q.mu.Lock()
	if q.size+len(record) > maxQueued {
		q.lost++
	} else {
		q.records = append(q.records, bytes.Clone(record))
		q.size += len(record)
	}
	q.mu.Unlock()
	q.change()
	return len(record), nil
}

func (q *Queue) change() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// Close ends the queue after the records that it has, and reports whether all of them
// were tried within limit. Nothing else writes to q.w then; otherwise a Write of q.w may
// be waiting still.
func (q *Queue) Close(limit time.Duration) bool {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.change()
	select {
	case <-q.done:
		return true
	case <-time.After(limit):
		return false
	}
}

// run writes records until the queue is closed.
func (q *Queue) run() {
	defer close(q.done)
	for closed := false; !closed; {
		<-q.wake
		closed = q.flush()
	}
}

// flush writes the records that are there, and reports whether the queue is closed. What
// was lost had found the queue full: its notice comes behind the records.
func (q *Queue) flush() (closed bool) {
	q.mu.Lock()
	records, lost, closed := q.records, q.lost, q.closed
	q.records, q.size, q.lost = nil, 0, 0
	q.mu.Unlock()
	for i, record := range records {
		if q.write(record) != nil {
			lost += len(records) - i
			break
		}
	}
	if lost > 0 && q.write(q.notice(lost)) != nil {
		q.mu.Lock()
		q.lost += lost
		q.mu.Unlock()
	}
	return closed
}

// write writes a record, on a line of its own.
func (q *Queue) write(record []byte) error {
	if q.cut {
		record = append([]byte("\n"), record...)
	}
	n, err := q.w.Write(record)
	q.cut = err != nil && (n > 0 || q.cut)
	return err
}
