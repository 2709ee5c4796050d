package netpipe

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"imgpipe/netpipe/internal/pipetest"
)

// TestSoakOfPrograms plays the soak with two processes of the program, which have few
// descriptors, and whose logs are not read. The first one's filters are two processes each,
// the second one's are workers. At the end nothing may be left, and the memory of the
// servers may not have grown.
func TestSoakOfPrograms(t *testing.T) {
	pipetest.Parallel(t)
	program := buildNetpipe(t)
	run := &soak{t: t, count: *soakCount, seed: seed(t), limited: true}
	memory := "512MiB"
	if hasRaceDetector() { // which maps much memory
		memory, run.limited = "0", false
	}
	tmp := filepath.Join(t.TempDir(), "tmp")
	if err := os.Mkdir(tmp, 0o700); err != nil {
		t.Fatal(err)
	}
	options := []string{"-limit-memory", memory, "-env", "GORACE", "-max", "32", "-pool", "2", "-log-format", "text",
		"-timeout", "10m", "-idle-timeout", "10m", "-queue-timeout", "10m", "-listen", "127.0.0.1:0"}
	second := startProgram(t, tmp, program, slices.Concat(options, []string{"-reuse", "100"}, pipetest.Worker()))
	second.log.Close()
	next := second.at[0].Address
	first := startProgram(t, tmp, program, slices.Concat(options, []string{"-listen", "http://127.0.0.1:0", "-next", next}, pipetest.Filter("obey", "+", "copy")))
	servers := []*soakServer{first, second}

	run.at = first.at
	run.reload = func() { hangUp(t, first.cmd, second.cmd) }
	run.tick = func(i int) {
		if i -= warmUp; i >= 0 && i%max(1, (run.count-warmUp)/100) == 0 {
			for _, s := range servers {
				s.resident = append(s.resident, s.residentMemory())
			}
		}
	}
	run.play()
	for _, s := range servers {
		s.hasFreedAll()
		if run.count >= 10_000 { // of fewer connections a tenth says little
			s.hasNotGrown()
		}
	}
	for _, s := range servers {
		s.end()
	}
	if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
		t.Errorf("left in the temporary directory: %v (%v)", left, err)
	}
	pipetest.Eventually(t, func() error {
		if left := processesWith("TMPDIR=" + tmp); len(left) > 0 {
			return fmt.Errorf("processes are left: %q", left)
		}
		return nil
	})
}

// buildNetpipe builds the program, and returns its path. The program will obey SIGHUP, also
// if nohup has this process ignore it.
func buildNetpipe(t *testing.T) (program string) {
	t.Helper()
	if signal.Ignored(syscall.SIGHUP) {
		signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	}
	program = filepath.Join(t.TempDir(), "netpipe")
	if out, err := exec.Command("go", "build", "-o", program, "imgpipe/cmd/netpipe").CombinedOutput(); errors.Is(err, exec.ErrNotFound) {
		t.Skip("there is no go command to build netpipe with")
	} else if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return program
}

// hangUp sends SIGHUP to processes of netpipe, which start their filters anew then.
func hangUp(t *testing.T, programs ...*exec.Cmd) {
	t.Helper()
	for _, cmd := range programs {
		if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Error(err)
		}
	}
}

// warmUp is after how many connections the heap of a server has its size: then the queue of
// the log that is not read is full, too.
const warmUp = 8000

func hasRaceDetector() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

// A soakServer is a process of netpipe. Its log has been read up to the records of the
// addresses.
type soakServer struct {
	t        *testing.T
	cmd      *exec.Cmd
	at       []Addr
	log      io.Closer
	filters  int      // processes that are started ahead
	files    []string // the descriptors before the first connection
	resident []int    // memory, in KiB, at equal distances
}

// startProgram starts netpipe with a low limit of open files.
func startProgram(t *testing.T, tmp, program string, args []string) *soakServer {
	t.Helper()
	cmd := exec.Command("sh", slices.Concat([]string{"-c", `ulimit -n 400; exec "$0" "$@"`, program}, args)...)
	cmd.Env = append(os.Environ(), "TMPDIR="+tmp)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	cmd.Stderr = w
	err = cmd.Start()
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	s := &soakServer{t: t, cmd: cmd, log: r, filters: 2}
	if slices.Contains(args, "+") {
		s.filters *= 2
	}
	for log := bufio.NewScanner(r); len(s.at) < strings.Count(strings.Join(args, " "), "-listen "); {
		if !log.Scan() {
			t.Fatalf("netpipe does not listen: %v", log.Err())
		}
		_, rest, found := strings.Cut(log.Text(), "msg=listening addr=")
		if !found {
			continue
		}
		word, _, _ := strings.Cut(rest, " ")
		at, err := ParseAddr(word)
		if err != nil {
			t.Fatal(err)
		}
		s.at = append(s.at, at)
	}
	_, _ = ask(t, s.at[0], []byte("exit:1\n")) // the runtime has opened what it needs
	pipetest.Eventually(t, s.lacksFilters)
	s.files = s.openFiles()
	return s
}

// lacksFilters returns an error if there are other processes than those of the pools.
func (s *soakServer) lacksFilters() error {
	if children := pipetest.Children(s.cmd.Process.Pid, ""); len(children) != s.filters {
		return fmt.Errorf("processes of filters: want %d, got %v", s.filters, children)
	}
	return nil
}

// hasFreedAll waits until the server has no more descriptors and processes than before the
// first connection.
func (s *soakServer) hasFreedAll() {
	s.t.Helper()
	pipetest.Eventually(s.t, s.lacksFilters)
	pipetest.Eventually(s.t, func() error {
		if now := s.openFiles(); len(now) > len(s.files) {
			return fmt.Errorf("open files: want %d, got %d: %q", len(s.files), len(now), now)
		}
		return nil
	})
}

// hasNotGrown compares the memory of the first tenth of the connections with that of the
// last one.
func (s *soakServer) hasNotGrown() {
	s.t.Helper()
	mean := func(kib []int) (sum int) {
		for _, n := range kib {
			sum += n
		}
		return sum / len(kib)
	}
	tenth := len(s.resident) / 10
	before, after := mean(s.resident[:tenth]), mean(s.resident[len(s.resident)-tenth:])
	s.t.Logf("resident memory: %d KiB in the first tenth, %d KiB in the last", before, after)
	if after > before+before/10 {
		s.t.Errorf("the memory has grown: %v KiB", s.resident)
	}
}

// end ends the server by SIGTERM.
func (s *soakServer) end() {
	s.t.Helper()
	timer := time.AfterFunc(pipetest.Patience, func() { _ = s.cmd.Process.Kill() })
	defer timer.Stop()
	if err := errors.Join(s.cmd.Process.Signal(syscall.SIGTERM), s.cmd.Wait()); err != nil {
		s.t.Error(err)
	}
}

// openFiles returns what the server's descriptors are of.
func (s *soakServer) openFiles() (names []string) {
	links, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", s.cmd.Process.Pid))
	for _, link := range links {
		if to, err := os.Readlink(link); err == nil {
			names = append(names, to)
		}
	}
	return names
}

// residentMemory returns VmRSS of the server in KiB.
func (s *soakServer) residentMemory() int {
	s.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		s.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "\nVmRSS:")
	n, err := strconv.Atoi(strings.Fields(rest + " x")[0])
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// processesWith returns the processes that have the variable in their environment.
func processesWith(variable string) (found []string) {
	environments, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, name := range environments {
		if text, err := os.ReadFile(name); err == nil && slices.Contains(strings.Split(string(text), "\x00"), variable) {
			found = append(found, filepath.Dir(name))
		}
	}
	return found
}
