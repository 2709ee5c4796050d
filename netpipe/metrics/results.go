package metrics

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"imgpipe/netpipe"
	"imgpipe/netpipe/internal/exporter"
)

// results are the metrics that count connections when these have ended. They are fed from
// the connections' log records, with the same numbers.
type results struct {
	connections   *prometheus.CounterVec
	input, answer prometheus.Counter

	queued, filter, next, total prometheus.Histogram
}

func newResults() *results {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	times := func(name, help string) prometheus.Histogram {
		return prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help, Buckets: exporter.TimeBuckets})
	}
	r := &results{
		// The labels have the values of the table of outcomes, some 50 pairs in all.
		connections: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "netpipe_connections_total", Help: "Connections and requests that have ended, by verdict and HTTP status.",
		}, []string{"verdict", "status"}),
		input:  counter("netpipe_input_bytes_total", "Bytes of input of connections that have ended."),
		answer: counter("netpipe_answer_bytes_total", "Bytes of answers of connections that have ended."),
		queued: times("netpipe_queue_wait_seconds", "Time from the beginning of an input until it had a filter."),
		filter: times("netpipe_filter_seconds", "Time from then until the answer was there, or had failed."),
		next:   times("netpipe_next_hop_seconds", "Time from the connection to the next hop until its answer was there, or had failed."),
		total:  times("netpipe_connection_seconds", "Time from the beginning of an input to the end of the answer, of connections that had a filter."),
	}
	// A part of all connections is 0, and not missing, before the first of them.
	for _, status := range []string{noStatus, "200"} {
		r.connections.WithLabelValues("whole", status)
	}
	return r
}

// noStatus is the status of a connection without an HTTP response.
const noStatus = "none"

// all returns the metrics.
func (r *results) all() []prometheus.Collector {
	return []prometheus.Collector{r.connections, r.input, r.answer, r.queued, r.filter, r.next, r.total}
}

// Describe implements prometheus.Collector.
func (r *results) Describe(to chan<- *prometheus.Desc) {
	for _, c := range r.all() {
		c.Describe(to)
	}
}

// Collect implements prometheus.Collector.
func (r *results) Collect(to chan<- prometheus.Metric) {
	for _, c := range r.all() {
		c.Collect(to)
	}
}

// observe counts a connection that has ended.
func (r *results) observe(c netpipe.Result) {
	status := noStatus
	if c.Status != 0 {
		status = strconv.Itoa(c.Status)
	}
	r.connections.WithLabelValues(c.Verdict, status).Inc()
	r.input.Add(float64(c.In))
	r.answer.Add(float64(c.Out))
	if c.HasFilter {
		r.queued.Observe(c.Queued.Seconds())
		r.filter.Observe(c.Filter.Seconds())
		r.total.Observe(c.Total.Seconds())
	}
	if c.HasNext {
		r.next.Observe(c.Next.Seconds())
	}
}
