package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"imgpipe/netpipe"
	"imgpipe/netpipe/internal/exporter"
)

// A snapshot is a server and its numbers of one moment.
type snapshot struct {
	*netpipe.Server
	netpipe.Stats
}

// newMoment returns the metrics for which the server is asked when they are scraped.
func newMoment(s *netpipe.Server) prometheus.Collector {
	gauge := exporter.Gauge[snapshot]
	return exporter.Table[snapshot]{
		Now: func() (snapshot, bool) { return snapshot{s, s.Stats()}, true },
		Rows: []exporter.Row[snapshot]{
			gauge("netpipe_ready", "1 if the server takes connections, as /readyz says, else 0.",
				func(m snapshot) float64 { return exporter.OneIf(m.NotReady() == nil) }),
			gauge("netpipe_open_connections", "Connections that are open, of all listeners.",
				func(m snapshot) float64 { return float64(m.Connections) }),
			gauge("netpipe_in_flight", "Connections that have a filter.",
				func(m snapshot) float64 { return float64(m.Bound) }),
			gauge("netpipe_in_flight_limit", "Connections that may have a filter at once; 0 is no limit.",
				func(m snapshot) float64 { return float64(m.Max) }),
			gauge("netpipe_queue_length", "Connections that wait for a filter.",
				func(m snapshot) float64 { return float64(m.Queued) }),
			gauge("netpipe_queue_limit", "Connections that may wait for a filter at once.",
				func(m snapshot) float64 { return float64(m.Queue) }),
			gauge("netpipe_held_bytes", "Bytes of answers that wait for their verdict, and of input that is read ahead for workers.",
				func(m snapshot) float64 { return float64(m.Held) }),
			gauge("netpipe_held_limit_bytes", "Bytes that may be held at once; 0 is no limit.",
				func(m snapshot) float64 { return float64(m.MaxHeld) }),
		},
	}
}

// nextHops collects the metrics of each address of a server's next hop.
type nextHops struct{ server *netpipe.Server }

var (
	nextInFlight = nextDesc("netpipe_next_hop_in_flight", "Connections that wait for an answer of the next hop at an address.")
	nextFailures = nextDesc("netpipe_next_hop_failures_total", "Answers that the next hop at an address did not give.")
)

func nextDesc(name, help string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, []string{"addr"}, nil)
}

// Describe implements prometheus.Collector.
func (nextHops) Describe(to chan<- *prometheus.Desc) {
	to <- nextInFlight
	to <- nextFailures
}

// Collect implements prometheus.Collector.
func (n nextHops) Collect(to chan<- prometheus.Metric) {
	for _, next := range n.server.Stats().Next {
		at := next.Addr.String()
		to <- prometheus.MustNewConstMetric(nextInFlight, prometheus.GaugeValue, float64(next.InFlight), at)
		to <- prometheus.MustNewConstMetric(nextFailures, prometheus.CounterValue, float64(next.Failures), at)
	}
}
