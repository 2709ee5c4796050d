package netpipe

import (
	"os/exec"
	"strings"
	"testing"
)

// imports are the arrows between netpipe's packages: each may import those on its right,
// and none else of this module. Test files may import pipetest as well.
var imports = map[string][]string{
	"netpipe":                   {"netpipe/internal/fdio", "netpipe/internal/hop", "netpipe/internal/procpool", "netpipe/internal/spool", "netpipe/stdio"},
	"netpipe/internal/procpool": {"netpipe/internal/fdio", "netpipe/stdio", "netpipe/worker"},
	"netpipe/internal/hop":      {"netpipe/internal/fdio", "netpipe/stdio"},
	"netpipe/internal/spool":    {"netpipe/internal/fdio"},
	"netpipe/internal/fdio":     {},
	"netpipe/internal/pipetest": {"netpipe/internal/fdio", "netpipe/worker"},
	"netpipe/worker":            {"netpipe/stdio"},
	"netpipe/stdio":             {},
}

// Imports go one way.
func TestImports(t *testing.T) {
	const module = "imgpipe/"
	cmd := exec.Command("go", "list", "-f", `{{.ImportPath}}:{{join .Imports " "}}`, "./...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	seen := 0
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		path, list, _ := strings.Cut(line, ":")
		from := strings.TrimPrefix(path, module)
		may, known := imports[from]
		if !known {
			t.Errorf("%s is a new package: say here what it may import", from)
			continue
		}
		seen++
		for _, path := range strings.Fields(list) {
			to, ours := strings.CutPrefix(path, module)
			allowed := !ours
			for _, m := range may {
				allowed = allowed || to == m
			}
			if !allowed {
				t.Errorf("%s -> %s: this import is against the rule", from, to)
			}
		}
	}
	if seen != len(imports) {
		t.Errorf("%d packages found, want %d", seen, len(imports))
	}
}
