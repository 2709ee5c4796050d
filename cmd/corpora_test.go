package cmd_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"
)

// TestCorpora runs both filters over every file of the shared corpora. Each
// gives a result or one line, within limits of time and memory. What was written
// before a failure is not a whole image. Which files may give a result is tested in
// package filters.
func TestCorpora(t *testing.T) {
	const memory = 256 << 20
	files := corpora(t)
	for i, file := range files {
		if testing.Short() && i%64 != 0 {
			continue
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, program := range []string{"imggray", "imgscale"} {
			name := program + " " + filepath.Base(file)
			got := measure(t, bytes.NewReader(data), program, "-max-memory", "256")
			switch {
			case got.Status == 0 && (got.stderr != "" || len(got.stdout) == 0):
				t.Errorf("%s: status 0 with %d bytes and %q", name, len(got.stdout), got.stderr)
			case got.Status == 1 && !regexp.MustCompile(`^`+program+`: [^\n]+\n$`).MatchString(got.stderr):
				t.Errorf("%s: said %q, want one line", name, got.stderr)
			case got.Status == 1 && len(got.stdout) > 0:
				if again := measure(t, bytes.NewReader(got.stdout), "imggray", "-format", "png"); again.Status != 1 || len(again.stdout) > 0 {
					t.Errorf("%s: failed, and what it wrote passes for an image", name)
				}
			case got.Status > 1 || got.Status < 0:
				t.Errorf("%s: exit status %d, %q", name, got.Status, got.stderr)
			}
			if got.CPU > 10*time.Second {
				t.Errorf("%s: took %v", name, got.CPU)
			}
			if got.RSS > memory {
				t.Errorf("%s: took %d MiB", name, got.RSS>>20)
			}
		}
	}
}

// corpora returns the names of the files in ../shared/corpus and ../shared/photos.
func corpora(t *testing.T) (files []string) {
	t.Helper()
	for _, pattern := range []string{"corpus/malformed/*/*", "corpus/pngsuite/*", "corpus/jpeg-variants/*", "photos/*"} {
		found, err := filepath.Glob(filepath.Join("../../shared", pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range found {
			if st, err := os.Stat(file); err == nil && st.Mode().IsRegular() {
				files = append(files, file)
			}
		}
	}
	if len(files) == 0 {
		t.Skip("no ../shared/corpus beside the checkout")
	}
	return files
}
