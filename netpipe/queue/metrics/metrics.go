// Package metrics gives the numbers of a queue.Worker, and those of its queue, to Prometheus.
// README.md of cmd/netqueue has a table of all metrics.
package metrics

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"

	"imgpipe/netpipe/internal/exporter"
	"imgpipe/netpipe/queue"
)

// Handler returns a handler for /metrics: the metrics of w, of its queue and of this process.
// It sets w.Observe, and has to be called before w.Run. The metrics of w and of its queue have
// the queue's name as a label.
func Handler(w *queue.Worker) http.Handler {
	registry, handler := exporter.New()
	ended, counts := newResults(), &asker{mayAsk: w.Queue.IsConnected, ask: w.Queue.Counts}
	w.Observe = ended.observe
	prometheus.WrapRegistererWith(prometheus.Labels{"queue": w.Queue.Name()}, registry).MustRegister(
		ended.tries, ended.times, ended.input, ended.result,
		newMoment(w), newCounts(counts), newUp(counts),
		exporter.NewProcesses("netqueue", "worker", "job", w.Filter.Stats),
	)
	registry.MustRegister(exporter.NewBuildInfo("netqueue"))
	return handler
}

// newMoment returns the metrics for which the worker is asked when they are scraped.
func newMoment(w *queue.Worker) prometheus.Collector {
	type worker = *queue.Worker
	return exporter.Table[worker]{
		Now: func() (worker, bool) { return w, true },
		Rows: []exporter.Row[worker]{
			exporter.Gauge("netqueue_ready", "1 if the worker takes jobs, as /readyz says, else 0.",
				func(w worker) float64 { return exporter.OneIf(w.NotReady() == nil) }),
			exporter.Gauge("netqueue_connected", "1 if there is a connection to the queue, else 0.",
				func(w worker) float64 { return exporter.OneIf(w.Queue.IsConnected()) }),
			exporter.Counter("netqueue_reconnects_total", "Connections to the queue that have come back after they were lost.",
				func(w worker) float64 { return float64(w.Queue.Reconnects()) }),
			exporter.Gauge("netqueue_at_work", "Jobs whose ends this worker has not told the server yet: those that it does, and those that it has just done.",
				func(w worker) float64 { return float64(w.AtWork()) }),
			exporter.Gauge("netqueue_at_work_limit", "Jobs that this worker does at once.",
				func(w worker) float64 { return float64(w.Jobs) }),
			exporter.Gauge("netqueue_stores_waiting", "Stores whose requests wait, because they are busy, full, out of use, or deny each request so far.",
				func(w worker) float64 { return float64(w.StoresWaiting()) }),
		},
	}
}
