package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"imgpipe/netpipe"
)

// A moment collects the metrics for which the server is asked when they are scraped.
type moment struct{ server *netpipe.Server }

// A snapshot is a server and its numbers of one moment.
type snapshot struct {
	*netpipe.Server
	netpipe.Stats
}

// momentMetrics is the table of these metrics.
var momentMetrics = []struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(snapshot) float64
}{
	{desc("netpipe_ready", "1 if the server takes connections, as /readyz says, else 0."), prometheus.GaugeValue,
		func(m snapshot) float64 {
			if m.NotReady() != nil {
				return 0
			}
			return 1
		}},
	{desc("netpipe_open_connections", "Connections that are open, of all listeners."), prometheus.GaugeValue,
		func(m snapshot) float64 { return float64(m.Connections) }},
	{desc("netpipe_in_flight", "Connections that have a filter."), prometheus.GaugeValue,
		func(m snapshot) float64 { return float64(m.Bound) }},
	{desc("netpipe_in_flight_limit", "Connections that may have a filter at once; 0 is no limit."), prometheus.GaugeValue,
		func(m snapshot) float64 { return float64(m.Max) }},
	{desc("netpipe_queue_length", "Connections that wait for a filter."), prometheus.GaugeValue,
		func(m snapshot) float64 { return float64(m.Queued) }},
	{desc("netpipe_queue_limit", "Connections that may wait for a filter at once."), prometheus.GaugeValue,
		func(m snapshot) float64 { return float64(m.Queue) }},
	{desc("netpipe_held_bytes", "Bytes of answers that wait for their verdict, and of input that is read ahead for workers."), prometheus.GaugeValue,
		func(m snapshot) float64 { return float64(m.Held) }},
	{desc("netpipe_held_limit_bytes", "Bytes that may be held at once; 0 is no limit."), prometheus.GaugeValue,
		func(m snapshot) float64 { return float64(m.MaxHeld) }},

	{desc("netpipe_filter_processes", processesHelp, "state", "ready"), prometheus.GaugeValue,
		func(m snapshot) float64 { return float64(m.FiltersReady) }},
	{desc("netpipe_filter_processes", processesHelp, "state", "working"), prometheus.GaugeValue,
		func(m snapshot) float64 { return float64(m.FiltersWorking) }},
	{desc("netpipe_filter_starts_total", "Processes of the filter that were started."), prometheus.CounterValue,
		func(m snapshot) float64 { return float64(m.FiltersStarted) }},
	{desc("netpipe_filter_ends_total", endsHelp, "how", "exited"), prometheus.CounterValue,
		func(m snapshot) float64 { return float64(m.FiltersExited) }},
	{desc("netpipe_filter_ends_total", endsHelp, "how", "failed"), prometheus.CounterValue,
		func(m snapshot) float64 { return float64(m.FiltersFailed) }},
	{desc("netpipe_filter_ends_total", endsHelp, "how", "killed"), prometheus.CounterValue,
		func(m snapshot) float64 { return float64(m.FiltersKilled) }},
	{desc("netpipe_filter_ends_total", endsHelp, "how", "retired"), prometheus.CounterValue,
		func(m snapshot) float64 { return float64(m.FiltersRetired) }},
}

// Metrics of each address of the next hop.
var (
	nextInFlight = nextDesc("netpipe_next_hop_in_flight", "Connections that wait for an answer of the next hop at an address.")
	nextFailures = nextDesc("netpipe_next_hop_failures_total", "Answers that the next hop at an address did not give.")
)

func nextDesc(name, help string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, []string{"addr"}, nil)
}

const (
	processesHelp = "Processes of the filter: ready for a connection, or working for one."
	endsHelp      = "Processes of the filter that ended: exited with status 0, failed with another, killed by a signal, or retired by the server without a connection."
)

// desc describes a metric, which may have a label with one value.
func desc(name, help string, label ...string) *prometheus.Desc {
	labels := prometheus.Labels{}
	if len(label) > 0 {
		labels[label[0]] = label[1]
	}
	return prometheus.NewDesc(name, help, nil, labels)
}

// Describe implements prometheus.Collector.
func (m *moment) Describe(to chan<- *prometheus.Desc) {
	for _, metric := range momentMetrics {
		to <- metric.desc
	}
	to <- nextInFlight
	to <- nextFailures
}

// Collect implements prometheus.Collector.
func (m *moment) Collect(to chan<- prometheus.Metric) {
	now := snapshot{m.server, m.server.Stats()}
	for _, metric := range momentMetrics {
		to <- prometheus.MustNewConstMetric(metric.desc, metric.kind, metric.value(now))
	}
	for _, next := range now.Stats.Next {
		at := next.Addr.String()
		to <- prometheus.MustNewConstMetric(nextInFlight, prometheus.GaugeValue, float64(next.InFlight), at)
		to <- prometheus.MustNewConstMetric(nextFailures, prometheus.CounterValue, float64(next.Failures), at)
	}
}
