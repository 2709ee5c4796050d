package main

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"imgpipe/scripts/bench/figures"
)

// titles holds the title of each work.
var titles = map[string]string{
	"start": "Start, on a picture of one pixel",
	"gray":  "Gray",
	"half":  "Half the size, in colour",
	"pipe":  "Gray and half the size",

	"png-gray": "Gray, of a PNG",
	"png-half": "Half the size, of a PNG",
}

// table returns the page with the tables, in Markdown.
func (b *bench) table() []byte {
	var t bytes.Buffer
	fmt.Fprintf(&t, `# Figures

Medians of %d runs (start: %d) of whole processes, on %s. The contenders run in turn. "x" is the ratio to
the first line of the table, as the median over the runs: of the wall time, and of the processor time, user and sys together.
Faults are page faults, switches context switches, and memory is the sum of the peaks of all processes. The peers write JPEGs of the source's quality on the IJG's scale; libjpeg-turbo's tools also keep its chroma
sampling. `+"`scripts/bench.sh`"+` makes this page.
`, rounds, rounds*20, figures.Machine())
	if len(b.missing) > 0 {
		fmt.Fprintf(&t, "\nSkipped, because not installed: %s.\n", strings.Join(slices.Sorted(maps.Keys(b.missing)), ", "))
	}
	for _, r := range b.races {
		fmt.Fprintf(&t, "\n## %s: %s\n\n| | wall ms | x | user ms | sys ms | x | faults | switches | memory MiB | result KB | |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|\n", titles[r.work], r.picture)
		ours := &r.results[0]
		for i := range r.results {
			c := &r.results[i]
			fmt.Fprintf(&t, "| %s | %.1f | %.2f | %.1f | %.1f | %.2f | %.0f | %.0f | %.0f | %.0f | %s |\n",
				strings.ReplaceAll(c.name, "|", `\|`), c.median(wall), c.ratio(ours, wall), c.median(user), c.median(sys), c.ratio(ours, cpu),
				c.median(faults), c.median(switches), c.median(memory), c.median(size), c.note)
		}
	}
	return t.Bytes()
}

// plot draws the wall times of the races with six contenders or more, as ratios to ours.
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
