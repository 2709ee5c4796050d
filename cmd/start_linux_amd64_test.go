package cmd_test

import (
	"bufio"
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"imgpipe/netpipe/worker"
)

// TestProcessors: a filter begins with one processor, also as a worker, and goes on with all
// for what may take long. A number that the user sets stays.
func TestProcessors(t *testing.T) {
	if runtime.NumCPU() == 1 {
		t.Skip("this machine has one processor")
	}
	const several = "several"
	large := noiseJPEG(t, 1024)
	var small bytes.Buffer
	if err := png.Encode(&small, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		command []string
		user    string // GOMAXPROCS
		input   []byte // cut off
		first   string // number of processors before there is input; "": not checked
		then    string // number of processors after the input
	}{
		{"small JPEG", []string{"imggray"}, "", noiseJPEG(t, 64)[:1000], "1", "1"},
		{"large JPEG", []string{"imggray"}, "", large[:2000], "1", several},
		{"JPEG to pixels", []string{"imgscale", "-kernel", "lanczos"}, "", noiseJPEG(t, 64)[:1000], "1", several},
		{"PNG", []string{"imgscale"}, "", small.Bytes()[:30], "1", several},
		{"stream", []string{"imggray", "-stream"}, "", nil, "", several},
		{"small JPEG to a worker", []string{"imggray", "-worker"}, "", request(noiseJPEG(t, 64)[:1000]), "1", "1"},
		{"large JPEG to a worker", []string{"imggray", "-worker"}, "", request(large[:2000]), "1", several},
		{"other program", []string{"netpipe", "-run", "cat"}, "", nil, several, several},
		{"the user's number", []string{"imggray"}, "3", large[:2000], "3", "3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd := exec.Command(filepath.Join(bin, c.command[0]), c.command[1:]...)
			cmd.Env = withoutProcessors()
			if c.user != "" {
				cmd.Env = append(cmd.Env, "GOMAXPROCS="+c.user)
			}
			stdin, trace := startTraced(t, cmd)
			if got := processors(t, trace); c.first == several && got == "1" || c.first != several && c.first != "" && got != c.first {
				t.Errorf("%s processors before there is input, want %s", got, c.first)
			}
			if _, err := stdin.Write(c.input); err != nil {
				t.Fatal(err)
			}
			if c.then == several {
				awaitSeveral(t, trace)
				return
			}
			for range 20 {
				if got := processors(t, trace); got != c.then {
					t.Fatalf("%s processors with the input, want %s", got, c.then)
				}
			}
		})
	}
}

// TestTimerSlack: the threads of a filter have a long timer slack until several processors are
// of use, and then that of the process that has started the filter.
func TestTimerSlack(t *testing.T) {
	slackOf := func(thread string) string {
		slack, err := os.ReadFile("/proc/" + thread + "/timerslack_ns")
		if err != nil {
			t.Skip(err) // another process's needs CAP_SYS_NICE
		}
		return strings.TrimSpace(string(slack))
	}
	usual := slackOf("self")
	cmd := exec.Command(filepath.Join(bin, "imggray"))
	cmd.Env = withoutProcessors()
	stdin, trace := startTraced(t, cmd)
	// threads returns the slacks of all threads, each once.
	threads := func() (slacks []string) {
		ids, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", cmd.Process.Pid))
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range ids {
			slacks = append(slacks, slackOf(id.Name()))
		}
		slices.Sort(slacks)
		return slices.Compact(slacks)
	}
	processors(t, trace)
	if got := threads(); !slices.Equal(got, []string{"1000000"}) {
		t.Errorf("slacks of %s ns before there is input, want 1000000", got)
	}
	if _, err := stdin.Write(noiseJPEG(t, 1024)[:2000]); err != nil {
		t.Fatal(err)
	}
	if runtime.NumCPU() > 1 {
		awaitSeveral(t, trace)
	}
	got := threads()
	for lines := 0; !slices.Equal(got, []string{usual}) && lines < traceLines; lines++ {
		processors(t, trace)
		got = threads()
	}
	if !slices.Equal(got, []string{usual}) {
		t.Errorf("slacks of %s ns with several processors, want %s", got, usual)
	}
}

// traceLines is how many lines of the scheduler's trace a test waits for. There is one each ms.
const traceLines = 20000

// startTraced starts a program that writes the scheduler's trace to stderr. It is killed when
// the test ends.
func startTraced(t *testing.T, cmd *exec.Cmd) (stdin io.Writer, trace *bufio.Reader) {
	t.Helper()
	cmd.Env = append(cmd.Env, "GODEBUG=schedtrace=1")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return stdin, bufio.NewReader(stderr)
}

// awaitSeveral waits until the trace tells of several processors.
func awaitSeveral(t *testing.T, trace *bufio.Reader) {
	t.Helper()
	for range traceLines {
		if processors(t, trace) != "1" {
			return
		}
	}
	t.Fatal("one processor, want several")
}

// request returns the greeting of a worker, and a request that begins with input.
func request(input []byte) []byte {
	b := worker.AppendBegin(worker.AppendGreeting(nil, false), 1)
	b = worker.Header{Type: worker.Stdin, ID: 1, Length: len(input)}.Append(b)
	return append(b, input...)
}

