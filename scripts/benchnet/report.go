package main

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"imgpipe/scripts/bench/figures"
	"imgpipe/scripts/bench/proctree"
)

// titles holds the title of each work.
var titles = map[string]string{
	"copy": "A copy, one hop",
	"half": "Half the size, one hop",
	"pipe": "Gray and half the size, two hops",
}

// title returns the title of the race's table.
func (r *race) title() string {
	if r.clients == 1 {
		return fmt.Sprintf("%s: %s, 1 client", titles[r.work], r.picture.Label)
	}
	return fmt.Sprintf("%s: %s, %d clients", titles[r.work], r.picture.Label, r.clients)
}

// table returns the page with the tables, in Markdown.
func (b *bench) table() []byte {
	var t bytes.Buffer
	fmt.Fprintf(&t, `# Figures of the servers

Clients over loopback. Each client sends its next picture after the answer to the last one. Every answer is compared
with the first answer of that server, byte for byte. The contenders take turns in %d rounds, in which requests begin
for %.2f s (one round with many large pictures). images/s is the median over the rounds. "x" is the ratio of the first
line's images/s to this line's, as the median over the rounds. Strain is the 99th percentile of the latency divided by
clients x service; service is the median latency with one client. User and sys are the processor time of all server
processes per image, and faults their page faults; "?" stands for a server that does not wait for its filters, whose use
is not known. Switches are the context switches of the machine per image, but for those of the clients. Memory is the peak
of all server processes together; shared pages count once. The peers write JPEGs of the source's quality. The machine has
%s. `+"`scripts/bench-net.sh`"+` makes this page.
`, b.rounds, b.window.Seconds(), figures.Machine())
	for _, name := range slices.Sorted(maps.Keys(b.skipped)) {
		fmt.Fprintf(&t, "\nSkipped: %s: %s.\n", name, b.skipped[name])
	}
	fmt.Fprintf(&t, "\n## Reach\n\n")
	for _, line := range b.targets() {
		fmt.Fprintf(&t, "- %s\n", line)
	}
	t.Write(b.summary())
	for _, r := range b.races {
		fmt.Fprintf(&t, "\n## %s\n\n| | images/s | x | p50 ms | p99 ms | strain | user ms | sys ms | faults | switches | memory MiB | |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|\n", r.title())
		for _, c := range r.results {
			note := c.note
			if c.Failed > 0 {
				note = strings.TrimPrefix(fmt.Sprintf("%s; **%d failed**: %v", note, c.Failed, c.Err), "; ")
			}
			fmt.Fprintf(&t, "| %s | %.*f | %.2f | %.1f | %.1f | %.2f | %s | %.0f | %.1f | %s |\n", c.name, digits(figures.Median(c.rates)), figures.Median(c.rates),
				c.ratio(r.results[0]), ms(c.Percentile(50)), ms(c.Percentile(99)), c.strain(r.clients), c.use(), c.median(switches), mib(c.memory), note)
		}
	}
	return t.Bytes()
}

// summary returns the table of images/s with 8 clients that the README shows.
func (b *bench) summary() []byte {
	names := []string{"netpipe -reuse", "netpipe -reuse, HTTP", "netpipe", "Python peer", "tcpserver", "socat", "sharp", "Go imaging"}
	var t bytes.Buffer
	fmt.Fprintf(&t, "\n## Images/s with 8 clients\n\n| | %s |\n|---|%s\n", strings.Join(names, " | "), strings.Repeat("--:|", len(names)))
	for _, r := range b.races {
		if r.clients != 8 {
			continue
		}
		fmt.Fprintf(&t, "| %s: %s |", titles[r.work], r.picture.Label)
		for _, name := range names {
			if c := r.find(name); c != nil {
				rate := figures.Median(c.rates)
				fmt.Fprintf(&t, " %.*f |", digits(rate), rate)
			} else {
				t.WriteString(" |")
			}
		}
		t.WriteString("\n")
	}
	return t.Bytes()
}

