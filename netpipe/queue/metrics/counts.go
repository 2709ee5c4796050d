package metrics

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"imgpipe/netpipe/internal/exporter"
	"imgpipe/netpipe/queue"
)

// newCounts returns the metrics of the queue, which are the same at each of its workers. While
// the queue does not tell them, they are left out.
func newCounts(a *asker) prometheus.Collector {
	const jobs, jobsHelp = "netqueue_queue_jobs", "Jobs of the queue, by state; together they are the jobs that were added."
	type counts = queue.Counts
	return exporter.Table[counts]{
		Now: a.counts,
		Rows: []exporter.Row[counts]{
			exporter.Gauge(jobs, jobsHelp, func(c counts) float64 { return float64(c.Done) }, "state", "done"),
			exporter.Gauge(jobs, jobsHelp, func(c counts) float64 { return float64(c.Failed) }, "state", "failed"),
			exporter.Gauge(jobs, jobsHelp, func(c counts) float64 { return float64(c.Waiting) }, "state", "waiting"),
			exporter.Gauge(jobs, jobsHelp, func(c counts) float64 { return float64(c.AtWork) }, "state", "at work"),
			exporter.Gauge("netqueue_queue_oldest_seconds", "Time since the oldest job was added that is waiting or at work; 0 if there is none.",
				func(c counts) float64 { return c.Oldest.Seconds() }),
		},
	}
}

// newUp returns the metric that says whether those of the queue are there.
func newUp(a *asker) prometheus.Collector {
	return exporter.Table[bool]{
		Now: func() (bool, bool) {
			_, known := a.counts()
			return known, true
		},
		Rows: []exporter.Row[bool]{
			exporter.Gauge("netqueue_queue_up", "1 if the queue has told the counts of its jobs, else 0.", exporter.OneIf),
		},
	}
}

// Bounds of asking a queue.
const (
	askPause   = 5 * time.Second // between two questions
	askTimeout = time.Second
)

// An asker asks a queue for its counts when they are wanted, no more often than askPause. It
// waits for askTimeout at most, so that a queue that is silent does not hold up a scrape.
type asker struct {
	mayAsk func() bool // there is a connection to the queue
	ask    func(context.Context) (queue.Counts, error)

	mu    sync.Mutex // held while the queue is asked: others wait for the same answer
	asked time.Time
	last  queue.Counts
	known bool // the queue has answered the last question
}

// counts returns the counts, and whether they are known.
func (a *asker) counts() (queue.Counts, bool) {
	if !a.mayAsk() {
		return queue.Counts{}, false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.asked.IsZero() || time.Since(a.asked) >= askPause {
		ctx, done := context.WithTimeout(context.Background(), askTimeout)
		defer done()
		var err error
		a.last, err = a.ask(ctx)
		a.asked, a.known = time.Now(), err == nil
	}
	return a.last, a.known
}
