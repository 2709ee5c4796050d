package pipetest

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

// parallel and checked are names of tests.
var parallel, checked sync.Map

// Parallel lets t run beside other tests. With -parallel 1 it does nothing, so that
// LeavesNothing can look after each test.
func Parallel(t *testing.T) {
	if flag.Lookup("test.parallel").Value.String() == "1" {
		return
	}
	parallel.Store(t.Name(), true)
	t.Parallel()
}

// isParallel reports whether t or the test that it is part of runs beside others.
func isParallel(t testing.TB) bool {
	for name := t.Name(); name != "."; name = filepath.Dir(name) {
		if _, is := parallel.Load(name); is {
			return true
		}
	}
	return false
}

// LeavesNothing fails t if, after all cleanups that t registers later, goroutines,
// processes or open files are left that are not there now. They cannot be told from
// those of other tests that run at once; Main looks for these.
func LeavesNothing(t testing.TB) {
	t.Helper()
	if isParallel(t) {
		return
	}
	if _, again := checked.LoadOrStore(t.Name(), true); again {
		return
	}
	before := count()
	t.Cleanup(func() {
		checked.Delete(t.Name())
		for _, left := range before.left() {
			t.Error(left)
		}
	})
}

// counts are what a server must not add to.
type counts struct {
	goroutines goleak.Option
	children   map[string]bool
	files      int
}

func count() counts {
	if r, w, err := os.Pipe(); err == nil { // the runtime's poller has descriptors of its own
		r.Close()
		w.Close()
	}
	return counts{goleak.IgnoreCurrent(), Children(os.Getpid(), ""), len(files())}
}

// left describes what is there now and was not before.
func (before counts) left() (found []string) {
	if err := goleak.Find(before.goroutines); err != nil {
		found = append(found, fmt.Sprintf("goroutines left: %v", err))
	}
	for child := range Children(os.Getpid(), "") {
		if !before.children[child] {
			found = append(found, "process left: "+child)
		}
	}
	if now := files(); len(now) > before.files {
		found = append(found, fmt.Sprintf("%d open files, %d before: %v", len(now), before.files, now))
	}
	return found
}

// Children returns the processes whose parent is pid, zombies included; with a state, "Z"
// for example, those in that state.
func Children(pid int, state string) map[string]bool {
	found := map[string]bool{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range stats {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // it ended
		}
		head, rest, _ := strings.Cut(string(text), ") ")
		var is string
		var parent int
		if _, err := fmt.Sscan(rest, &is, &parent); err == nil && parent == pid && (state == "" || is == state) {
			found[head+") "+is] = true
		}
	}
	return found
}

// files returns what this process's descriptors are of.
func files() []string {
	var names []string
	links, _ := filepath.Glob("/proc/self/fd/*")
	for _, link := range links {
		if to, err := os.Readlink(link); err == nil && !strings.Contains(to, "/proc/") {
			names = append(names, to)
		}
	}
	return names
}
