package netpipe

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestREADMETable holds the README's tables of what happens when, and of what HTTP
// says then, against the tests that play them: each that is named is there, and
// none is forgotten.
func TestREADMETable(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(readme), "### What happens when\n")
	table, _, ok := strings.Cut(rest, "\n### Defaults\n")
	if !ok {
		t.Fatal("no such table in README.md")
	}
	named := map[string]bool{}
	for _, line := range strings.Split(table, "\n") {
		cells := strings.Split(line, "|")
		if len(cells) != 5 || strings.HasPrefix(cells[1], "--") || strings.HasPrefix(cells[1], " what") {
			continue
		}
		tests := regexp.MustCompile("`(\\w+)`").FindAllStringSubmatch(cells[3], -1)
		if len(tests) == 0 {
			t.Errorf("no test for %q", cells[1])
		}
		for _, m := range tests {
			named[m[1]] = true
		}
	}
	there := map[string]bool{}
	for _, file := range []string{"chaos_test.go", "chaos_hops_test.go", "http_test.go", "http_chaos_test.go", "http_abuse_test.go", "killed_test.go", "limits_test.go", "reuse_test.go", "server_test.go", "soak_test.go", "system_linux_test.go", "unix_test.go", "worker_test.go"} {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^func Test(\w+)\(`).FindAllSubmatch(source, -1) {
			there[string(m[1])] = true
		}
	}
	for name := range named {
		if !there[name] {
			t.Errorf("the README names %s, which is no test", name)
		}
	}
	for name := range there {
		if !named[name] {
			t.Errorf("the README doesn't name %s", name)
		}
	}
	if len(named) < 20 {
		t.Errorf("%d tests named, want at least 20: is the table read?", len(named))
	}
}
