package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"imgpipe/netpipe/internal/exporter"
	"imgpipe/netpipe/queue"
)

// results are the metrics that count tries of jobs when these have ended, with the numbers of
// their log records.
type results struct {
	tries         *prometheus.CounterVec
	times         *prometheus.HistogramVec
	input, result prometheus.Counter
}

func newResults() *results {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	byOutcome := []string{"outcome"}
	r := &results{
		tries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "netqueue_tries_total", Help: "Tries of jobs that this worker has ended, by outcome.",
		}, byOutcome),
		times: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "netqueue_try_seconds", Help: "Time from the delivery of a job to the outcome of its try, by outcome.",
			Buckets: exporter.TimeBuckets,
		}, byOutcome),
		input:  counter("netqueue_input_bytes_total", "Bytes of the objects of jobs that were done."),
		result: counter("netqueue_result_bytes_total", "Bytes of the results of jobs that were done."),
	}
	for _, outcome := range queue.Outcomes {
		r.tries.WithLabelValues(string(outcome)) // 0, and not missing, before the first one
	}
	return r
}

// observe counts a try that has ended.
func (r *results) observe(try queue.Result) {
	outcome := string(try.Outcome)
	r.tries.WithLabelValues(outcome).Inc()
	r.times.WithLabelValues(outcome).Observe(try.Total.Seconds())
	r.input.Add(float64(try.In))
	r.result.Add(float64(try.Out))
}
