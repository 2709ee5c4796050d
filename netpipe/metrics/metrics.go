// Package metrics gives the numbers of a netpipe.Server to Prometheus. OPERATING.md
// of package netpipe has a table of all metrics.
package metrics

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"

	"imgpipe/netpipe"
	"imgpipe/netpipe/internal/exporter"
)

// Handler returns a handler for s.Metrics: the metrics of s and of this process. Like
// Register, it has to be called before s.Serve.
func Handler(s *netpipe.Server) http.Handler {
	registry, handler := exporter.New()
	Register(s, registry)
	return handler
}

// Register registers the metrics of s, and sets s.Observe. It panics if r has metrics
// with the same names.
func Register(s *netpipe.Server, r prometheus.Registerer) {
	ended := newResults()
	s.Observe = ended.observe
	processes := exporter.NewProcesses("netpipe", "server", "connection", func() netpipe.FilterStats { return s.Stats().FilterStats })
	r.MustRegister(ended, newMoment(s), nextHops{s}, processes, exporter.NewBuildInfo("netpipe"))
}
