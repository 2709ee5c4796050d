package pipetest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Cgroup makes a cgroup of version 2 for a test, and removes it at the end, with all below
// it. The test is skipped where that cannot be done.
func Cgroup(t *testing.T) (dir string) {
	t.Helper()
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(mounts)) {
		fields := strings.Fields(line) // device, mount point, type
		if fields[2] != "cgroup2" {
			continue
		}
		dir, err := os.MkdirTemp(fields[1], "netpipe-test-")
		if err != nil {
			t.Skipf("skipped: no cgroup can be made: %v", err)
		}
		t.Cleanup(func() {
			entries, _ := os.ReadDir(dir)
			for _, entry := range entries {
				if entry.IsDir() {
					_ = os.Remove(filepath.Join(dir, entry.Name()))
				}
			}
			if err := os.Remove(dir); err != nil {
				t.Error(err)
			}
		})
		return dir
	}
	t.Skip("skipped: there are no cgroups of version 2")
	return ""
}
