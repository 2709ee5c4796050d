package cmd_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// mayImport says which packages of the project each package may import. Imports go one
// way: a package knows nothing of the packages that use it, and the packages of one
// format, or of one part of netpipe, know nothing of each other.
var mayImport = map[string][]string{
	"cmd":                  {}, // only tests
	"cmd/imggray":          {"cmd/internal/app", "cmd/internal/imgcmd", "filters"},
	"cmd/imgscale":         {"cmd/internal/app", "cmd/internal/imgcmd", "filters"},
	"cmd/netpipe":          {"cmd/internal/app", "cmd/internal/batch", "cmd/internal/hosting", "cmd/internal/logging", "netpipe", "netpipe/metrics"},
	"cmd/netqueue":         {"cmd/internal/app", "cmd/internal/hosting", "cmd/internal/logging", "netpipe", "netpipe/objects", "netpipe/queue", "netpipe/queue/metrics", "netpipe/statusport", "netpipe/stdio"},
	"cmd/internal/app":     {"cmd/internal/start", "netpipe/stdio", "netpipe/wholefile"},
	"cmd/internal/batch":   {"cmd/internal/app", "filters/codec", "netpipe/stdio"},
	"cmd/internal/hosting": {"cmd/internal/app", "cmd/internal/sandbox", "netpipe"},
	"cmd/internal/logging": {"cmd/internal/app"},
	"cmd/internal/imgcmd":  {"cmd/internal/app", "cmd/internal/batch", "cmd/internal/sandbox", "cmd/internal/start", "filters", "filters/codec", "netpipe/stdio", "netpipe/worker"},
	"cmd/internal/sandbox": {},
	"cmd/internal/start":   {},

	"filters":                    {"filters/breach", "filters/codec", "filters/jpegdct", "filters/meta", "filters/pixel", "filters/resample"},
	"filters/codec":              {"filters/animation", "filters/bmp", "filters/breach", "filters/gif", "filters/icc", "filters/jpegdct", "filters/meta", "filters/pixel", "filters/pngrow", "filters/pnm", "filters/tiff", "filters/vp8l"},
	"filters/breach":             {},
	"filters/bmp":                {"filters/breach"},
	"filters/animation":          {"filters/pixel"},
	"filters/gif":                {"filters/breach"},
	"filters/tiff":               {"filters/breach", "filters/internal/xz", "filters/internal/zstd", "filters/jpegdct", "filters/meta", "filters/pixel"},
	"filters/icc":                {"filters/pixel"},
	"filters/meta":               {},
	"filters/pixel":              {},
	"filters/pnm":                {},
	"filters/vp8l":               {},
	"filters/jpegdct":            {"filters/breach", "filters/internal/x86"},
	"filters/pngrow":             {"filters/breach", "filters/internal/x86"},
	"filters/resample":           {"filters/internal/x86"},
	"filters/internal/x86":       {},
	"filters/internal/xz":        {},
	"filters/internal/zstd":      {},
	"filters/internal/imagetest": {"filters/pixel"}, // for tests

	"netpipe":                     {"netpipe/internal/cgroup", "netpipe/internal/fdio", "netpipe/internal/hop", "netpipe/internal/httpport", "netpipe/internal/procpool", "netpipe/internal/proxyaddr", "netpipe/internal/spool", "netpipe/internal/tlsconn", "netpipe/internal/unixsocket", "netpipe/statusport", "netpipe/stdio"},
	"netpipe/statusport":          {"netpipe/internal/fdio", "netpipe/internal/hop", "netpipe/internal/httpport", "netpipe/internal/unixsocket", "netpipe/stdio"},
	"netpipe/metrics":             {"netpipe", "netpipe/internal/exporter"},
	"netpipe/internal/exporttest": {}, // for tests
	"netpipe/internal/exporter":   {"netpipe"},
	"netpipe/internal/procpool":   {"netpipe/internal/cgroup", "netpipe/internal/fdio", "netpipe/stdio", "netpipe/worker"},
	"netpipe/internal/hop":        {"netpipe/internal/fdio", "netpipe/internal/tlsconn", "netpipe/internal/unixsocket", "netpipe/stdio"},
	"netpipe/internal/tlsconn":    {"netpipe/internal/fdio"},
	"netpipe/internal/proxyaddr":  {"netpipe/internal/fdio"},
	"netpipe/internal/spool":      {"netpipe/internal/fdio"},
	"netpipe/internal/fdio":       {},
	"netpipe/internal/httpport":   {},
	"netpipe/internal/unixsocket": {},
	"netpipe/internal/cgroup":     {},
	"netpipe/internal/pipetest":   {"netpipe/internal/fdio", "netpipe/internal/tlsconn", "netpipe/worker"}, // for tests
	"netpipe/worker":              {},
	"netpipe/stdio":               {},
	"netpipe/wholefile":           {},
	"netpipe/objects":             {"netpipe/wholefile"},
	"netpipe/objects/s3test":      {}, // for tests
	"netpipe/queue/metrics":       {"netpipe/internal/exporter", "netpipe/queue"},
	"netpipe/queue":               {"netpipe", "netpipe/objects", "netpipe/stdio", "netpipe/wholefile"},
}

// TestImports holds the imports of the packages of the programs against mayImport.
func TestImports(t *testing.T) {
	const module = "imgpipe/"
	cmd := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./cmd/...", "./filters/...", "./netpipe/...")
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		paths := strings.Fields(line)
		from := strings.TrimPrefix(paths[0], module)
		allowed, known := mayImport[from]
		if !known {
			t.Errorf("%s is not in the table of what may import what", from)
		}
		seen[from] = true
		for _, path := range paths[1:] {
			if to, ours := strings.CutPrefix(path, module); ours && !slices.Contains(allowed, to) {
				t.Errorf("%s imports %s, which it may not", from, to)
			}
		}
	}
	for from := range mayImport {
		if !seen[from] {
			t.Errorf("there is no package %s", from)
		}
	}
}
