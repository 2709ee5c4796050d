package netpipe

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/pipetest"
)

func TestFullTemporaryDirectory(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("netpipe-test", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("this machine doesn't let the test mount a small file system: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, 0) })
	t.Setenv("TMPDIR", dir)
	for _, read := range []string{"read", "read:1"} {
		server := start(t, quick(read, "write:70000000"))
		answer, err := ask(t, server.addr, pipetest.Noise(100_000))
		wantReset(t, answer, err)
		if r := server.verdict(notHeld); !strings.Contains(r["err"], "no space left") {
			t.Errorf("err: want no space left, got %v", r)
		}
		// Answers that fit into memory are still sent.
		small := start(t, quick(read, "write:1000"))
		answer, err = ask(t, small.addr, pipetest.Noise(100_000))
		wantWhole(t, answer, err, pipetest.Written(1000))
	}
	if left, _ := filepath.Glob(dir + "/*"); len(left) > 0 {
		t.Errorf("left in the temporary directory: %v", left)
	}
}

// Each process of a filter is under its limits, also one that the filter starts before it
// reads, and a limit that is met ends the process.
func TestFilterLimits(t *testing.T) {
	pipetest.Parallel(t)
	const show = "cat > /dev/null; ulimit -H -c; ulimit -S -d; ulimit -H -d; ulimit -S -t; ulimit -H -t; cat /proc/self/oom_score_adj"
	adj, err := os.ReadFile("/proc/self/oom_score_adj")
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("0\n1048576\n1048576\n3\n4\n%d\n", min(atoi(t, strings.TrimSpace(string(adj)))+500, 1000))
	for _, filter := range [][]string{{"sh", "-c", show}, {"sh", "-c", "(" + show + ") | cat"}, {"sh", "-c", show, "+", "cat"}, {"cat", "+", "sh", "-c", show}} {
		for _, pool := range []int{0, 1} {
			s := quick()
			s.Filter, s.Pool = filter, pool
			s.FilterMemory, s.FilterCPU = 1<<30, 2500*time.Millisecond
			server := start(t, s)
			answer, err := ask(t, server.addr, pipetest.Noise(10))
			server.verdict(whole)
			wantWhole(t, answer, err, []byte(want))
		}
	}
	for _, test := range []struct {
		name, script, status string
		code                 int // over HTTP
	}{
		{"memory", "head -c 100000000 /dev/zero | tail -c 100000000", "exit status 1", 422},
		{"processor time", "while :; do :; done", "killed by signal 24 (CPU time limit exceeded)", 500},
	} {
		for _, network := range []string{"tcp", "http"} {
			t.Run(test.name+"/"+network, func(t *testing.T) {
				pipetest.Parallel(t)
				s := quick()
				s.Filter = []string{"sh", "-c", "cat > /dev/null; " + test.script}
				s.FilterMemory, s.FilterCPU = 64<<20, time.Second
				s.Listen[0].Network = network
				server := start(t, s)
				if network == "tcp" {
					answer, err := ask(t, server.addr, pipetest.Noise(10))
					wantReset(t, answer, err)
				} else {
					got, err := post(t, server.addr, bytes.NewReader(pipetest.Noise(10)), nil)
					got.says(t, err, test.code, "")
				}
				if r := server.verdict(filterFailed); r["status"] != test.status {
					t.Errorf("status: want %q, got %v", test.status, r)
				}
			})
		}
	}
}

// A filter is nicer than netpipe, with all that it starts, from its first instruction on.
func TestFilterNice(t *testing.T) {
	pipetest.Parallel(t)
	own, err := exec.Command("nice").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, add := range []int{0, 3, 19} {
		s := quick()
		s.Filter = []string{"sh", "-c", "(nice; nice) | cat; cat > /dev/null"}
		s.FilterNice = add
		server := start(t, s)
		answer, err := ask(t, server.addr, pipetest.Noise(10))
		want := min(atoi(t, strings.TrimSpace(string(own)))+add, 19)
		wantWhole(t, answer, err, fmt.Appendf(nil, "%d\n%[1]d\n", want))
		server.verdict(whole)
	}
}

// A filter gets a few variables and no descriptor of netpipe, nor one that netpipe has
// inherited.
func TestFilterInherits(t *testing.T) {
	pipetest.Parallel(t)
	s := quick()
	s.Filter = []string{"sh", "-c", "cat > /dev/null; ls /proc/self/fd; env"}
	s.Env = []string{"NETPIPE_TEST_MORE"}
	server := startApart(t, s, func(cmd *exec.Cmd) {
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "IMGPIPE_X=1", "NETPIPE_TEST_MORE=2", "SECRET=3", "LC_TIME=C"}
		cmd.ExtraFiles = []*os.File{os.Stdin, os.Stdin}
	})
	answer, err := ask(t, server.addr, pipetest.Noise(10))
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Fields(string(answer))
	slices.Sort(got)
	got = slices.DeleteFunc(got, func(word string) bool { return strings.HasPrefix(word, "PWD=") || strings.HasPrefix(word, "_=") }) // of sh
	want := []string{"0", "1", "2", "3",                                                                                             // 3 is of ls
		"IMGPIPE_X=1", "LC_TIME=C", "NETPIPE_TEST_MORE=2", "PATH=" + os.Getenv("PATH")}
	if !slices.Equal(got, want) {
		t.Errorf("want %q, got %q", want, got)
	}
}

// As PID 1, netpipe is the parent of processes that its filters leave behind, and waits for
// them.
func TestPIDOne(t *testing.T) {
	pipetest.Parallel(t)
	t.Run("one program", func(t *testing.T) { isPIDOne(t) })
	t.Run("two programs", func(t *testing.T) { isPIDOne(t, "+", "copy") })
}

// isPIDOne plays with a filter that leaves a daemon, and has more steps.
func isPIDOne(t *testing.T, more ...string) {
	meeting := pipetest.NewMeeting(t)
	at := meeting.String()
	s := quick(append([]string{"read", "hold:" + at, "daemon:" + at, "write:10"}, more...)...)
	server := startApart(t, s, func(cmd *exec.Cmd) {
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID}
	})
	client := connect(t, server.addr)
	send(t, client, pipetest.Noise(10))
	_ = client.CloseWrite()
	meeting.Dies(meeting.Come())
	orphan := meeting.Come()
	_ = orphan.(fdio.Socket).CloseWrite() // lets the orphan end
	meeting.Dies(orphan)
	answer, err := io.ReadAll(client) // the orphan had the pipe open
	wantWhole(t, answer, err, pipetest.Written(10))
	pipetest.Eventually(t, func() error {
		if zombies := pipetest.Children(server.cmd.Process.Pid, "Z"); len(zombies) > 0 {
			return fmt.Errorf("zombies that are not waited for: %v", zombies)
		}
		return nil
	})
}

