package exporter

import "github.com/prometheus/client_golang/prometheus"

// A Table collects metrics that are read from one snapshot when they are asked for.
type Table[S any] struct {
	Now  func() (snapshot S, known bool) // what is not known is left out
	Rows []Row[S]
}

// A Row is one metric of a Table, or one of several with different labels.
type Row[S any] struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(S) float64
}

// Gauge returns the row of a gauge. label is the name and the value of its label, if it has one.
func Gauge[S any](name, help string, value func(S) float64, label ...string) Row[S] {
	return Row[S]{newDesc(name, help, label), prometheus.GaugeValue, value}
}

// Counter returns the row of a counter. label is that of Gauge.
func Counter[S any](name, help string, value func(S) float64, label ...string) Row[S] {
	return Row[S]{newDesc(name, help, label), prometheus.CounterValue, value}
}

func newDesc(name, help string, label []string) *prometheus.Desc {
	labels := prometheus.Labels{}
	if len(label) > 0 {
		labels[label[0]] = label[1]
	}
	return prometheus.NewDesc(name, help, nil, labels)
}

// Describe implements prometheus.Collector.
func (t Table[S]) Describe(to chan<- *prometheus.Desc) {
	for _, row := range t.Rows {
		to <- row.desc
	}
}

// Collect implements prometheus.Collector.
func (t Table[S]) Collect(to chan<- prometheus.Metric) {
	now, known := t.Now()
	if !known {
		return
	}
	for _, row := range t.Rows {
		to <- prometheus.MustNewConstMetric(row.desc, row.kind, row.value(now))
	}
}

// OneIf returns 1 if a condition holds, else 0.
func OneIf(condition bool) float64 {
	if condition {
		return 1
	}
	return 0
}
