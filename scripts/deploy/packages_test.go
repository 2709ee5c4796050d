// Package deploy_test checks what is installed: packages, units, images, manifests.
package deploy_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestPackages makes the packages of one system twice, compares them, and installs and
// removes the .deb in a directory.
func TestPackages(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds all programs and the tools")
	}
	needs(t, "git", "sha256sum")
	first, second := t.TempDir(), t.TempDir()
	for _, dir := range []string{first, second} {
		cmd := exec.Command("../package.sh", dir, "linux/amd64")
		if out, err := cmd.CombinedOutput(); err != nil {
			if strings.Contains(string(out), "dial tcp") {
				t.Skip("the module proxy is out of reach")
			}
			t.Fatalf("%v\n%s", err, out)
		}
	}
	sums := read(t, filepath.Join(first, "SHA256SUMS"))
	if !bytes.Equal(sums, read(t, filepath.Join(second, "SHA256SUMS"))) {
		t.Errorf("two runs make other bytes:\n%s%s", sums, read(t, filepath.Join(second, "SHA256SUMS")))
	}
	if n := strings.Count(string(sums), "\n"); n != 7 {
		t.Errorf("%d packages and SBOMs, want 7:\n%s", n, sums)
	}
	check := exec.Command("sha256sum", "--check", "--quiet", "SHA256SUMS")
	check.Dir = first
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	t.Run("deb", func(t *testing.T) { debian(t, one(t, first, "*.deb")) })
	t.Run("rpm", func(t *testing.T) {
		needs(t, "rpm")
		// A database of its own, and no scripts: they are for the system.
		root := t.TempDir()
		rpm := func(args ...string) {
			run(t, "rpm", append([]string{"--root", root, "--dbpath", "/db", "--noscripts", "--nosignature"}, args...)...)
		}
		rpm("-i", "--nodeps", one(t, first, "*.rpm"))
		installed(t, root, "zsh/site-functions")
		rpm("-e", "imgpipe")
		if err := os.RemoveAll(filepath.Join(root, "db")); err != nil {
			t.Fatal(err)
		}
		removed(t, root, "imgpipe")
	})
	t.Run("tarball", func(t *testing.T) {
		root := t.TempDir()
		run(t, "tar", "-C", root, "--strip-components", "1", "-xf", one(t, first, "*linux-amd64.tar.gz"))
		programs(t, filepath.Join(root, "bin"))
	})
	t.Run("SBOM", func(t *testing.T) {
		var sbom struct {
			BomFormat  string
			Components []struct{ Name, Version string }
		}
		if err := json.Unmarshal(read(t, one(t, first, "netpipe-*.cdx.json")), &sbom); err != nil || sbom.BomFormat != "CycloneDX" {
			t.Fatalf("%v, format %q", err, sbom.BomFormat)
		}
		var names []string
		for _, c := range sbom.Components {
			if c.Version == "" {
				t.Errorf("%s has no version", c.Name)
			}
			names = append(names, c.Name)
		}
		if !slices.Contains(names, "github.com/urfave/cli/v2") || !slices.Contains(names, "std") {
			t.Errorf("the components are %q", names)
		}
	})
}

// debian checks a .deb, and installs and removes it in a directory.
func debian(t *testing.T, deb string) {
	needs(t, "dpkg", "dpkg-deb")
	if _, err := exec.LookPath("lintian"); err == nil {
		cmd := exec.Command("lintian", "--fail-on", "error,warning", "--allow-root", deb)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("lintian: %v\n%s", err, out)
		}
	} else {
		t.Log("lintian is not installed")
	}
	root := t.TempDir()
	for _, name := range []string{"status", "available"} {
		file := filepath.Join(root, "var/lib/dpkg", name)
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	// The package's scripts would have to run in the directory as their root.
	dpkg := []string{"--root=" + root, "--force-not-root", "--force-script-chrootless", "--force-depends", "--log=/dev/null"}
	run(t, "dpkg", append(dpkg, "--install", deb)...)
	installed(t, root, "zsh/vendor-completions")
	run(t, "dpkg", append(dpkg, "--remove", "imgpipe")...)
	removed(t, root, "imgpipe")
}

// installed checks the files of a package below root.
func installed(t *testing.T, root, zsh string) {
	programs(t, filepath.Join(root, "usr/bin"))
	for _, name := range []string{
		"man/man1/%.1.gz", "bash-completion/completions/%", "fish/vendor_completions.d/%.fish", zsh + "/_%",
	} {
		for _, program := range []string{"imggray", "imgscale", "netpipe", "netqueue"} {
			if len(read(t, filepath.Join(root, "usr/share", strings.ReplaceAll(name, "%", program)))) == 0 {
				t.Errorf("%s of %s is empty", name, program)
			}
		}
	}
	for _, name := range []string{"netpipe.service", "netpipe.socket", "netpipe@.service", "netqueue-worker@.service"} {
		read(t, filepath.Join(root, "usr/lib/systemd/system", name))
	}
	read(t, filepath.Join(root, "usr/share/doc/imgpipe/README.md"))
}

// programs runs the programs of a package.
func programs(t *testing.T, dir string) {
	for _, name := range []string{"imggray", "imgscale", "netpipe", "netqueue"} {
		if out := run(t, filepath.Join(dir, name), "-version"); !strings.HasPrefix(out, name+" ") {
			t.Errorf("%s -version says %q", name, out)
		}
	}
}

// removed checks that no file of a package is left below root.
func removed(t *testing.T, root, name string) {
	err := filepath.WalkDir(root, func(path string, _ os.DirEntry, err error) error {
		if strings.Contains(filepath.Base(path), name) || strings.Contains(path, "netpipe") {
			t.Errorf("%s is left", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// needs skips the test if a program is not installed.
func needs(t *testing.T, names ...string) {
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is not installed", name)
		}
	}
}

// run runs a program and returns what it says.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return string(out)
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// one returns the one file in a directory that a pattern names.
func one(t *testing.T, dir, pattern string) string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(names) != 1 {
		t.Fatalf("%s: %q (%v)", pattern, names, err)
	}
	return names[0]
}
