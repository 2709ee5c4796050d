package netpipe

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"imgpipe/netpipe/internal/fdio"
)

var update = flag.Bool("update", false, "write the generated table into README.md")

// The tables in README.md and OPERATING.md whose last column is of tests are held against the
// tests: each that is named is there, and none of those that play with a whole server is
// forgotten.
func TestREADMETables(t *testing.T) {
	var lines []string
	for _, page := range []string{"README.md", "OPERATING.md"} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, strings.Split(string(text), "\n")...)
	}
	named := map[string]bool{}
	inTable := false
	for _, line := range lines {
		cells := strings.Split(strings.Trim(line, "|"), " | ")
		last := cells[len(cells)-1]
		switch {
		case !strings.HasPrefix(line, "|"):
			inTable = false
		case strings.Contains(last, "tests in `netpipe`"):
			inTable = true
		case inTable && !strings.HasPrefix(line, "|--"):
			tests := regexp.MustCompile("`(\\w+)`").FindAllStringSubmatch(last, -1)
			if len(tests) == 0 {
				t.Errorf("no test for %q", cells[0])
			}
			for _, m := range tests {
				named[m[1]] = true
			}
		}
	}
	there, needed := map[string]bool{}, map[string]bool{}
	for _, dir := range []string{".", "statusport"} {
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
				needed[string(m[1])] = slices.Contains(withServer, strings.TrimSuffix(file, "_test.go"))
			}
		}
	}
	for name := range named {
		if !there[name] {
			t.Errorf("a page names %s, which is no test", name)
		}
	}
	for name, is := range needed {
		if is && !named[name] {
			t.Errorf("no page names %s", name)
		}
	}
	if len(named) < 60 {
		t.Errorf("%d tests named, want at least 60: are the tables read?", len(named))
	}
}

// README.md and the package's comment say how much is read ahead.
func TestReadAheadIsDocumented(t *testing.T) {
	want := fmt.Sprintf("%d KiB of", aheadChunks*fdio.ChunkSize>>10)
	for _, name := range []string{"README.md", "doc.go"} {
		if text, err := os.ReadFile(name); err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s: want %q in it (%v)", name, want, err)
		}
	}
}

const (
	tableBegin = "<!-- go test ./netpipe -run Outcome -update -->\n"
	tableEnd   = "<!-- end -->\n"
)

// The table of outcomes in README.md is the one in outcome.go.
func TestOutcomeTable(t *testing.T) {
	var table strings.Builder
	table.WriteString("| what happens | `verdict` in the log | status over HTTP | worth another try | tests in `netpipe` |\n|---|---|---|---|---|\n")
	for _, o := range append([]outcome{success}, outcomes...) {
		status, try := "none", "yes"
		if o.status != 0 {
			status = fmt.Sprint(o.status)
		}
		if !o.retry {
			try = "no"
		}
		if o.verdict == whole {
			try = ""
		}
		fmt.Fprintf(&table, "| %s | `%s` | %s | %s | %s |\n", o.event, o.verdict, status, try, e2eTests(t, o.event))
	}
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), tableBegin)
	is, after, end := strings.Cut(rest, tableEnd)
	if !ok || !end {
		t.Fatal("README.md has no place for the table")
	}
	if is == table.String() {
		return
	}
	if !*update {
		t.Fatalf("README.md has another table of outcomes than outcome.go: go test ./netpipe -run Outcome -update; want:\n%s", table.String())
	}
	if err := os.WriteFile("README.md", []byte(before+tableBegin+table.String()+tableEnd+after), 0o666); err != nil {
		t.Fatal(err)
	}
}

func e2eTests(t *testing.T, event string) string {
	for _, test := range outcomeTests {
		if test.event != event {
			continue
		}
		if test.e2e == "" {
			return "`Outcome`"
		}
		return "`" + strings.ReplaceAll(test.e2e, " ", "` `") + "`"
	}
	t.Errorf("no test of %q", event)
	return ""
}

// withServer are the files of tests that the pages have to name, without "_test.go".
var withServer = []string{
	"cgroup_linux",
	"chain",
	"chaos",
	"chaos_hops",
	"forwarded",
	"haproxy_linux",
	"http",
	"http_abuse",
	"http_chaos",
	"killed",
	"limits",
	"loop",
	"media_type",
	"nginx",
	"page",
	"params",
	"proxied",
	"proxies",
	"reload",
	"reuse",
	"runner",
	"serve",
	"server",
	"several_hops",
	"soak",
	"soak_linux",
	"soak_metrics_linux",
	"status",
	"system_linux",
	"tls",
	"tls_limits",
	"tls_tools",
	"tokens",
	"trace",
	"unix",
	"worker",
	"wrong_port",
}
