package netpipe

import (
	"io"
	"strings"
)

// tailSize bounds what is kept of a filter's stderr, in bytes.
const tailSize = 2 << 10

// A tail is the end of what was read.
type tail struct {
	kept []byte
	more bool // there was something before it
}

// readFrom reads r to its end, or to its deadline.
func (t *tail) readFrom(r io.Reader) {
	var buf [512]byte
	for {
		n, err := r.Read(buf[:])
		t.kept = append(t.kept, buf[:n]...)
		if cut := len(t.kept) - tailSize; cut > 0 {
			t.kept = append(t.kept[:0], t.kept[cut:]...)
			t.more = true
		}
		if err != nil {
			return
		}
	}
}

// String is the tail without the line breaks around it. It begins with "…" if
// there was something before it.
func (t *tail) String() string {
	text := strings.TrimSpace(strings.ToValidUTF8(string(t.kept), "?"))
	if t.more {
		return "…" + text
	}
	return text
}
