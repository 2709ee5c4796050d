// Package figures summarises and plots the results of benchmarks.
package figures

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

// Median returns the median of values. For an even number of values it returns the
// greater of the two in the middle, for none 0.
func Median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	values = slices.Sorted(slices.Values(values))
	return values[len(values)/2]
}

// Machine tells the processor and the kernel, as far as Linux tells them.
func Machine() string {
	processor := fmt.Sprint("an unknown ", runtime.GOARCH, " processor")
	info, _ := os.ReadFile("/proc/cpuinfo")
	if m := regexp.MustCompile(`(?m)^model name\s*: (.*)$`).FindSubmatch(info); m != nil {
		processor = string(m[1])
	}
	kernel, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		kernel = []byte("unknown")
	}
	return fmt.Sprintf("%d cores of %s, kernel %s", runtime.NumCPU(), processor, bytes.TrimSpace(kernel))
}

// A Group is a group of bars in a plot. They are compared with the first one.
type Group struct {
	Title string
	Bars  []Bar
}

// A Bar is the result of one contender.
type Bar struct {
	Name  string
	Ours  bool    // whether the contender is one of this project's programs
	Ratio float64 // of its time to that of the first bar; drawn from 0.25 to 64
	Label string  // shown after the ratio
}

// Plot draws the groups as SVG, on a logarithmic scale, with a note below.
func Plot(groups []Group, note string) []byte {
	const left, right, bar, gap, top = 190, 640, 14, 4, 26
	var body bytes.Buffer
	y := 10
	x := func(ratio float64) float64 {
		return left + (right-left)*math.Log2(max(0.25, min(ratio, 64))*4)/8
	}
	for _, g := range groups {
		fmt.Fprintf(&body, `<text x="10" y="%d" class="h">%s</text>`+"\n", y+12, escape(g.Title))
		y += top
		for _, b := range g.Bars {
			class := "peer"
			if b.Ours {
				class = "ours"
			}
			fmt.Fprintf(&body, `<text x="%d" y="%d" class="n">%s</text><rect x="%d" y="%d" width="%.1f" height="%d" class="%s"/><text x="%.1f" y="%d">%.2f (%s)</text>`+"\n",
				left-8, y+11, escape(b.Name), left, y, x(b.Ratio)-left, bar, class, x(b.Ratio)+5, y+11, b.Ratio, escape(b.Label))
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
	fmt.Fprintf(&svg, `<text x="%d" y="%d">%s</text>`+"\n</svg>\n", 10, y+12, escape(note))
	return svg.Bytes()
}

// escape escapes text for XML.
var escape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace
