package worker_test

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"imgpipe/netpipe/worker"
)

// TestAnswerReader: an answer ends with END_REQUEST, and with nothing else.
func TestAnswerReader(t *testing.T) {
	const id = 7
	record := func(kind worker.Type, id uint16, content string) string {
		return string(worker.Header{Type: kind, ID: id, Length: len(content), Padding: 3}.Append(nil)) + content + "pad"
	}
	end := func(id uint16, status uint32) string { return string(worker.AppendEnd(nil, id, status)) }
	out := record(worker.Stdout, id, "answer")
	long := strings.Repeat("x", worker.MaxContent)
	for _, c := range []struct {
		name, sent     string
		answer, stderr string
		status         uint32
		err            error
	}{
		{name: "whole", sent: out + end(id, 0), answer: "answer"},
		{name: "in two parts, with words", sent: record(worker.Stdout, id, "ans") + record(worker.Stderr, id, "two ") + record(worker.Stderr, id, "words") + record(worker.Stdout, id, "wer") + end(id, 0), answer: "answer", stderr: "two words"},
		{name: "failed", sent: out + record(worker.Stderr, id, "why") + end(id, 3), answer: "answer", stderr: "why", status: 3},
		{name: "without content", sent: record(worker.Stdout, id, "") + end(id, 0)},
		{name: "the longest record", sent: record(worker.Stdout, id, long) + record(worker.Stderr, id, long) + end(id, 0), answer: long, stderr: long},
		{name: "nothing", err: io.ErrUnexpectedEOF},
		{name: "cut off before the end", sent: out, answer: "answer", err: io.ErrUnexpectedEOF},
		{name: "cut off in a header", sent: out[:4], err: io.ErrUnexpectedEOF},
		{name: "cut off in a record", sent: out[:12], answer: "answ", err: io.ErrUnexpectedEOF},
		{name: "cut off in padding", sent: out[:15], answer: "answer", err: io.ErrUnexpectedEOF},
		{name: "cut off in END_REQUEST", sent: end(id, 0)[:12], err: io.ErrUnexpectedEOF},
		{name: "cut off in words", sent: record(worker.Stderr, id, "why")[:10], stderr: "wh", err: io.ErrUnexpectedEOF},
		{name: "of another request", sent: record(worker.Stdout, id+1, "answer") + end(id, 0), err: worker.ErrProtocol},
		{name: "the end of another request", sent: out + end(id+1, 0), answer: "answer", err: worker.ErrProtocol},
		{name: "a record of a request", sent: record(worker.Stdin, id, "answer") + end(id, 0), err: worker.ErrProtocol},
		{name: "END_REQUEST of another length", sent: record(worker.EndRequest, id, "four"), err: worker.ErrProtocol},
		{name: "END_REQUEST with a protocol status", sent: record(worker.EndRequest, id, "\x00\x00\x00\x00\x01\x00\x00\x00"), err: worker.ErrProtocol},
		{name: "no record", sent: "imggray: hello", err: worker.ErrProtocol},
	} {
		for _, in := range []io.Reader{strings.NewReader(c.sent), iotest.OneByteReader(strings.NewReader(c.sent))} {
			var answer, stderr bytes.Buffer
			a := worker.AnswerReader{In: bufio.NewReaderSize(in, 16), ID: id, Stderr: func(text []byte) { stderr.Write(text) }}
			_, err := io.Copy(&answer, &a)
			if err != c.err || answer.String() != c.answer || stderr.String() != c.stderr || a.Status() != c.status {
				t.Errorf("%s: %.20q, %.20q, status %d, %v; want %.20q, %.20q, %d, %v", c.name,
					answer.String(), stderr.String(), a.Status(), err, c.answer, c.stderr, c.status, c.err)
			}
		}
	}
}
