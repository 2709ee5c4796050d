// Package exporter has what the metrics of netpipe and netqueue have in common: a handler that
// serves them, the metrics of the program and its process, those of the filter's processes,
// and tables of numbers that are read at each scrape.
package exporter

import (
	"fmt"
	"net/http"
	"runtime"
	"runtime/debug"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// maxScrapes is how many requests get metrics at once; others get a status 503.
const maxScrapes = 4

// New returns a registry that has the metrics of this process, and a handler for /metrics,
// which serves what the registry has.
func New() (*prometheus.Registry, http.Handler) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return registry, promhttp.HandlerFor(registry, promhttp.HandlerOpts{MaxRequestsInFlight: maxScrapes})
}

// NewBuildInfo returns a gauge that is always 1: its labels say which build of the program
// this is.
func NewBuildInfo(program string) prometheus.Collector {
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
		Name: program + "_build_info", Help: fmt.Sprintf("Always 1; the labels say which %s this is.", program), ConstLabels: labels,
	})
	info.Set(1)
	return info
}

// TimeBuckets are the upper bounds of histograms, in seconds: from a small picture up to the
// usual timeouts.
var TimeBuckets = []float64{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60}