var gomaxprocs = regexp.MustCompile(`gomaxprocs=(\d+)`)

// processors returns the number of processors that the next line of the scheduler's trace
// has (GODEBUG=schedtrace).
func processors(t *testing.T, trace *bufio.Reader) string {
	t.Helper()
	line, err := trace.ReadString('\n')
	match := gomaxprocs.FindStringSubmatch(line)
	if err != nil || match == nil {
		t.Fatalf("want a line of the scheduler's trace, got %q, %v", line, err)
	}
	return match[1]
}

// noiseJPEG returns a gray JPEG with the given side, which no decoder is quick to read.
func noiseJPEG(t *testing.T, side int) []byte {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, side, side))
	random := rand.New(rand.NewPCG(1, 2))
	for i := range m.Pix {
		m.Pix[i] = uint8(random.Uint32())
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withoutProcessors returns the environment of the test without GOMAXPROCS.
func withoutProcessors() []string {
	return slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "GOMAXPROCS=") })
}

// TestDefaultsOfAllProcessors: defaults for each processor are for all, also in the text of
// -help.
func TestDefaultsOfAllProcessors(t *testing.T) {
	if n := runtime.GOMAXPROCS(0); n != runtime.NumCPU() {
		t.Skipf("%d of %d processors are for the tests", n, runtime.NumCPU())
	}
	for _, c := range []struct{ command, want string }{
		{"netpipe -run -help", fmt.Sprintf(`-jobs N .*\(default %d\)`, runtime.NumCPU())},
		{"netqueue work -help", fmt.Sprintf(`-jobs N .*\(default %d\)`, 2*runtime.NumCPU())},
	} {
		args := strings.Fields(c.command)
		cmd := exec.Command(filepath.Join(bin, args[0]), args[1:]...)
		cmd.Env = withoutProcessors()
		out, err := cmd.Output()
		if err != nil || !regexp.MustCompile(c.want).Match(out) {
			t.Errorf("%s: %v, want %s in\n%s", c.command, err, c.want, out)
		}
	}
}

// TestProcessorsOfOthers: programs that netpipe starts are not told of one processor.
func TestProcessorsOfOthers(t *testing.T) {
	cmd := exec.Command(filepath.Join(bin, "netpipe"), "-run", "sh", "-c", "cat; echo ${GOMAXPROCS-none}")
	cmd.Env, cmd.Stdin, cmd.Stderr = withoutProcessors(), strings.NewReader("input\n"), os.Stderr
	if out, err := cmd.Output(); err != nil || string(out) != "input\nnone\n" {
		t.Errorf("got %q, %v", out, err)
	}
}

// TestEnvironment: what the entry adds to the environment changes neither the arguments nor
// the rest of the environment.
func TestEnvironment(t *testing.T) {
	for _, env := range [][]string{{}, {"IMGPIPE_FORMAT=png"}, {"A=1", "IMGPIPE_FORMAT=png"}, {"GOMAXPROCSX=1", "IMGPIPE_FORMAT=png", "GOMAXPROC=2", "Z="}} {
		for args := range 4 {
			cmd := exec.Command(filepath.Join(bin, "imggray"), slices.Repeat([]string{"-strict"}, args)...)
			cmd.Env, cmd.Stdin = env, bytes.NewReader(noiseJPEG(t, 8))
			want := "\xff\xd8"
			if slices.Contains(env, "IMGPIPE_FORMAT=png") {
				want = "\x89PNG"
			}
			if out, err := cmd.Output(); err != nil || !strings.HasPrefix(string(out), want) {
				t.Errorf("%d arguments and the environment %q: %v, %.8q", args, env, err, out)
			}
		}
	}
}

// TestPageFaults: a filter touches at most twice the pages that a Go program touches which
// does nothing. Most of the time of a small picture is spent on them.
func TestPageFaults(t *testing.T) {
	dir := t.TempDir()
	source := filepath.Join(dir, "empty.go")
	if err := os.WriteFile(source, []byte("package main\n\nfunc main() {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(dir, "empty")
	if out, err := exec.Command("go", "build", "-o", empty, source).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	base := pageFaults(t, empty)
	for _, filter := range []string{"imggray", "imgscale"} {
		n := pageFaults(t, filepath.Join(bin, filter))
		t.Logf("%s: %d page faults; a program that does nothing: %d", filter, n, base)
		if n > 2*base {
			t.Errorf("%s: %d page faults, want at most %d", filter, n, 2*base)
		}
	}
}

// pageFaults returns the median of the numbers of page faults of a program, with an image of
// a pixel as its input.
func pageFaults(t *testing.T, program string) int64 {
	t.Helper()
	var all []int64
	for range 5 {
		cmd := exec.Command(program)
		cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = withoutProcessors(), bytes.NewReader(noiseJPEG(t, 1)), io.Discard, os.Stderr
		if err := cmd.Run(); err != nil {
			t.Fatal(err)
		}
		all = append(all, cmd.ProcessState.SysUsage().(*syscall.Rusage).Minflt)
	}
	slices.Sort(all)
	return all[len(all)/2]
}
