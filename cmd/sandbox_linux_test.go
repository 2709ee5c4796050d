//go:build amd64 || arm64

package cmd_test

import (
	"bufio"
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// withoutSandbox is an environment variable of a process that forbids itself seccomp and
// Landlock, as a system that lacks them, and then becomes the program that it names.
const withoutSandbox = "IMGPIPE_TEST_WITHOUT_SANDBOX"

func init() {
	if program := os.Getenv(withoutSandbox); program != "" {
		err := errors.Join(forbid(unix.SYS_SECCOMP, unix.SYS_LANDLOCK_CREATE_RULESET),
			unix.Exec(program, append([]string{filepath.Base(program)}, os.Args[1:]...), os.Environ()))
		panic(err)
	}
}

// forbid makes system calls fail with ENOSYS.
func forbid(numbers ...uint32) error {
	const ret, load, equal = unix.BPF_RET | unix.BPF_K, unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
	filter := []unix.SockFilter{{Code: load, K: 0}} // the number of the system call
	for i, nr := range numbers {
		filter = append(filter, unix.SockFilter{Code: equal, K: nr, Jt: uint8(len(numbers) - i)})
	}
	filter = append(filter, unix.SockFilter{Code: ret, K: unix.SECCOMP_RET_ALLOW},
		unix.SockFilter{Code: ret, K: unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)})
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if _, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&program))); errno != 0 {
		return errno
	}
	return nil
}

// TestWithoutSandbox runs a filter on a system that has no sandbox.
func TestWithoutSandbox(t *testing.T) {
	if err := exec.Command("grep", "-q", "^Seccomp:", "/proc/self/status").Run(); err != nil {
		t.Skip("this kernel has no seccomp, by which the test forbids it")
	}
	const lack = "no sandbox: this system has neither seccomp nor Landlock"
	warning := "imggray: warning: " + lack + "\n"
	for _, c := range []struct {
		name, env, stderr string
		args              []string
		fails             bool
	}{
		{name: "default", stderr: warning},
		{name: "auto", args: []string{"-sandbox", "auto"}, stderr: warning},
		{name: "auto, a file", args: []string{"-o", "out.jpg"}, stderr: warning},
		{name: "auto, a directory", args: []string{"-o", "./", "/dev/stdin"}, stderr: warning + "imggray: 1 done, 0 skipped, 0 failed\n"},
		{name: "off", args: []string{"-sandbox", "off"}},
		{name: "no-sandbox", args: []string{"-no-sandbox"}},
		{name: "off by the environment", env: "IMGPIPE_SANDBOX=off"},
		{name: "require", args: []string{"-sandbox=require"}, stderr: "imggray: " + lack + " (-sandbox auto goes on with a warning)\n", fails: true},
		{name: "require by the environment", env: "IMGPIPE_SANDBOX=require", stderr: "imggray: " + lack + " (-sandbox auto goes on with a warning)\n", fails: true},
		{name: "no-sandbox against the environment", env: "IMGPIPE_SANDBOX=require", args: []string{"-no-sandbox"}},
		{name: "auto against the environment", env: "IMGPIPE_NO_SANDBOX=1", args: []string{"-sandbox", "auto"}, stderr: warning},
	} {
		t.Run(c.name, func(t *testing.T) {
			in, err := os.ReadFile("../testdata/in/gray.jpg")
			if err != nil {
				t.Fatal(err)
			}
			self, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			var stderr strings.Builder
			cmd := exec.Command(self, c.args...)
			cmd.Dir = t.TempDir()
			cmd.Env = append(os.Environ(), withoutSandbox+"="+filepath.Join(bin, "imggray"), c.env)
			cmd.Stdin, cmd.Stderr = bytes.NewReader(in), &stderr
			out, err := cmd.Output()
			if slices.Contains(c.args, "-o") {
				files, _ := filepath.Glob(filepath.Join(cmd.Dir, "*.jpg"))
				out, _ = os.ReadFile(strings.Join(files, ""))
			}
			if (err != nil) != c.fails || (len(out) == 0) != c.fails || stderr.String() != c.stderr {
				t.Errorf("%d bytes, %v, stderr %q, want %q", len(out), err, stderr.String(), c.stderr)
			}
		})
	}
}

// TestVersionTellsTheSandbox: -version says what the system has.
func TestVersionTellsTheSandbox(t *testing.T) {
	out, err := exec.Command(filepath.Join(bin, "imggray"), "-version").Output()
	if want := regexp.MustCompile(`^imggray \S+ go\S+ linux/\w+, sandbox: (none|seccomp|Landlock \d+|seccomp and Landlock \d+)\n$`); err != nil || !want.Match(out) {
		t.Errorf("%q, %v", out, err)
	}
}

// TestFilesAreOnTheDiskFirst follows the system calls of a filter with -o: the file is
// synced, then renamed, then its directory is synced.
func TestFilesAreOnTheDiskFirst(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed")
	}
	in, err := filepath.Abs("../testdata/in/gray.jpg")
	if err != nil {
		t.Fatal(err)
	}
	for _, mode := range []string{"auto", "off"} {
		trace := filepath.Join(t.TempDir(), "trace")
		cmd := exec.Command(strace, "-f", "-y", "-o", trace, "-e", "trace=fsync,fdatasync,rename,renameat,renameat2,exit_group",
			filepath.Join(bin, "imggray"), "-sandbox", mode, "-o", "out.jpg", in)
		cmd.Dir = t.TempDir()
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Skipf("strace: %v: %s", err, out) // where ptrace is forbidden
		}
		got, err := os.ReadFile(trace)
		if err != nil {
			t.Fatal(err)
		}
		dir := regexp.QuoteMeta(cmd.Dir)
		order := regexp.MustCompile(`(?s)fsync\(\d+<` + dir + `/\.out\.jpg\.\w+\.tmp>` +
			`.*rename\w*\([^\n]*\.tmp"[^\n]*"out\.jpg"` +
			`.*fsync\(\d+<` + dir + `>.*exit_group\(0`)
		if !order.Match(got) {
			t.Errorf("-sandbox %s: wanted the file synced, renamed, and its directory synced, got:\n%s", mode, got)
		}
	}
}

// TestServerTellsTheSandbox: the log of netpipe says which sandbox its filters have.
func TestServerTellsTheSandbox(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	netpipe := filepath.Join(bin, "netpipe")
	for _, c := range []struct{ name, program, env, want string }{
		{"by default", netpipe, "", `,"sandbox":"auto","system":"`},
		{"required", netpipe, "IMGPIPE_SANDBOX=require", `,"sandbox":"require","system":"`},
		{"none", self, "", `"level":"WARN","msg":"imggray and imgscale run without a sandbox`},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd := exec.Command(c.program, "-listen", "127.0.0.1:0", "imggray")
			cmd.Env = append(os.Environ(), withoutSandbox+"="+netpipe, c.env)
			stderr, err := cmd.StderrPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			defer func() {
				_ = cmd.Process.Signal(unix.SIGTERM)
				_ = cmd.Wait()
			}()
			var log strings.Builder
			for lines := bufio.NewScanner(stderr); lines.Scan(); {
				log.WriteString(lines.Text() + "\n")
				if strings.Contains(lines.Text(), "sandbox") {
					break
				}
			}
			if !strings.Contains(log.String(), c.want) {
				t.Errorf("the log is %s, want a record with %s", log.String(), c.want)
			}
		})
	}
}
