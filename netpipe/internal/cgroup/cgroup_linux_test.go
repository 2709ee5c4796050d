package cgroup

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"imgpipe/netpipe/internal/pipetest"
)

// The cgroup of a program is found in the hierarchy of version 2, wherever that is mounted.
func TestOwn(t *testing.T) {
	const v1 = "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
	for name, test := range map[string]struct {
		cgroup, mounts string
		want           string // "": none
	}{
		"a service":       {"0::/system.slice/netpipe.service\n", "31 23 0:28 / /sys/fs/cgroup rw,relatime shared:9 - cgroup2 cgroup2 rw\n", "/sys/fs/cgroup/system.slice/netpipe.service"},
		"both versions":   {"4:memory:/a\n0::/b\n", v1 + "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 none rw\n", "/sys/fs/cgroup/unified/b"},
		"the root":        {"0::/\n", "31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", "/sys/fs/cgroup"},
		"part is mounted": {"0::/pod/one/two\n", "31 23 0:28 /pod/one /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", "/sys/fs/cgroup/two"},
		"another part":    {"0::/pod/one\n", "31 23 0:28 /pod/on /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", ""},
		"a space":         {"0::/a b\n", "31 23 0:28 / /c\\040d rw - cgroup2 cgroup2 rw\n", "/c d/a b"},
		"version 1 alone": {"4:memory:/a\n", v1, ""},
		"not mounted":     {"4:memory:/a\n0::/b\n", v1, ""},
		"nothing":         {"", "", ""},
		"nonsense":        {"0::\n::\n", "- cgroup2\n - \n\n", ""},
	} {
		root := t.TempDir()
		if err := errors.Join(os.MkdirAll(root+"/proc/self", 0o777),
			os.WriteFile(root+"/proc/self/cgroup", []byte(test.cgroup), 0o666),
			os.WriteFile(root+"/proc/self/mountinfo", []byte(test.mounts), 0o666)); err != nil {
			t.Fatal(err)
		}
		got, err := own(root)
		if test.want == "" && err == nil || test.want != "" && got != root+test.want {
			t.Errorf("%s: want %q, got %q and %v", name, test.want, got, err)
		}
	}
	if _, err := own(t.TempDir()); err == nil {
		t.Error("without /proc: want an error")
	}
}

// What the kernel says of a group is read from its files, also where some are missing.
func TestUsage(t *testing.T) {
	const cpu = "usage_usec 1500\nuser_usec 1000\nsystem_usec 500\n"
	for name, test := range map[string]struct {
		files  map[string]string
		memory bool
		want   Usage
	}{
		"all":               {map[string]string{"cpu.stat": cpu, "memory.peak": "1048576\n", "memory.events": "low 0\nmax 7\noom 1\noom_kill 0\n"}, true, Usage{1500 * time.Microsecond, 1 << 20, false}},
		"killed":            {map[string]string{"cpu.stat": cpu, "memory.peak": "4096\n", "memory.events": "oom 1\noom_kill 2\noom_group_kill 1\n"}, true, Usage{1500 * time.Microsecond, 4096, true}},
		"without memory":    {map[string]string{"cpu.stat": cpu}, false, Usage{CPU: 1500 * time.Microsecond}},
		"before Linux 5.19": {map[string]string{"cpu.stat": cpu, "memory.events": "oom_kill 0\n"}, true, Usage{CPU: 1500 * time.Microsecond}},
		"nonsense":          {map[string]string{"cpu.stat": "usage_usec\nusage_usec x\n", "memory.peak": "max\n", "memory.events": "oom_kill \n"}, true, Usage{}},
		"removed":           {nil, true, Usage{}},
	} {
		dir := t.TempDir()
		for file, text := range test.files {
			if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		if got := (&Group{tree: &Tree{memory: test.memory}, dir: dir}).Usage(); got != test.want {
			t.Errorf("%s: want %+v, got %+v", name, test.want, got)
		}
	}
}

// A process begins in its group, whose processor time is counted. The group is removed when
// its last process has ended.
func TestGroup(t *testing.T) {
	tree := &Tree{dir: pipetest.Cgroup(t)}
	g, err := tree.NewGroup(0)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", "grep ^0:: /proc/self/cgroup; exec >&-; i=0; while [ $i -lt 10000 ]; do i=$((i + 1)); done; read line")
	cmd.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: g.FD()}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	cmd.Stdout = &said
	if err := cmd.Start(); err != nil {
		t.Skipf("skipped: no process can be started in a cgroup: %v", err)
	}
	g.Started()
	g.Close()
	if _, err := os.Stat(g.dir); err != nil {
		t.Errorf("the group of a process that lives: %v", err)
	}
	stdin.Close()
	_ = cmd.Wait()
	if want := "/" + filepath.Base(tree.dir) + "/filter-1\n"; !strings.HasSuffix(said.String(), want) {
		t.Errorf("the process is in %q, want %q", said.String(), want)
	}
	if used := g.Usage(); used.CPU <= 0 {
		t.Errorf("want processor time, got %+v", used)
	}
	tree.Close()
	if _, err := os.Stat(g.dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the group is still there: %v", err)
	}
}

// Groups that a killed program has left are removed, but for those that have processes, and
// the new groups have directories of their own.
func TestGroupsOfAnEarlierLife(t *testing.T) {
	tree := &Tree{dir: t.TempDir()} // of the disk: a directory in a directory keeps it as a process does
	at := func(name string) string { return filepath.Join(tree.dir, name) }
	if err := errors.Join(os.MkdirAll(at("filter-1"), 0o755), os.MkdirAll(at("filter-2/process"), 0o755), os.MkdirAll(at("filter-4"), 0o755)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"filter-3", "filter-5"} {
		g, err := tree.NewGroup(0)
		if err != nil {
			t.Fatal(err)
		}
		defer g.Close()
		defer g.Started()
		if g.dir != at(want) {
			t.Errorf("want %s, got %s", want, g.dir)
		}
	}
	for name, stays := range map[string]bool{"filter-1": false, "filter-2": true, "filter-3": true, "filter-4": false, "filter-5": true} {
		if _, err := os.Stat(at(name)); (err == nil) != stays {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The cgroup of a test, which is not for it alone, is not delegated, and stays as it is.
func TestNotDelegated(t *testing.T) {
	before, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		t.Skip("skipped: there are no cgroups")
	}
	for _, dir := range []string{t.TempDir(), pipetest.Cgroup(t)} {
		if isDelegated(dir) {
			t.Errorf("%s: want no delegation", dir)
		}
	}
	tree, err := Delegated()
	after, _ := os.ReadFile("/proc/self/cgroup")
	if tree != nil || err != nil || string(before) != string(after) {
		t.Errorf("got %v and %v; the cgroup was %q and is %q", tree, err, before, after)
	}
}
