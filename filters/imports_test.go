package filters

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// mayImport says which packages of the project each package below filters may
// import. A package knows nothing of those that use it, and the packages of one
// format know nothing of each other.
var mayImport = map[string][]string{
	"filters":                    {"filters/codec", "filters/jpegdct", "filters/meta", "filters/pixel", "filters/resample"},
	"filters/codec":              {"filters/jpegdct", "filters/meta", "filters/pixel", "filters/pngrow", "filters/pnm", "filters/tiff"},
	"filters/tiff":               {"filters/meta", "filters/pixel"},
	"filters/meta":               {},
	"filters/pixel":              {},
	"filters/pnm":                {},
	"filters/jpegdct":            {"filters/internal/x86"},
	"filters/pngrow":             {"filters/internal/x86"},
	"filters/resample":           {"filters/internal/x86"},
	"filters/internal/x86":       {},
	"filters/internal/imagetest": {"filters/pixel"}, // of tests alone
}

func TestImportsGoOneWay(t *testing.T) {
	const module = "imgpipe/"
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", "./...").Output()
	if err != nil {
		t.Fatal(err)
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
