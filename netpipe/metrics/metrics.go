// Package metrics gives the numbers of a netpipe.Server to Prometheus. OPERATING.md
// of package netpipe has a table of all metrics.
package metrics

import (
	"net/http"
	"runtime"
	"runtime/debug"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"imgpipe/netpipe"
)

// maxScrapes is how many requests get metrics at once; others get a status 503.
const maxScrapes = 4

// Handler returns a handler for s.Metrics: the metrics of s and of this process. Like
// Register, it has to be called before s.Serve.
func Handler(s *netpipe.Server) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	Register(s, registry)
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{MaxRequestsInFlight: maxScrapes})
}

// Register registers the metrics of s, and sets s.Observe. It panics if r has metrics
// with the same names.
func Register(s *netpipe.Server, r prometheus.Registerer) {
	ended := newResults()
	s.Observe = ended.observe
	r.MustRegister(ended, &moment{s}, newBuildInfo())
}

// newBuildInfo returns a gauge that is always 1: its labels say which program this is.
func newBuildInfo() prometheus.Collector {
	labels := prometheus.Labels{"version": "", "revision": "", "go_version": runtime.Version()}
	if info, ok := debug.ReadBuildInfo(); ok {
		labels["version"] = info.Main.Version
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				labels["revision"] = s.Value
			}
		}
	}
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "netpipe_build_info", Help: "Always 1; the labels say which netpipe this is.", ConstLabels: labels,
	})
	info.Set(1)
	return info
}
