package procpool

import (
	"os"
	"strings"
	"sync"

	"imgpipe/netpipe/internal/fdio"
)

// What is kept of a filter's stderr, in bytes: of its first line, which names the cause
// where a long trace follows, and of its end.
const (
	headSize = 256
	tailSize = 2 << 10
)

// A tail is the end of what a filter wrote to stderr. Bytes are read from the pipe
// under mu: they are always either in the pipe or in the tail.
type tail struct {
	mu   sync.Mutex
	kept []byte
	head []byte    // the beginning, if there was something before kept; else nil
	buf  [512]byte // of tryRead; on the stack, it would make the stack of readAll grow
}

// readAll reads a pipe up to its end or its deadline.
func (t *tail) readAll(pipe *os.File) {
	for fdio.AwaitReadable(pipe) == nil {
		if _, err := t.tryRead(pipe); err != nil {
			return
		}
	}
}

// catchUp reads what is in the pipe at the moment. Another goroutine may be in
// readAll.
func (t *tail) catchUp(pipe *os.File) {
	for n := 1; n > 0; {
		n, _ = t.tryRead(pipe)
	}
}

func (t *tail) tryRead(pipe *os.File) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n, err := fdio.TryRead(pipe, t.buf[:])
	t.appendLocked(t.buf[:n])
	return n, err
}

// append adds b to the end.
func (t *tail) append(b []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.appendLocked(b)
}

// appendLocked is append for a caller that holds t.mu.
func (t *tail) appendLocked(b []byte) {
	t.kept = append(t.kept, b...)
	if cut := len(t.kept) - tailSize; cut > 0 {
		if t.head == nil {
			t.head = append(t.head, t.kept[:headSize]...)
		}
		t.kept = append(t.kept[:0], t.kept[cut:]...)
	}
}

func (t *tail) isEmpty() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.kept) == 0
}

// drain returns the tail's text, like String, and empties the tail.
func (t *tail) drain() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := t.text()
	t.kept, t.head = t.kept[:0], nil
	return text
}

// String returns the tail without the white space around it. If there was something
// before it, the first line of that and a line that begins with "…" are in front.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text()
}

func (t *tail) text() string {
	text := strings.TrimSpace(strings.ToValidUTF8(string(t.kept), "?"))
	if t.head == nil {
		return text
	}
	first, _, _ := strings.Cut(strings.TrimSpace(strings.ToValidUTF8(string(t.head), "?")), "\n")
	return first + "\n…" + text
}
