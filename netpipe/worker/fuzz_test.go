package worker_test

import (
	"bufio"
	"bytes"
	"io"
	"slices"
	"testing"

	"imgpipe/netpipe/worker"
)

// FuzzServe checks what a worker that copies makes of any bytes: whole records, and an
// END_REQUEST with status 0 for the requests that a plain reading of the protocol finds
// whole, with their inputs as answers.
func FuzzServe(f *testing.F) {
	padded := func(id uint16, input string) []byte {
		b := worker.AppendBegin(nil, id)
		if input != "" {
			b = append(worker.Header{Type: worker.Stdin, ID: id, Length: len(input), Padding: 1}.Append(b), input+"0"...)
		}
		return worker.Header{Type: worker.Stdin, ID: id}.Append(b)
	}
	whole := append(worker.AppendGreeting(nil, false), padded(1, "abc")...)
	f.Add(whole)
	f.Add(whole[:len(whole)-1])
	f.Add(append(bytes.Clone(whole), padded(2, "")...))
	f.Add(append(worker.AppendGreeting(bytes.Clone(whole), false), padded(1, "next")...))
	f.Add(append(worker.AppendBegin(nil, 1), padded(2, "of another")[16:]...))
	f.Add([]byte("\xff\xd8\xff"))
	f.Fuzz(func(t *testing.T, sent []byte) {
		var out bytes.Buffer
		_ = worker.Serve(bytes.NewReader(sent), &out, cat)
		var answers []string
		var answer []byte
		for r := bufio.NewReader(&out); ; {
			h, err := worker.ReadHeader(r)
			if err == io.EOF {
				break
			}
			content := make([]byte, h.Length+h.Padding)
			if _, short := io.ReadFull(r, content); err != nil || short != nil {
				t.Fatalf("not a whole record: %v, %v", err, short)
			}
			content = content[:h.Length]
			switch h.Type {
			case worker.Stdout:
				answer = append(answer, content...)
			case worker.EndRequest:
				if status, err := worker.ParseEnd(content); status != 0 || err != nil {
					t.Errorf("want status 0, got %d and %v", status, err)
				}
				answers = append(answers, string(answer))
				answer = nil
			}
		}
		if want := readPlainly(sent); !slices.Equal(answers, want) {
			t.Errorf("want the answers %q, got %q", want, answers)
		}
	})
}

// readPlainly returns the inputs of the whole requests in b, up to the first fault.
func readPlainly(b []byte) (inputs []string) {
	id, input := uint16(0), ""
	for len(b) >= 8 && b[0] == 1 {
		kind, of, length, padding := b[1], uint16(b[2])<<8|uint16(b[3]), int(b[4])<<8|int(b[5]), int(b[6])
		if b = b[8:]; len(b) < length+padding {
			return inputs
		}
		content := string(b[:length])
		b = b[length+padding:]
		switch {
		case id == 0 && kind == 9 && of == 0: // a greeting
		case id == 0 && kind == 1 && of != 0:
			id, input = of, ""
		case id != 0 && kind == 5 && of == id && length > 0:
			input += content
		case id != 0 && kind == 5 && of == id:
			inputs, id = append(inputs, input), 0
		default:
			return inputs
		}
	}
	return inputs
}
