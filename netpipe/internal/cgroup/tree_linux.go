package cgroup

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// A Tree is a cgroup that is delegated to this program. Several goroutines may use it at
// once.
type Tree struct {
	dir    string
	memory bool // groups below count and bound memory

	mu   sync.Mutex
	made uint64   // the number of the last group
	left []string // directories of groups that a process was in when they were closed
}

// leaf is the name of the cgroup below the delegated one that this program moves into: a
// cgroup with a controller for those below it has no processes of its own.
const leaf = "netpipe"

// Delegated returns the cgroup of this program if it is delegated, and moves the program
// into a leaf of it. It returns nil if there is none, or if it is not for this program alone.
//
// To root every cgroup is writable. There it is delegated only if the service manager has
// marked it.
func Delegated() (*Tree, error) {
	dir, err := own("/")
	if err != nil || !isDelegated(dir) {
		return nil, nil // such as with version 1 alone
	}
	t := &Tree{dir: dir}
	if err := os.Mkdir(filepath.Join(dir, leaf), 0o755); err != nil && !errors.Is(err, os.ErrExist) {
		return nil, fmt.Errorf("cgroup: %w", err)
	}
	if err := write(filepath.Join(dir, leaf), "cgroup.procs", strconv.Itoa(os.Getpid())); err != nil {
		return nil, err
	}
	t.memory = write(dir, "cgroup.subtree_control", "+memory") == nil // else it is not delegated
	return t, nil
}

// isDelegated reports whether a cgroup is delegated, and has no process but this one.
func isDelegated(dir string) bool {
	for _, name := range []string{"", "cgroup.procs", "cgroup.subtree_control"} {
		if unix.Access(filepath.Join(dir, name), unix.W_OK) != nil {
			return false
		}
	}
	if os.Geteuid() == 0 && !isMarked(dir) {
		return false
	}
	processes, err := os.ReadFile(filepath.Join(dir, "cgroup.procs"))
	return err == nil && strings.TrimSpace(string(processes)) == strconv.Itoa(os.Getpid())
}

// isMarked reports whether systemd has marked a cgroup as delegated.
func isMarked(dir string) bool {
	return slices.ContainsFunc([]string{"user.delegate", "trusted.delegate"}, func(attribute string) bool {
		value := make([]byte, 1)
		n, err := unix.Getxattr(dir, attribute, value)
		return err == nil && n == 1 && value[0] == '1'
	})
}

// HasMemory reports whether groups count and bound memory.
func (t *Tree) HasMemory() bool { return t.memory }

// A Group is the cgroup of one process and of all that it starts.
type Group struct {
	tree *Tree
	dir  string
	file *os.File
}

// NewGroup makes a cgroup. Its processes may have so much memory together, in bytes, which
// then is not swapped; 0 means no limit. If they need more, the kernel kills all of them.
func (t *Tree) NewGroup(memory int64) (*Group, error) {
	t.sweep(sweepAtOnce)
	dir, err := t.makeDir()
	if err != nil {
		return nil, fmt.Errorf("cgroup: %w", err)
	}
	g := &Group{tree: t, dir: dir}
	if t.memory && memory > 0 {
		err = write(g.dir, "memory.max", strconv.FormatInt(memory, 10))
		_ = write(g.dir, "memory.swap.max", "0") // not there without swap
		_ = write(g.dir, "memory.oom.group", "1")
	}
	if err == nil {
		g.file, err = os.OpenFile(g.dir, unix.O_PATH|unix.O_DIRECTORY, 0)
	}
	if err != nil {
		os.Remove(g.dir)
		return nil, fmt.Errorf("cgroup: %w", err)
	}
	return g, nil
}

// makeDir makes the directory of the next group. A program that was killed in this tree has
// left the directories of its groups: they are removed, those with processes are passed over.
func (t *Tree) makeDir() (dir string, err error) {
	for {
		t.mu.Lock()
		t.made++
		dir = filepath.Join(t.dir, "filter-"+strconv.FormatUint(t.made, 10))
		t.mu.Unlock()
		if err = os.Mkdir(dir, 0o755); !errors.Is(err, os.ErrExist) {
			return dir, err
		}
		os.Remove(dir)
	}
}

// FD returns the descriptor for clone3(2) with CLONE_INTO_CGROUP.
func (g *Group) FD() int { return int(g.file.Fd()) }

// Started closes the descriptor.
func (g *Group) Started() { g.file.Close() }

// Usage returns what the processes have taken so far.
func (g *Group) Usage() Usage {
	u := Usage{CPU: microseconds(field(g.dir, "cpu.stat", "usage_usec"))}
	if g.tree.memory {
		u.Memory = number(g.dir, "memory.peak")
		u.OOMKill = field(g.dir, "memory.events", "oom_kill") > 0
	}
	return u
}

// Close removes the cgroup, at once or when its last process has ended.
func (g *Group) Close() {
	if os.Remove(g.dir) == nil {
		return
	}
	g.tree.mu.Lock()
	defer g.tree.mu.Unlock()
	g.tree.left = append(g.tree.left, g.dir)
}

// sweepAtOnce is how many of the groups that were left are looked at for each new group.
const sweepAtOnce = 2

// sweep removes groups that were left, if their processes have ended meanwhile; most of them
// are looked at, the oldest first.
func (t *Tree) sweep(most int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for range min(most, len(t.left)) {
		dir := t.left[0]
		t.left = t.left[1:]
		if err := os.Remove(dir); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.left = append(t.left, dir)
		}
	}
}

// closeTimeout is how long Close waits for processes that have been killed, and are about to
// end.
const closeTimeout = time.Second

// Close removes all groups whose processes have ended.
func (t *Tree) Close() {
	for end := time.Now().Add(closeTimeout); ; time.Sleep(time.Millisecond) {
		t.mu.Lock()
		left := len(t.left)
		t.mu.Unlock()
		if left == 0 || time.Now().After(end) {
			return
		}
		t.sweep(left)
	}
}

// write writes to a file of a cgroup.
func write(dir, name, text string) error {
	file, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("cgroup: %w", err)
	}
	defer file.Close()
	if _, err := file.WriteString(text); err != nil {
		return fmt.Errorf("cgroup: %w", err)
	}
	return nil
}
