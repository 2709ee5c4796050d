//go:build amd64 || arm64

package sandbox

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestAttempts enters every kind of sandbox in a process of its own, makes all attempts,
// and compares their outcomes with the table.
func TestAttempts(t *testing.T) {
	kernel := Available()
	landlockOnly := Held{Landlock: kernel.Landlock}
	if kernel.Seccomp {
		kernel.Landlock = 0 // it is not used
	}
	bin := childBinary(t)
	unrestricted := run(t, bin, "no sandbox", Held{})
	for _, tt := range []struct {
		mode string
		want Held
		by   func(attempt) denial
	}{
		{"without Move", kernel, func(a attempt) denial { return a.withoutMove }},
		{"with Move", kernel, func(a attempt) denial { return a.withMove }},
		{"with Move, no seccomp", landlockOnly, func(a attempt) denial { return a.withMove }},
	} {
		t.Run(tt.mode, func(t *testing.T) {
			if tt.mode == "with Move, no seccomp" && !kernel.Seccomp {
				t.Skip("this kernel has no seccomp")
			}
			results := run(t, bin, tt.mode, tt.want)
			for _, a := range attempts {
				if tt.by(a).outcome(tt.want) == "" && tt.by(a).outcome(kernel) != "" {
					continue // the mechanism that denies this is missing in this mode
				}
				t.Run(a.name, func(t *testing.T) { checkOutcome(t, tt.by(a), tt.want, unrestricted[a.name], results[a.name]) })
			}
		})
	}
}

// TestMove carries out the Move in the sandbox, and looks for nothing else that changed.
func TestMove(t *testing.T) {
	bin := childBinary(t)
	for mode, want := range map[string]map[string]string{
		"rename": {"old": "dir/mover, whole", "removable": "dir/removable"},
		"remove": {"old": "dir/old", "removable": "dir/removable"},
	} {
		t.Run(mode, func(t *testing.T) {
			dir := makeFiles(t, bin)
			cmd := exec.Command(bin)
			cmd.Env = append(os.Environ(), envMode+"="+mode, envTestDir+"="+dir)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			entries, err := os.ReadDir(filepath.Join(dir, "dir"))
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			for _, e := range entries {
				if e.Type().IsRegular() {
					data, err := os.ReadFile(filepath.Join(dir, "dir", e.Name()))
					if err != nil {
						t.Fatal(err)
					}
					got[e.Name()] = string(data)
				}
			}
			if !maps.Equal(got, want) {
				t.Errorf("in the directory is %q, want %q", got, want)
			}
		})
	}
}

// TestCgo checks a program with threads that the Go runtime does not know. Landlock
// covers them from ABI version 8 on, seccomp always.
func TestCgo(t *testing.T) {
	if !cgo() {
		t.Skip("this test binary has no cgo; with -race it has")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	want := Held{Seccomp: Available().Seccomp}
	if abi := landlockABI(); abi >= 8 && !want.Seccomp {
		want.Landlock = abi
	}
	unrestricted, results := run(t, self, "no sandbox", Held{}), run(t, self, "without Move", want)
	for _, a := range attempts {
		t.Run(a.name, func(t *testing.T) { checkOutcome(t, a.withoutMove, want, unrestricted[a.name], results[a.name]) })
	}
}

// checkOutcome compares the outcome of an attempt with the expected one. It skips attempts that
// fail in the same way without a sandbox, because they prove nothing.
func checkOutcome(t *testing.T, by denial, held Held, unrestricted, got string) {
	want := by.outcome(held)
	if want == "" {
		t.Skipf("the mechanism that denies this is not in force (%+v)", held)
	}
	if want != "ok" && unrestricted == want {
		t.Skipf("fails without a sandbox too, with %s", want)
	}
	if got != want {
		t.Errorf("wanted %s, got %s (without a sandbox: %s)", want, got, unrestricted)
	}
}

// run starts a child and returns the outcome of each attempt by its name. It checks that
// all threads of the child are in the sandbox before the attempts.
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
	if got := lines.Text(); got != want.String() {
		t.Errorf("%s: wanted held %+v, got %q", mode, want, got)
	}
	if want.Seccomp {
		checkThreads(t, cmd.Process.Pid)
	}
	if _, err := io.WriteString(stdin, "stdin"); err != nil {
		t.Error(err)
	}
	stdin.Close()
	results := make(map[string]string)
	for lines.Scan() {
		name, result, _ := strings.Cut(lines.Text(), "\t")
		results[name] = result
	}
	if err := errors.Join(lines.Err(), cmd.Wait()); err != nil {
		t.Fatalf("%s: child: %v\n%s", mode, err, stderr.String())
	}
	return results
}

// checkThreads checks in /proc that each thread of a process has a seccomp filter and
// no_new_privs.
func checkThreads(t *testing.T, pid int) {
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

// TestEnds checks how processes in the sandbox end.
func TestEnds(t *testing.T) {
	bin := childBinary(t)
	for _, tt := range []struct {
		mode, stderr, state string
	}{
		{"exit", "", "exit status 0"},
		{"panic", "panic: on purpose\n\ngoroutine 1", "exit status 2"},
		{"terminated", "", "signal: terminated"},
		{"broken pipe", "", "signal: broken pipe"},
		{"no directory", "sandbox: open ", "exit status 1"},
	} {
		t.Run(tt.mode, func(t *testing.T) {
			var stderr strings.Builder
			cmd := childCommand(t, bin, tt.mode)
			cmd.Stderr = &stderr
			// A pipe without a reader.
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

// BenchmarkProcess measures the wall time of a process that does nothing, and of one
// that enters the sandbox.
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

// childCommand returns the command of a child with a test directory of its own.
func childCommand(t testing.TB, bin, mode string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), bin)
	cmd.Env = append(os.Environ(), envMode+"="+mode, envTestDir+"="+makeFiles(t, bin))
	// An attempt signals the process group, which must not be the test's.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

// makeFiles creates a directory with the files that the attempts use.
func makeFiles(t testing.TB, bin string) string {
	t.Helper()
	testDir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(testDir, "dir", "below"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"secret", "victim", "removable", "renamable", "mover", "dir/old", "dir/removable", "dir/mover"} {
		if err := os.WriteFile(filepath.Join(testDir, name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range map[string]string{"program": bin, "dir/link": filepath.Join(testDir, "victim")} {
		if err := os.Symlink(target, filepath.Join(testDir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return testDir
}

// binaryDir is the directory for the child program. It exists while the tests run.
var binaryDir string

// childBinary returns the child program: this test binary, or the same built without
// cgo.
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

// cgo reports whether this binary uses cgo, so that it may have threads that the Go
// runtime does not know.
func cgo() bool {
	_, _, errno := syscall.AllThreadsSyscall(unix.SYS_GETPID, 0, 0, 0)
	return errno == syscall.ENOTSUP
}
