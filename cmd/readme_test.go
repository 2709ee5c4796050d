package cmd_test

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestREADMERecipes runs the recipes of the README as they are printed there.
func TestREADMERecipes(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	results := []struct{ file, want string }{
		{"small.jpg", "JPEG 320x214 1 8"},
		{"small.jpg", "JPEG 320x214 1 8"}, // in one process
		{"thumbnail.png", "PNG 256x256 3 8"},
		{"small/rocket-pipe.jpg", "JPEG 64x43 1 8"},
		{"processed_image.jpg", "JPEG 160x107 1 8"},
		{"gray.jpg", "JPEG 640x427 1 8"},
		{"thumbnails", "JPEG 32x22 3 8"}, // the first of three
	}
	recipes := regexp.MustCompile("<!-- recipe -->\n```sh\n([^`]*)```").FindAllStringSubmatch(string(readme), -1)
	if len(recipes) != len(results) {
		t.Fatalf("README.md has %d recipes, want %d", len(recipes), len(results))
	}
	for i, want := range results {
		t.Run(want.file, func(t *testing.T) {
			recipe := recipes[i][1]
			if strings.Contains(recipe, "curl") {
				if _, err := exec.LookPath("curl"); err != nil {
					t.Skip("curl is not installed")
				}
			}
			for _, at := range regexp.MustCompile(`127\.0\.0\.1:\d+`).FindAllString(recipe, -1) {
				l, err := net.Listen("tcp", at)
				if err != nil {
					t.Skipf("a port of the recipe is in use: %v", err)
				}
				l.Close()
			}
			dir := t.TempDir()
			root, err := filepath.Abs("..")
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(filepath.Join(root, "testdata"), filepath.Join(dir, "testdata")); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, "sh", "-e", "-c", recipe+"wait")
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
			cmd.WaitDelay = time.Second // a recipe that fails leaves its servers
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"))
			out, err := cmd.CombinedOutput()
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
			if err != nil {
				t.Fatalf("%v\n%s\n%s", err, recipe, out)
			}
			f, err := os.Open(filepath.Join(dir, want.file))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if got, err := describePicture(f); err != nil || got != want.want {
				t.Errorf("%s is a %s (%v), want %s", want.file, got, err, want.want)
			}
		})
	}
}

// Each link between the pages leads to a file, and to a heading there.
func TestREADMELinks(t *testing.T) {
	pages := []string{
		"README.md", "filters/README.md", "netpipe/README.md", "netpipe/OPERATING.md", "cmd/netqueue/README.md", "testdata/README.md",
		".github/CONTRIBUTING.md", ".github/SECURITY.md",
	}
	link := regexp.MustCompile(`\]\(([^)#: ]*)(#[^)]*)?\)`) // not https:
	found := 0
	for _, page := range pages {
		text, err := os.ReadFile(filepath.Join("..", page))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			found++
			to := filepath.Join("..", page)
			if m[1] != "" {
				to = filepath.Join("..", filepath.Dir(page), m[1])
			}
			if _, err := os.Stat(to); err != nil {
				t.Errorf("%s: %s: %v", page, m[0], err)
			} else if m[2] != "" && !anchors(t, to)[m[2]] {
				t.Errorf("%s: %s: no heading has this name", page, m[0])
			}
		}
	}
	if found < 30 {
		t.Errorf("%d links, want at least 30: are they found?", found)
	}
}

// anchors returns the names of a page's headings, as GitHub makes them, with "#" before each.
func anchors(t *testing.T, page string) map[string]bool {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(string(text), -1) {
		name := regexp.MustCompile(`[^a-z0-9 _-]`).ReplaceAllString(strings.ToLower(m[1]), "")
		names["#"+strings.ReplaceAll(name, " ", "-")] = true
	}
	return names
}
