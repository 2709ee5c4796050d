//go:build amd64 || arm64

package sandbox

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// TestAttempts enters every kind of sandbox in a process of its own, and holds
// what came of each attempt against the table.
func TestAttempts(t *testing.T) {
	kernel := Held{Seccomp: kernelSeccomp(), Landlock: kernelLandlock()}
	seccompOnly, landlockOnly := Held{Seccomp: kernel.Seccomp}, Held{Landlock: kernel.Landlock}
	nothingKept := kernel
	if kernel.Seccomp {
		nothingKept = seccompOnly
	}
	bin := childBinary(t)
	bare := run(t, bin, "bare", Held{})
	for _, tt := range []struct {
		mode string
		want Held
		by   func(attempt) closed
	}{
		{"nothing kept", nothingKept, func(a attempt) closed { return a.nothing }},
		{"Dir kept", kernel, func(a attempt) closed { return a.dir }},
		{"Dir kept, no seccomp", landlockOnly, func(a attempt) closed { return a.dir }},
		{"Dir kept, no Landlock", seccompOnly, func(a attempt) closed { return a.dir }},
	} {
		t.Run(tt.mode, func(t *testing.T) {
			if tt.mode == "Dir kept, no seccomp" && !kernel.Seccomp {
				t.Skip("this kernel has no seccomp to take away")
			}
			came := run(t, bin, tt.mode, tt.want)
			for _, a := range attempts {
				if tt.by(a).outcome(tt.want) == "" && tt.by(a).outcome(kernel) != "" {
					continue // what closes this was taken away
				}
				t.Run(a.name, func(t *testing.T) { check(t, tt.by(a), tt.want, bare[a.name], came[a.name]) })
			}
		})
	}
}

// TestCgo is for a program that has threads which the Go runtime doesn't know:
// Landlock covers them from ABI 8 on, seccomp always.
func TestCgo(t *testing.T) {
	if !cgo() {
		t.Skip("this test binary has no cgo (it has with -race)")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	want := Held{Seccomp: kernelSeccomp()}
	if abi := kernelLandlock(); abi >= 8 && !want.Seccomp {
		want.Landlock = abi
	}
	bare, came := run(t, self, "bare", Held{}), run(t, self, "nothing kept", want)
	for _, a := range attempts {
		t.Run(a.name, func(t *testing.T) { check(t, a.nothing, want, bare[a.name], came[a.name]) })
	}
}

// check holds what came of an attempt against what the parts that hold are to make
// of it. What fails alike without a sandbox proves nothing.
func check(t *testing.T, by closed, held Held, bare, came string) {
	want := by.outcome(held)
	if want == "" {
		t.Skipf("what closes this isn't in force (%+v)", held)
	}
	if want != "ok" && bare == want {
		t.Skipf("fails without a sandbox too: %s", want)
	}
	if came != want {
		t.Errorf("wanted %s, got %s (without a sandbox: %s)", want, came, bare)
	}
}

// run starts a child and returns what came of each attempt, by name. All
// its threads must be in the sandbox before it begins.
func run(t *testing.T, bin, mode string, want Held) map[string]string {
	t.Helper()
	cmd := childCommand(t, bin, mode)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	lines.Scan()
	if got := lines.Text(); got != fmt.Sprintf("%t %d", want.Seccomp, want.Landlock) {
		t.Errorf("%s: wanted held %+v, got %q", mode, want, got)
	}
	if want.Seccomp {
		threadsFiltered(t, cmd.Process.Pid)
	}
	if _, err := io.WriteString(stdin, "stdin"); err != nil {
		t.Error(err)
	}
	stdin.Close()
	came := make(map[string]string)
	for lines.Scan() {
		name, result, _ := strings.Cut(lines.Text(), "\t")
		came[name] = result
	}
	if err := errors.Join(lines.Err(), cmd.Wait()); err != nil {
		t.Fatalf("%s: child: %v\n%s", mode, err, stderr.String())
	}
	return came
}

// threadsFiltered looks from outside whether each thread of a process has a
// filter and no_new_privs.
func threadsFiltered(t *testing.T, pid int) {
	t.Helper()
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	if err != nil || len(tasks) < 8 {
		t.Fatalf("wanted the status of 8 threads or more, got %d (%v)", len(tasks), err)
	}
	for _, task := range tasks {
		status, err := os.ReadFile(task)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ESRCH) {
			continue // it has ended
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"NoNewPrivs:\t1", "Seccomp:\t2"} {
			if !strings.Contains(string(status), want+"\n") {
				t.Errorf("%s: wanted %q, got %s", task, want, status)
			}
		}
	}
}

