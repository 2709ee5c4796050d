package imgcmd

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"imgpipe/netpipe/worker"
)

// TestReceive: an answer counts as whole only if its END_REQUEST says so.
func TestReceive(t *testing.T) {
	record := func(kind worker.Type, id uint16, content string) string {
		return string(worker.Header{Type: kind, ID: id, Length: len(content), Padding: 3}.Append(nil)) + content + "pad"
	}
	end := func(status uint32) string { return string(worker.AppendEnd(nil, requestID, status)) }
	out := record(worker.Stdout, requestID, "answer")
	for _, c := range []struct {
		name, sent, report string
		err                error
	}{
		{"whole", out + end(0), "", nil},
		{"whole in two parts, with a word", record(worker.Stdout, requestID, "ans") + record(worker.Stderr, requestID, "word") + record(worker.Stdout, requestID, "wer") + end(0), "", nil},
		{"failed", out + record(worker.Stderr, requestID, "why") + end(1), "why", nil},
		{"failed without a reason", out + end(1), "it failed without a word", nil},
		{"nothing", "", "", io.ErrUnexpectedEOF},
		{"cut off before the end", out, "", io.ErrUnexpectedEOF},
		{"cut off in a record", out[:12], "", io.ErrUnexpectedEOF},
		{"cut off in a header", out[:4], "", io.ErrUnexpectedEOF},
		{"of another request", record(worker.Stdout, requestID+1, "answer") + end(0), "", worker.ErrProtocol},
		{"a record that only we send", record(worker.Stdin, requestID, "answer") + end(0), "", worker.ErrProtocol},
		{"no record", "imggray: hello", "", worker.ErrProtocol},
	} {
		var got bytes.Buffer
		w := &runningWorker{answer: bufio.NewReader(strings.NewReader(c.sent))}
		report, err := w.receive(&got)
		if report != c.report || !errors.Is(err, c.err) {
			t.Errorf("%s: %q and %v, want %q and %v", c.name, report, err, c.report, c.err)
		}
		if err == nil && got.String() != "answer" {
			t.Errorf("%s: got %q", c.name, got.String())
		}
	}
	largest := record(worker.Stdout, requestID, string(make([]byte, worker.MaxContent))) + end(0)
	w := &runningWorker{answer: bufio.NewReader(strings.NewReader(largest))}
	if _, err := w.receive(io.Discard); err != nil {
		t.Errorf("the largest record: %v", err)
	}
	full := errors.New("full")
	w = &runningWorker{answer: bufio.NewReader(strings.NewReader(out + end(0)))}
	if _, err := w.receive(writerFunc(func([]byte) (int, error) { return 0, full })); err != full {
		t.Errorf("a full disk: %v", err)
	}
}
