package netpipe

import (
	"os"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// tailSize bounds what is kept of a filter's stderr, in bytes.
const tailSize = 2 << 10

// A tail is the end of what was read.
type tail struct {
	mu   sync.Mutex
	kept []byte
	more bool // there was something before it
}

// readFrom reads a pipe to its end, or to its deadline.
func (t *tail) readFrom(pipe *os.File) {
	raw, err := pipe.SyscallConn()
	for more := true; more && err == nil; {
		err = raw.Read(func(fd uintptr) bool {
			var n int
			n, more = t.readNow(fd)
			return n > 0 || !more
		})
	}
}

// catchUp reads what is in a pipe from which another goroutine reads as well.
func (t *tail) catchUp(pipe *os.File) {
	raw, err := pipe.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		for n := 1; n > 0; {
			n, _ = t.readNow(fd)
		}
	})
}

// readNow reads some of what is there, and reports whether there may be more,
// now or later.
func (t *tail) readNow(fd uintptr) (n int, more bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var buf [512]byte
	for {
		n, err := unix.Read(int(fd), buf[:])
		if err == unix.EINTR {
			continue
		}
		t.add(buf[:max(n, 0)])
		return n, n > 0 || err == unix.EAGAIN
	}
}

// write adds to the tail.
func (t *tail) write(b []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.add(b)
}

func (t *tail) add(b []byte) {
	t.kept = append(t.kept, b...)
	if cut := len(t.kept) - tailSize; cut > 0 {
		t.kept = append(t.kept[:0], t.kept[cut:]...)
		t.more = true
	}
}

// isEmpty reports whether nothing was read.
func (t *tail) isEmpty() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.kept) == 0
}

// take is String; the tail is empty after it.
func (t *tail) take() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := t.text()
	t.kept, t.more = t.kept[:0], false
	return text
}

// String is the tail without the line breaks around it. It begins with "…" if
// there was something before it.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text()
}

func (t *tail) text() string {
	text := strings.TrimSpace(strings.ToValidUTF8(string(t.kept), "?"))
	if t.more {
		return "…" + text
	}
	return text
}
