package netpipe

import (
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A pipe that was full is widened, once: the filter that waits for its turn takes
// more than a pipe does by itself, and so does netpipe of its answer.
func TestFullPipesAreWidened(t *testing.T) {
	leavesNothing(t)
	meeting := newMeeting(t)
	k, err := newKeeper(filter("hold:"+meeting.String(), "read", "write:1000000"), func(*process) {})
	if err != nil {
		t.Fatal(err)
	}
	defer k.stop()
	p, err := k.process()
	if err != nil {
		t.Fatal(err)
	}
	defer p.free()
	defer p.abort()
	held := meeting.come()
	in := newPiece()
	defer in.release()
	waits := 0
	for size := 0; size+len(in.room()) < pipeSize; size += in.n {
		in.n = len(in.room())
		err := p.push(&in, func(write func() error) error {
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
	in.n, in.last = 0, true
	_ = p.push(&in, nil)
	_ = held.(socket).CloseWrite()

	for start := time.Now(); queued(t, p.stdout) < chunkSize; time.Sleep(time.Millisecond) {
		if time.Since(start) > patience {
			t.Fatalf("stdout has %d bytes, want it full", queued(t, p.stdout))
		}
	}
	var b [chunkSize]byte
	if _, err := p.Read(b[:]); err != nil {
		t.Fatal(err)
	}
	for start := time.Now(); queued(t, p.stdout) <= chunkSize; time.Sleep(time.Millisecond) {
		if time.Since(start) > patience {
			t.Fatalf("stdout has %d bytes, want more than it takes by itself", queued(t, p.stdout))
		}
	}
}

// queued is how many bytes are in a pipe.
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
