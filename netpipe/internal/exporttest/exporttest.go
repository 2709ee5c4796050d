// Package exporttest holds the metrics of a program against what is written about them: a
// golden file, the page for users, alerts and the dashboard.
package exporttest

import (
	"bytes"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// Names returns the metrics that a scrape has, in order.
func Names(scraped []byte) (names []string) {
	for _, m := range regexp.MustCompile(`(?m)^# TYPE (\w+) `).FindAllSubmatch(scraped, -1) {
		names = append(names, string(m[1]))
	}
	slices.Sort(names)
	return names
}

// Golden compares the names, labels and texts of the metrics, but for those of the process,
// with a golden file, which update writes.
func Golden(t *testing.T, golden string, scraped []byte, update bool) {
	t.Helper()
	var series strings.Builder
	for line := range strings.Lines(string(scraped)) {
		switch {
		case strings.Contains(line, "process_"):
		case strings.HasPrefix(line, "#"):
			series.WriteString(line)
		case strings.Contains(line, "_build_info{"):
			series.WriteString(regexp.MustCompile(`"[^"]*"`).ReplaceAllString(line, `"..."`))
		default:
			series.WriteString(line[:strings.LastIndex(line, " ")] + "\n")
		}
	}
	if update {
		if err := os.WriteFile(golden, []byte(series.String()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if want := Read(t, golden); series.String() != want {
		t.Errorf("the metrics are others than in %s:\n%s", golden, series.String())
	}
}

// Page holds the table of metrics on a page against a scrape.
func Page(t *testing.T, page string, scraped []byte) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("the metrics of the process are those of Linux")
	}
	_, rest, _ := strings.Cut(Read(t, page), "| metric | what it is | when it rises |\n")
	table, _, _ := strings.Cut(rest, "\n\n")
	var named []string
	for line := range strings.Lines(table) {
		first, _, _ := strings.Cut(strings.TrimPrefix(line, "| "), " | ")
		for _, m := range regexp.MustCompile("`(\\w+)`").FindAllStringSubmatch(first, -1) {
			named = append(named, m[1])
		}
	}
	slices.Sort(named)
	if want := Names(scraped); !slices.Equal(named, want) {
		t.Errorf("%s has another table of metrics:\nwant %v\ngot  %v", page, want, named)
	}
}

// Deployed holds the metrics of a program that alerts and dashboard name against a scrape:
// each is there, and the dashboard has all of the program's.
func Deployed(t *testing.T, program string, scraped []byte, rules, dashboard string) {
	t.Helper()
	metrics := Names(scraped)
	for _, file := range []string{rules, dashboard} {
		names := regexp.MustCompile(`\b(?:`+program+`|process)_[a-z_]+`).FindAllString(Read(t, file), -1)
		if len(names) < 10 {
			t.Errorf("%s names %d metrics: is it read?", file, len(names))
		}
		for i, name := range names {
			names[i] = regexp.MustCompile(`_seconds_(bucket|sum|count)$`).ReplaceAllString(name, "_seconds")
			if !slices.Contains(metrics, names[i]) {
				t.Errorf("%s: there is no metric %s", file, name)
			}
		}
		for _, metric := range metrics {
			if file == dashboard && strings.HasPrefix(metric, program+"_") && !slices.Contains(names, metric) {
				t.Errorf("%s does not have %s", file, metric)
			}
		}
	}
}

// Alerts has promtool check alerts and run their unit tests. Each alert has one in which it
// fires.
func Alerts(t *testing.T, rules, tests string) {
	t.Helper()
	text := Read(t, tests)
	for _, m := range regexp.MustCompile(`- alert: (\w+)`).FindAllStringSubmatch(Read(t, rules), -1) {
		if !regexp.MustCompile(`alertname: ` + m[1] + `\n +exp_alerts:`).MatchString(text) {
			t.Errorf("no unit test in which %s fires", m[1])
		}
	}
	Promtool(t, nil, "check", "rules", rules)
	Promtool(t, nil, "test", "rules", tests)
}

// Promtool runs promtool, which must have nothing to say against the input.
func Promtool(t *testing.T, stdin []byte, args ...string) {
	t.Helper()
	if _, err := exec.LookPath("promtool"); err != nil {
		t.Skip("promtool is not installed")
	}
	cmd := exec.Command("promtool", args...)
	cmd.Stdin = bytes.NewReader(stdin)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// Read returns the text of a file.
func Read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
