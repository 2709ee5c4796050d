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
)

// titles say what the works are.
var titles = map[string]string{
	"copy": "A copy, one hop",
	"half": "Half the size, one hop",
	"pipe": "Gray and half the size, two hops",
}

func (r *race) title() string {
	if r.clients == 1 {
		return fmt.Sprintf("%s: %s, 1 client", titles[r.work], r.picture.Label)
	}
	return fmt.Sprintf("%s: %s, %d clients", titles[r.work], r.picture.Label, r.clients)
}

// table is the figures in Markdown.
func (b *bench) table() []byte {
	var t bytes.Buffer
	fmt.Fprintf(&t, `# Figures of the servers

Clients over loopback, each of which sends its next picture when the last is answered. Every answer is held against
that server's first, byte for byte. %d rounds, in turn, of %.1f s each in which requests begin (one round of many large
pictures); images/s is the median of them. "x" is how many times as many the first line of a group does, the median
over the rounds. Strain is the 99th percentile as a multiple of clients x service, the median with one client. CPU is user and
system of all server processes, per image; memory the most that they had together, what is shared counted once.
A "?" is of who doesn't wait for its filters, so that nobody knows what they took. Peers write the quality that the source has. `+"`scripts/bench-net.sh`"+` makes this page.
`, b.rounds, b.window.Seconds())
	for _, name := range slices.Sorted(maps.Keys(b.skipped)) {
		fmt.Fprintf(&t, "\nSkipped: %s: %s.\n", name, b.skipped[name])
	}
	fmt.Fprintf(&t, "\n## Reach\n\n")
	for _, line := range b.reach() {
		fmt.Fprintf(&t, "- %s\n", line)
	}
	t.Write(b.summary())
	for _, r := range b.races {
		fmt.Fprintf(&t, "\n## %s\n\n| | images/s | x | p50 ms | p99 ms | strain | CPU ms | memory MiB | |\n|---|--:|--:|--:|--:|--:|--:|--:|---|\n", r.title())
		for _, c := range r.results {
			note := c.note
			if c.Failed > 0 {
				note = strings.TrimPrefix(fmt.Sprintf("%s; **%d failed**: %v", note, c.Failed, c.Err), "; ")
			}
			cpu := fmt.Sprintf("%.1f", figures.Median(c.cpu)*1000)
			if c.orphans {
				cpu = "?"
			}
			fmt.Fprintf(&t, "| %s | %.*f | %.2f | %.1f | %.1f | %.2f | %s | %.1f | %s |\n", c.name, digits(figures.Median(c.rates)), figures.Median(c.rates),
				c.ratio(r.results[0]), ms(c.Percentile(50)), ms(c.Percentile(99)), c.strain(r.clients), cpu, mib(c.memory), note)
		}
	}
	return t.Bytes()
}

// summary is images/s with 8 clients, as the README has it.
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

func ms(d time.Duration) float64 { return d.Seconds() * 1000 }
func mib(n int64) float64        { return float64(n) / (1 << 20) }

// digits are those behind the point that a rate deserves.
func digits(rate float64) int {
	if rate < 100 {
		return 1
	}
	return 0
}

// reach holds what was measured against what is to be reached.
func (b *bench) reach() (lines []string) {
	say := func(ok bool, format string, args ...any) {
		met := "met"
		if !ok {
			met = "missed"
		}
		lines = append(lines, fmt.Sprintf("reach: "+format+": "+met, args...))
	}
	for _, r := range b.races {
		if r.clients == 8 {
			for _, goal := range goals {
				ours, peer := r.find(goal.ours), r.find(goal.peer)
				if goal.work != r.work || r.picture.Width*r.picture.Height < goal.pixels || ours == nil || peer == nil {
					continue
				}
				got := peer.ratio(ours)
				say(got >= goal.want, "want %.0f x, got %.2f x the images/s of %s: %s with %s", goal.want, got, goal.peer, r.title(), goal.ours)
			}
		}
		if r.clients == 64 {
			for _, c := range r.results {
				if c.ours {
					say(c.strain(64) <= 2, "want p99 <= 2 x clients x service, got %.2f x: %s with %s", c.strain(64), r.title(), c.name)
				}
			}
		}
	}
	say(b.idle <= 15<<20, "want <= 15 MiB, got %.1f MiB: netpipe, idle, nothing ready", mib(b.idle))
	return lines
}

// goals are how many times as many images as a peer ours is to do.
var goals = []struct {
	work, ours, peer string
	pixels           int // from this size on
	want             float64
}{
	{"pipe", "netpipe -reuse", "Python peer", 250_000, 3},
	{"pipe", "netpipe -reuse", "sharp", 250_000, 5},
	{"copy", "netpipe", "tcpserver", 0, 1},
	{"copy", "netpipe -reuse", "tcpserver", 0, 3},
}

// failures says which of ours gave a wrong answer, or none; nil if none did.
// What peers do is in the table.
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

// find is the result of the contender called name; nil if it wasn't there.
func (r *race) find(name string) *result {
	for _, c := range r.results {
		if c.name == name {
			return c
		}
	}
	return nil
}

// plot shows, for 8 clients that have something copied or done in two hops, how
// many times as many images the first one does.
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
