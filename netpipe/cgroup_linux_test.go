package netpipe

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"imgpipe/netpipe/internal/pipetest"
)

// startDelegated starts s in a cgroup of its own, which is delegated to it.
func startDelegated(t *testing.T, s *Server) (server *apart, dir string) {
	t.Helper()
	dir = pipetest.Cgroup(t)
	if err := unix.Setxattr(dir, "user.delegate", []byte("1"), 0); err != nil {
		t.Skipf("skipped: the cgroup cannot be marked: %v", err)
	}
	fd, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer fd.Close()
	s.FilterCgroups = true
	return startApart(t, s, func(cmd *exec.Cmd) {
		cmd.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: int(fd.Fd())}
	}), dir
}

// stop has the server drain, and waits for its end.
func (a *apart) stop() {
	a.t.Helper()
	_ = a.cmd.Process.Signal(syscall.SIGTERM)
	for a.log.Scan() {
	}
	if err := a.cmd.Wait(); err != nil {
		a.t.Error(err)
	}
}

// groupsOf returns the groups of filters in a delegated cgroup.
func groupsOf(t *testing.T, dir string) []string {
	t.Helper()
	groups, err := filepath.Glob(filepath.Join(dir, "filter-*"))
	if err != nil {
		t.Fatal(err)
	}
	return groups
}

// With a cgroup that is delegated to netpipe, each process of the filter is in a cgroup of its
// own, and the record has what it took. At the end none of them is left.
func TestFilterCgroups(t *testing.T) {
	pipetest.Parallel(t)
	for _, reuse := range []int{0, 2} {
		s := quick()
		s.Filter = []string{"sh", "-c", "cat > /dev/null; (grep ^0:: /proc/self/cgroup)"}
		if s.Reuse = reuse; reuse > 0 {
			s.Filter = quickWorkers().Filter
		}
		server, dir := startDelegated(t, s)
		for range 3 {
			answer, err := ask(t, server.addr, []byte("copy\nhello"))
			if err != nil || reuse == 0 && !strings.HasPrefix(string(answer), "0::/"+filepath.Base(dir)+"/filter-") {
				t.Errorf("reuse %d: got %q and %v", reuse, answer, err)
			}
			if cpu := server.line("msg=connection", "cpu"); !strings.HasSuffix(cpu, "s") {
				t.Errorf("reuse %d: want processor time, got %q", reuse, cpu)
			}
		}
		if groups := groupsOf(t, dir); len(groups) == 0 {
			t.Errorf("reuse %d: there are no groups", reuse)
		}
		server.stop()
		if groups := groupsOf(t, dir); len(groups) > 0 {
			t.Errorf("reuse %d: left: %v", reuse, groups)
		}
	}
}

// A filter that takes more memory than its cgroup may have dies alone, and the log says why.
func TestFilterCgroupMemory(t *testing.T) {
	pipetest.Parallel(t)
	s := quick()
	s.Filter = []string{"sh", "-c", "read size; head -c $size /dev/zero | tail -c $size | wc -c"}
	s.FilterMemory = 64 << 20
	server, dir := startDelegated(t, s)
	defer server.stop()
	controllers, err := os.ReadFile(filepath.Join(dir, "cgroup.controllers"))
	if err != nil || !strings.Contains(string(controllers), "memory") {
		t.Skipf("skipped: cgroups of version 2 have no memory controller here: %q", controllers)
	}
	answer, err := ask(t, server.addr, []byte("200000000\n"))
	wantReset(t, answer, err)
	if said := server.line("msg=connection", "err"); !strings.Contains(said, ErrFilterMemory.Error()) {
		t.Errorf("want %v, got %q", ErrFilterMemory, said)
	}
	answer, err = ask(t, server.addr, []byte("1000\n"))
	wantWhole(t, answer, err, []byte("1000\n"))
}
