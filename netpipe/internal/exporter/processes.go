package exporter

import (
	"github.com/prometheus/client_golang/prometheus"

	"imgpipe/netpipe"
)

// NewProcesses returns the metrics of a filter's processes. role is what the program is, such
// as "server", and work what a process is for, such as "connection".
func NewProcesses(program, role, work string, now func() netpipe.FilterStats) prometheus.Collector {
	var (
		state     = program + "_filter_processes"
		stateHelp = "Processes of the filter: ready for a " + work + ", or working for one."
		ends      = program + "_filter_ends_total"
		endsHelp  = "Processes of the filter that ended: exited with status 0, failed with another, killed by a signal, or retired by the " + role + " without a " + work + "."
	)
	type stats = netpipe.FilterStats
	return Table[stats]{
		Now: func() (stats, bool) { return now(), true },
		Rows: []Row[stats]{
			Gauge(state, stateHelp, func(s stats) float64 { return float64(s.FiltersReady) }, "state", "ready"),
			Gauge(state, stateHelp, func(s stats) float64 { return float64(s.FiltersWorking) }, "state", "working"),
			Counter(program+"_filter_starts_total", "Processes of the filter that were started.", func(s stats) float64 { return float64(s.FiltersStarted) }),
			Counter(ends, endsHelp, func(s stats) float64 { return float64(s.FiltersExited) }, "how", "exited"),
			Counter(ends, endsHelp, func(s stats) float64 { return float64(s.FiltersFailed) }, "how", "failed"),
			Counter(ends, endsHelp, func(s stats) float64 { return float64(s.FiltersKilled) }, "how", "killed"),
			Counter(ends, endsHelp, func(s stats) float64 { return float64(s.FiltersRetired) }, "how", "retired"),
		},
	}
}