// TestEnds is how a process in the sandbox ends.
func TestEnds(t *testing.T) {
	bin := childBinary(t)
	for _, tt := range []struct {
		mode, stderr, state string
	}{
		{"exit", "", "exit status 0"},
		{"panic", "panic: as it should\n\ngoroutine 1", "exit status 2"},
		{"terminated", "", "signal: terminated"},
		{"broken pipe", "", "signal: broken pipe"},
		{"no directory", "sandbox: open ", "exit status 1"},
	} {
		t.Run(tt.mode, func(t *testing.T) {
			var stderr strings.Builder
			cmd := childCommand(t, bin, tt.mode)
			cmd.Stderr = &stderr
			// A pipe that nobody reads.
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			r.Close()
			cmd.Stdout = w
			if err := cmd.Run(); cmd.ProcessState == nil {
				t.Fatal(err)
			}
			if got := cmd.ProcessState.String(); got != tt.state {
				t.Errorf("wanted %s, got %s", tt.state, got)
			}
			if !strings.HasPrefix(stderr.String(), tt.stderr) {
				t.Errorf("wanted stderr to begin with %q, got %q", tt.stderr, stderr.String())
			}
		})
	}
}

// BenchmarkProcess is the wall time of a whole process that does nothing,
// and of one that enters the sandbox.
func BenchmarkProcess(b *testing.B) {
	bin := childBinary(b)
	for _, mode := range []string{"idle", "exit"} {
		b.Run(mode, func(b *testing.B) {
			env := append(os.Environ(), envMode+"="+mode)
			for b.Loop() {
				p, err := os.StartProcess(bin, []string{bin}, &os.ProcAttr{Env: env})
				if err != nil {
					b.Fatal(err)
				}
				if state, err := p.Wait(); err != nil || !state.Success() {
					b.Fatal(state, err)
				}
			}
		})
	}
}

func childCommand(t testing.TB, bin, mode string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), bin)
	cmd.Env = append(os.Environ(), envMode+"="+mode, envRoom+"="+newRoom(t, bin))
	// The attempt to signal the process group must not reach the test's.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

// newRoom makes the files that the attempts are about.
func newRoom(t testing.TB, bin string) string {
	t.Helper()
	room := t.TempDir()
	if err := os.MkdirAll(filepath.Join(room, "dir", "below"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"secret", "victim", "removable", "renamable", "mover", "dir/old", "dir/removable", "dir/mover"} {
		if err := os.WriteFile(filepath.Join(room, name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range map[string]string{"program": bin, "dir/link": filepath.Join(room, "victim")} {
		if err := os.Symlink(target, filepath.Join(room, name)); err != nil {
			t.Fatal(err)
		}
	}
	return room
}

// binaryDir is where a child is built, for as long as the tests run.
var binaryDir string

// childBinary is this test binary, or one built without cgo, as the programs are.
func childBinary(t testing.TB) string {
	t.Helper()
	bin, err := buildChild()
	if err != nil {
		t.Fatal(err)
	}
	return bin
}

var buildChild = sync.OnceValues(func() (string, error) {
	if !cgo() {
		return os.Executable()
	}
	bin := filepath.Join(binaryDir, "child")
	build := exec.Command("go", "test", "-c", "-race=false", "-o", bin, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%v: %w\n%s", build, err, out)
	}
	return bin, nil
})

// cgo says whether this binary has threads that Go doesn't know of.
func cgo() bool {
	_, _, errno := syscall.AllThreadsSyscall(unix.SYS_GETPID, 0, 0, 0)
	return errno == syscall.ENOTSUP
}

// kernelSeccomp asks the kernel whether it takes filters.
func kernelSeccomp() bool {
	action := uint32(unix.SECCOMP_RET_ALLOW)
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_GET_ACTION_AVAIL, 0, uintptr(unsafe.Pointer(&action)))
	return errno == 0
}

// kernelLandlock asks the kernel for the version of Landlock's ABI; 0 if it has none.
func kernelLandlock() int {
	abi, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 {
		return 0
	}
	return int(abi)
}
