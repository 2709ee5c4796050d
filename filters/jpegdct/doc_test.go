package jpegdct

import (
	"path/filepath"
	"regexp"
	"testing"
)

// TestDocNamesFiles: the map in doc.go has every file, and no file that does not exist.
func TestDocNamesFiles(t *testing.T) {
	doc := string(read(t, "doc.go"))
	listed := map[string]bool{}
	for _, line := range regexp.MustCompile(`(?m)^//\t.*`).FindAllString(doc, -1) {
		for _, name := range regexp.MustCompile(`\w+\.go`).FindAllString(line, -1) {
			listed[name] = true
		}
	}
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if name == "doc.go" || regexp.MustCompile(`_(test|amd64|arm64|asm|noasm)\.go$`).MatchString(name) {
			continue
		}
		if !listed[name] {
			t.Errorf("doc.go does not list %s", name)
		}
		delete(listed, name)
	}
	for name := range listed {
		t.Errorf("doc.go lists %s, which does not exist", name)
	}
}