// use returns the cells for what the server processes use per answer: user, sys and faults.
func (r *result) use() string {
	if r.orphans {
		return "? | ? | ?"
	}
	return fmt.Sprintf("%.1f | %.1f | %.0f", r.median(user), r.median(sys), r.median(faults))
}

func user(u proctree.Usage) float64     { return ms(u.User) }
func sys(u proctree.Usage) float64      { return ms(u.Sys) }
func faults(u proctree.Usage) float64   { return float64(u.Faults) }
func switches(u proctree.Usage) float64 { return float64(u.Switches) }

func ms(d time.Duration) float64 { return d.Seconds() * 1000 }
func mib(n int64) float64        { return float64(n) / (1 << 20) }

// digits returns how many digits after the point to print of a rate.
func digits(rate float64) int {
	if rate < 100 {
		return 1
	}
	return 0
}

// targets returns a line for each target that says whether it was met.
func (b *bench) targets() (lines []string) {
	add := func(ok bool, format string, args ...any) {
		met := "met"
		if !ok {
			met = "missed"
		}
		lines = append(lines, fmt.Sprintf("reach: "+format+": "+met, args...))
	}
	for _, r := range b.races {
		if r.clients == 8 {
			for _, target := range rateTargets {
				ours, peer := r.find(target.ours), r.find(target.peer)
				if target.work != r.work || r.picture.Width*r.picture.Height < target.minPixels || ours == nil || peer == nil {
					continue
				}
				got := peer.ratio(ours)
				add(got >= target.want, "want %.0f x, got %.2f x the images/s of %s: %s with %s", target.want, got, target.peer, r.title(), target.ours)
			}
		}
		if r.clients == 64 {
			for _, c := range r.results {
				if c.ours {
					add(c.strain(64) <= 2, "want p99 <= 2 x clients x service, got %.2f x: %s with %s", c.strain(64), r.title(), c.name)
				}
			}
		}
	}
	add(b.idle <= 15<<20, "want <= 15 MiB, got %.1f MiB: netpipe, idle, nothing ready", mib(b.idle))
	return lines
}

// rateTargets holds the wanted ratios of our images/s to a peer's, with 8 clients.
var rateTargets = []struct {
	work, ours, peer string
	minPixels        int // of the picture
	want             float64
}{
	{"pipe", "netpipe -reuse", "Python peer", 250_000, 3},
	{"pipe", "netpipe -reuse", "sharp", 250_000, 5},
	{"copy", "netpipe", "tcpserver", 0, 1},
	{"copy", "netpipe -reuse", "tcpserver", 0, 3},
}

// failures returns an error if one of our servers gave a wrong answer or none. The
// failures of peers are in the table only.
func (b *bench) failures() error {
	var all []error
	for _, r := range b.races {
		for _, c := range r.results {
			if c.ours && c.Failed > 0 {
				all = append(all, fmt.Errorf("%s: %s: %d failed: %w", r.title(), c.name, c.Failed, c.Err))
			}
		}
	}
	return errors.Join(all...)
}

// find returns the result of a contender, or nil if it did not take part.
func (r *race) find(name string) *result {
	for _, c := range r.results {
		if c.name == name {
			return c
		}
	}
	return nil
}

// plot draws the time per image of the works "copy" and "pipe" with 8 clients, as ratios
// to the first contender's.
func (b *bench) plot() []byte {
	var groups []figures.Group
	for _, r := range b.races {
		if r.clients != 8 || r.work == "half" {
			continue
		}
		g := figures.Group{Title: r.title()}
		for _, c := range r.results {
			rate := figures.Median(c.rates)
			g.Bars = append(g.Bars, figures.Bar{Name: c.name, Ours: c.ours, Ratio: c.ratio(r.results[0]), Label: fmt.Sprintf("%.*f/s", digits(rate), rate)})
		}
		groups = append(groups, g)
	}
	return figures.Plot(groups, "time per image, as a multiple of the first bar of each group; logarithmic; shorter is faster; in brackets images/s")
}
