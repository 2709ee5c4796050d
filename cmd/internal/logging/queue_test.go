package logging

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"syscall"
	"testing"
	"time"
)

const patience = time.Minute

func lostNotice(lost int) []byte { return fmt.Appendf(nil, "lost %d\n", lost) }

// While the reader stalls, records are kept up to a limit, then counted. Neither a record
// nor the end waits.
func TestLogQueueStalled(t *testing.T) {
	r, w := io.Pipe()
	q := newQueue(w, lostNotice)
	go q.run()
	record := append(bytes.Repeat([]byte("x"), 1<<10-1), '\n')
	_, _ = q.Write(record)
	begun := make([]byte, 1)
	if _, err := r.Read(begun); err != nil { // the first record is being written
		t.Fatal(err)
	}
	const fit = maxQueued >> 10
	for range fit + 7 {
		_, _ = q.Write(record)
	}
	if q.Close(time.Millisecond) {
		t.Error("close returned true before all was written")
	}
	want := strings.Repeat(string(record), fit+1) + "lost 7\n"
	got := make([]byte, len(want)-1)
	if _, err := io.ReadFull(r, got); err != nil || string(begun)+string(got) != want {
		t.Errorf("want %d bytes, got ...%q and %v", len(want), got[len(got)-100:], err)
	}
	if !q.Close(patience) {
		t.Error("the queue never ended")
	}
}

// What cannot be written is counted, and told when writing works again.
func TestLogQueueBroken(t *testing.T) {
	for takes, want := range map[int]string{0: "one\nfive\nlost 3\n", 2: "one\ntw\nfive\nlost 3\n"} {
		w := &limitedWriter{left: len("one\n") + takes}
		q := newQueue(w, lostNotice)
		for _, records := range []string{"one", "two three", "four", "five"} {
			if records == "five" {
				w.left = 1000
			}
			for _, r := range strings.Fields(records) {
				_, _ = io.WriteString(q, r+"\n")
			}
			q.flush()
		}
		if got := w.String(); got != want {
			t.Errorf("%d bytes taken: want %q, got %q", takes, want, got)
		}
	}
}

// A limitedWriter takes some bytes, as a full disk does.
type limitedWriter struct {
	bytes.Buffer
	left int
}

func (w *limitedWriter) Write(b []byte) (int, error) {
	n := min(len(b), w.left)
	w.left -= n
	w.Buffer.Write(b[:n])
	if n < len(b) {
		return n, syscall.ENOSPC
	}
	return n, nil
}
