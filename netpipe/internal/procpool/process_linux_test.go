package procpool

import (
	"os"
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
	s, err := newSupervisor(pipetest.Filter("hold:"+meeting.String(), "read", "write:1000000"), func(*process) {})
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
