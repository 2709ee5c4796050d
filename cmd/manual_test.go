package cmd_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestManuals holds the manual page of each program against its -help, and has the
// pages checked by roff's tools.
func TestManuals(t *testing.T) {
	dir := t.TempDir()
	build := exec.Command("go", "build", "-tags", "manual,urfave_cli_no_docs,nounsafe", "-o", dir+"/", "./imggray", "./imgscale", "./netpipe", "./netqueue")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	checks := [][]string{
		{"mandoc", "-T", "lint", "-W", "warning"},
		{"groff", "-ww", "-man", "-T", "utf8", "-z"},
		{"man", "--warnings", "-l"},
	}
	for _, name := range []string{"imggray", "imgscale", "netpipe", "netqueue"} {
		t.Run(name, func(t *testing.T) {
			page := manual(t, filepath.Join(dir, name), "1")
			if other := manual(t, filepath.Join(dir, name), "7"); !bytes.Equal(page, other) {
				t.Error("the page depends on the number of cores")
			}
			help, err := exec.Command(filepath.Join(bin, name), "-help").Output()
			if err != nil {
				t.Fatal(err)
			}
			options := regexp.MustCompile(`(?m)^  -([a-z0-9-]+)`).FindAllSubmatch(help, -1)
			tags := regexp.MustCompile(`(?m)^\.TP\n\\fB\\-([a-z0-9\\-]+)\\fR`).FindAllSubmatch(page, -1)
			if len(options) == 0 || len(options) != len(tags) {
				t.Fatalf("-help has %d options, the page %d", len(options), len(tags))
			}
			for i, option := range options {
				if tag := strings.ReplaceAll(string(tags[i][1]), `\-`, "-"); tag != string(option[1]) {
					t.Errorf("option %d is -%s in -help, -%s on the page", i, option[1], tag)
				}
			}
			file := filepath.Join(t.TempDir(), name+".1")
			if err := os.WriteFile(file, page, 0o666); err != nil {
				t.Fatal(err)
			}
			for _, check := range checks {
				if _, err := exec.LookPath(check[0]); err != nil {
					t.Logf("%s is not installed", check[0])
					continue
				}
				cmd := exec.Command(check[0], append(check[1:], file)...)
				var said bytes.Buffer
				cmd.Stderr = &said
				if check[0] == "mandoc" {
					cmd.Stdout = &said
				}
				if err := cmd.Run(); err != nil || said.Len() > 0 {
					t.Errorf("%s: %v\n%s", check[0], err, said.String())
				}
			}
		})
	}
}

// manual returns what a program that was built with the tag manual prints on a machine
// with so many cores.
func manual(t *testing.T, program, cores string) []byte {
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), "SOURCE_DATE_EPOCH=1700000000", "GOMAXPROCS="+cores)
	page, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return page
}
