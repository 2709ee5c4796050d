package procpool

import (
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
	s, err := newSupervisor(Config{Filter: pipetest.Filter("hold:"+meeting.String(), "read", "write:1000000")}, func(*process) {})
	if err != nil {
		t.Fatal(err)
	}
	defer s.stop()
	p, err := s.start()
	if err != nil {
		t.Fatal(err)
	}
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

	for start := time.Now(); queued(t, p.stdout) < fdio.ChunkSize; time.Sleep(time.Millisecond) {
		if time.Since(start) > pipetest.Patience {
			t.Fatalf("stdout has %d bytes, want it full", queued(t, p.stdout))
		}
	}
	var b [fdio.ChunkSize]byte
	if _, err := p.Read(b[:]); err != nil {
		t.Fatal(err)
	}
	for start := time.Now(); queued(t, p.stdout) <= fdio.ChunkSize; time.Sleep(time.Millisecond) {
		if time.Since(start) > pipetest.Patience {
			t.Fatalf("stdout has %d bytes, want more than it holds as it is made", queued(t, p.stdout))
		}
	}
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
	if status := waitFor(pid); status.Signal() != syscall.SIGKILL {
		t.Errorf("the zombie's status: got %v", status)
	}
	if got := deadChild(pid); got != 0 {
		t.Errorf("after it was waited for: got %d", got)
	}
	_ = child.Process.Release()
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
