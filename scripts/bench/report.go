package main

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"imgpipe/scripts/bench/figures"
)

// titles say what the works are.
var titles = map[string]string{
	"start": "Start, on a picture of one pixel",
	"gray":  "Gray",
	"half":  "Half the size, in colour",
	"pipe":  "Gray and half the size",

	"png-gray": "Gray, of a PNG",
	"png-half": "Half the size, of a PNG",
}

// table is the figures in Markdown.
func (b *bench) table() []byte {
	var t bytes.Buffer
	fmt.Fprintf(&t, `# Figures

Medians of %d runs (start: %d), in turn, of whole processes. "x" is how many times more a peer takes than the
first line of its group, the median over the rounds. CPU is user and system, memory the peaks of all processes
together. Peers write the quality that the source has, in the IJG's scale, and libjpeg-turbo's tools its chroma
sampling too. `+"`scripts/bench.sh`"+` makes this page.
`, rounds, rounds*20)
	if len(b.missing) > 0 {
		fmt.Fprintf(&t, "\nNot installed, so skipped: %s.\n", strings.Join(slices.Sorted(maps.Keys(b.missing)), ", "))
	}
	for _, r := range b.races {
		fmt.Fprintf(&t, "\n## %s: %s\n\n| | wall ms | x | CPU ms | x | memory MiB | result KB | |\n|---|--:|--:|--:|--:|--:|--:|---|\n", titles[r.work], r.picture)
		ours := &r.results[0]
		for i := range r.results {
			c := &r.results[i]
			fmt.Fprintf(&t, "| %s | %.1f | %.2f | %.1f | %.2f | %.0f | %.0f | %s |\n",
				strings.ReplaceAll(c.name, "|", `\|`), c.median(wall), c.ratio(ours, wall), c.median(cpu), c.ratio(ours, cpu), c.median(memory), c.median(size), c.note)
		}
	}
	return t.Bytes()
}

// plot shows, for the races with most contenders, how many times longer than
// ours each takes.
func (b *bench) plot() []byte {
	var groups []figures.Group
	for _, r := range b.races {
		if len(r.results) < 6 {
			continue
		}
		g := figures.Group{Title: titles[r.work] + ": " + r.picture}
		for i := range r.results {
			c := &r.results[i]
			g.Bars = append(g.Bars, figures.Bar{
				Name:  c.name,
				Ours:  strings.HasPrefix(c.name, "img"),
				Ratio: c.ratio(&r.results[0], wall),
				Label: fmt.Sprintf("%.0f ms", c.median(wall)),
			})
		}
		groups = append(groups, g)
	}
	return figures.Plot(groups, "wall time, as a multiple of the first bar of each group; logarithmic; shorter is faster")
}
