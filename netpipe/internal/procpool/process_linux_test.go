package procpool

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/pipetest"
)

// A pipe that was full is grown, once: a filter that does not read yet is sent more than
// a pipe holds as it is made, and so is netpipe of a filter's answer.
func TestFullPipesAreGrown(t *testing.T) {
	pipetest.LeavesNothing(t)
	meeting := pipetest.NewMeeting(t)
	s := newSupervisor(Config{})
	defer s.stop()
	p := startProcess(t, s, pipetest.Filter("hold:"+meeting.String(), "read", "write:1000000"))
	defer p.Release()
	defer p.Abort()
	held := meeting.Come()
	in := NewInputChunk()
	defer in.Free()
	waits := 0
	for size := 0; size+len(in.Room()) < pipeSize; size += in.N {
		in.N = len(in.Room())
		err := p.Push(&in, func(write func() error) error {
			waits++
			return write()
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if waits != 1 {
		t.Errorf("stdin: waited %d times, want once", waits)
	}
	in.N, in.Last = 0, true
	_ = p.Push(&in, nil)
	_ = held.(fdio.Socket).CloseWrite()

	holds := func(least int) {
		t.Helper()
		pipetest.Eventually(t, func() error {
			if n := queued(t, p.stdout); n < least {
				return fmt.Errorf("stdout has %d bytes, want %d", n, least)
			}
			return nil
		})
	}
	holds(fdio.ChunkSize)
	var b [fdio.ChunkSize]byte
	if _, err := p.Read(b[:]); err != nil {
		t.Fatal(err)
	}
	holds(fdio.ChunkSize + 1) // more than a pipe holds as it is made
}

// A child that has died is seen as often as one asks, and stays a zombie.
func TestDeadChild(t *testing.T) {
	child := exec.Command("sleep", "1000")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	pid := child.Process.Pid
	if got := deadChild(pid); got != 0 {
		t.Errorf("of a process that lives: got %d", got)
	}
	_ = child.Process.Kill()
	for deadChild(pid) == 0 {
		time.Sleep(time.Millisecond)
	}
	if got := deadChild(pid); got != pid {
		t.Errorf("of a zombie: want %d again, got %d", pid, got)
	}
	if status, _ := waitFor(pid); status.Signal() != syscall.SIGKILL {
		t.Errorf("the zombie's status: got %v", status)
	}
	if got := deadChild(pid); got != 0 {
		t.Errorf("after it was waited for: got %d", got)
	}
	_ = child.Process.Release()
}

// Where a process cannot be stopped when it executes its program, it gets its limits
// before it has an input.
func TestLimitsWithoutStop(t *testing.T) {
	pipetest.LeavesNothing(t)
	s := newSupervisor(Config{Limits: Limits{Memory: 1 << 30, CPU: time.Minute}})
	defer s.stop()
	prog, err := newProgram(Program{Args: []string{"sh", "-c", "read line; ulimit -H -t; ulimit -H -d; ulimit -H -c"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, prog.stopsAtExec = range []bool{true, false} {
		p, err := s.start(prog, func(*process) {})
		if err != nil {
			t.Fatal(err)
		}
		_, _ = p.stdin.WriteString("\n")
		if got, err := io.ReadAll(p); string(got) != "61\n1048576\n0\n" || err != nil {
			t.Errorf("stops: %t: got %q and %v", prog.stopsAtExec, got, err)
		}
		p.Release()
	}
}

// What a process and its children have taken is known when it has ended; their memory only if
// it is more than that of this program.
func TestUsage(t *testing.T) {
	pipetest.LeavesNothing(t)
	s := newSupervisor(Config{})
	defer s.stop()
	const large = 150_000_000
	for script, atLeast := range map[string]int64{
		fmt.Sprintf("head -c %d /dev/zero | tail -c %[1]d", large): large,
		"i=0; while [ $i -lt 10000 ]; do i=$((i + 1)); done":       0,
	} {
		p := startProcess(t, s, []string{"sh", "-c", script})
		_, _ = io.Copy(io.Discard, p)
		if err := p.Wait(); err != nil {
			t.Fatal(err)
		}
		p.Release()
		used := p.Status().Used
		if used.CPU <= 0 || used.CPU > time.Minute || used.Memory < atLeast || used.Memory > 2*atLeast {
			t.Errorf("%s: got %v of processor time and %d bytes", script, used.CPU, used.Memory)
		}
	}
}

// A limit that netpipe itself is under stays where it is narrower.
func TestInheritedLimits(t *testing.T) {
	child := exec.Command("sleep", "1000")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = child.Process.Kill()
		_ = child.Wait()
	}()
	pid := child.Process.Pid
	narrow := unix.Rlimit{Cur: 10, Max: 20}
	if err := unix.Prlimit(pid, unix.RLIMIT_CPU, &narrow, nil); err != nil {
		t.Fatal(err)
	}
	if err := (Limits{CPU: time.Minute}).apply(pid, "1000"); err != nil {
		t.Fatal(err)
	}
	var got unix.Rlimit
	if err := unix.Prlimit(pid, unix.RLIMIT_CPU, nil, &got); err != nil || got.Cur != 20 || got.Max != 20 {
		t.Errorf("want the inherited hard limit, got %v and %v", got, err)
	}
}

// A program that has rights of its own is not traced.
func TestMayStopAtExec(t *testing.T) {
	for mode, want := range map[os.FileMode]bool{0o755: true, 0o755 | os.ModeSetuid: false, 0o755 | os.ModeSetgid: false} {
		path := t.TempDir() + "/program"
		if err := os.WriteFile(path, nil, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if got := mayStopAtExec(path); got != want {
			t.Errorf("%v: want %t, got %t", mode, want, got)
		}
	}
}

// queued returns how many bytes are in a pipe.
func queued(t *testing.T, pipe *os.File) int {
	t.Helper()
	raw, err := pipe.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if closed := raw.Control(func(fd uintptr) { n, err = unix.IoctlGetInt(int(fd), unix.TIOCINQ) }); closed != nil || err != nil {
		t.Fatal(closed, err)
	}
	return n
}