// TestSlowAndLossyPath plays the soak in a network of its own, where segments
// are late and get lost. A reset can be lost as well, and is not sent again: a client
// that waits for it finds out by a keep-alive probe or by a timeout. So this is
// about what comes with a FIN, not about when.
func TestSlowAndLossyPath(t *testing.T) {
	if os.Getenv("NETPIPE_TEST_LOSSY") != "" {
		return // this is that network
	}
	const setup = `ip link set lo mtu 1500 up && {
	tc qdisc add dev lo root netem delay 2ms loss 1% ||
	tc qdisc add dev lo root tbf rate 200mbit burst 16kb latency 2ms; } 2>&1`
	inside := func(script string) (string, error) {
		cmd := exec.Command("sh", "-c", script, os.Args[0])
		cmd.Env = append(os.Environ(), "NETPIPE_TEST_LOSSY=1")
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := inside(setup); err != nil {
		t.Skipf("this machine doesn't let the test make a lossy network: %v: %s", err, out)
	}
	out, err := inside(setup + ` >/dev/null; "$0" -test.count 1 -test.run "^TestSoak$" -test.v -soak 100 || exit; tc -s qdisc show dev lo`)
	if err != nil || strings.Contains(out, "dropped 0,") {
		t.Errorf("%v:\n%s", err, out)
	}
	t.Log(out)
}
