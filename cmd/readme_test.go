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
