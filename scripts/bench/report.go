package main

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// titles say what the works are.
var titles = map[string]string{
	"start": "Start, on a picture of one pixel",
	"gray":  "Gray",
	"half":  "Half the size, in colour",
	"pipe":  "Gray and half the size",
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
		fmt.Fprintf(&t, "\n## %s: %s\n\n| | wall ms | x | CPU ms | x | memory MiB | |\n|---|--:|--:|--:|--:|--:|---|\n", titles[r.work], r.picture)
		ours := &r.results[0]
		for i := range r.results {
			c := &r.results[i]
			fmt.Fprintf(&t, "| %s | %.1f | %.2f | %.1f | %.2f | %.0f | %s |\n",
				strings.ReplaceAll(c.name, "|", `\|`), c.median(wall), c.ratio(ours, wall), c.median(cpu), c.ratio(ours, cpu), c.median(memory), c.note)
		}
	}
	return t.Bytes()
}

// plot shows, for the races with most contenders, how many times longer than
// ours each takes, on a logarithmic scale.
func (b *bench) plot() []byte {
	const left, right, bar, gap, top = 190, 640, 14, 4, 26
	var body bytes.Buffer
	y := 10
	x := func(ratio float64) float64 { // 0.25 to 64
		return left + (right-left)*math.Log2(max(0.25, min(ratio, 64))*4)/8
	}
	for _, r := range b.races {
		if len(r.results) < 6 {
			continue
		}
		fmt.Fprintf(&body, `<text x="10" y="%d" class="h">%s: %s</text>`+"\n", y+12, escape(titles[r.work]), escape(r.picture))
		y += top
		for i := range r.results {
			c := &r.results[i]
			ratio, class := c.ratio(&r.results[0], wall), "peer"
			if strings.HasPrefix(c.name, "img") {
				class = "ours"
			}
			fmt.Fprintf(&body, `<text x="%d" y="%d" class="n">%s</text><rect x="%d" y="%d" width="%.1f" height="%d" class="%s"/><text x="%.1f" y="%d">%.2f (%.0f ms)</text>`+"\n",
				left-8, y+11, escape(c.name), left, y, x(ratio)-left, bar, class, x(ratio)+5, y+11, ratio, c.median(wall))
			y += bar + gap
		}
		y += 12
	}
	var svg bytes.Buffer
	fmt.Fprintf(&svg, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 %d" font-family="sans-serif" font-size="11">
<style>text{fill:#444}.h{font-size:13px;font-weight:bold}.n{text-anchor:end}.ours{fill:#d0602a}.peer{fill:#8aa4b8}</style>
<rect width="760" height="%d" fill="#fff"/>
`, y+24, y+24)
	svg.Write(body.Bytes())
	fmt.Fprintf(&svg, `<text x="%d" y="%d">wall time, as a multiple of the first bar of each group; logarithmic; shorter is faster</text>`+"\n</svg>\n", 10, y+12)
	return svg.Bytes()
}

var escape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace
