package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The tests that the table in README.md names are there, and none of the queue's is
// forgotten.
func TestREADMETable(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(readme), "| what happens | what comes of it | tests |\n")
	table, _, _ = strings.Cut(table, "\n\n")
	rows := strings.Split(table, "\n")
	if !found || len(rows) < 20 {
		t.Fatalf("README.md has no table of what happens: %d rows", len(rows))
	}
	named := map[string]bool{}
	for _, row := range rows[1:] {
		cells := strings.Split(strings.Trim(row, "|"), " | ")
		tests := regexp.MustCompile("`(\\w+)`").FindAllStringSubmatch(cells[len(cells)-1], -1)
		if len(cells) != 3 || len(tests) == 0 {
			t.Errorf("no test for %q", cells[0])
		}
		for _, m := range tests {
			named[m[1]] = true
		}
	}
	there := map[string]bool{}
	for _, dir := range []string{".", "../../netpipe/queue", "../../netpipe/queue/metrics", "../../netpipe/objects"} {
		files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range regexp.MustCompile(`(?m)^func Test(\w+)\(`).FindAllSubmatch(source, -1) {
				there[string(m[1])] = true
				if filepath.Base(file) == "work_test.go" && !named[string(m[1])] {
					t.Errorf("README.md does not name %s", m[1])
				}
			}
		}
	}
	for name := range named {
		if !there[name] {
			t.Errorf("README.md names %s, which is no test", name)
		}
	}
}
