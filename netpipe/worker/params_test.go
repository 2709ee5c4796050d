package worker_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"imgpipe/netpipe/worker"
)

// serveParams plays a whole session of a worker that takes parameters and answers with
// them and its input. It returns what the worker sends.
func serveParams(sent []byte) ([]byte, error) {
	var out bytes.Buffer
	err := worker.ServeParams(bytes.NewReader(sent), &out, func(params []worker.Param) (worker.Filter, error) {
		for _, p := range params {
			if p.Value == "wrong" {
				return nil, fmt.Errorf("%s is wrong", p.Name)
			}
		}
		return func(w io.Writer, r io.Reader) error {
			fmt.Fprintf(w, "%q ", params)
			_, err := io.Copy(w, r)
			return err
		}, nil
	})
	return out.Bytes(), err
}

// request returns a request with parameters, and an input of one record.
func request(id uint16, params []worker.Param, input string) []byte {
	b := worker.AppendBegin(nil, id)
	if params != nil {
		b = worker.AppendParams(b, id, params)
	}
	if input != "" {
		b = append(worker.Header{Type: worker.Stdin, ID: id, Length: len(input)}.Append(b), input...)
	}
	return worker.Header{Type: worker.Stdin, ID: id}.Append(b)
}

// answered returns the records of an answer, or of the refusal of a request.
func answered(id uint16, kind worker.Type, text string, status uint32) []byte {
	b := append(worker.Header{Type: kind, ID: id, Length: len(text)}.Append(nil), text...)
	return worker.AppendEnd(b, id, status)
}

func TestServeParams(t *testing.T) {
	long := strings.Repeat("x", 300)
	for _, test := range []struct {
		name   string
		params []worker.Param
		kind   worker.Type
		text   string
		status uint32
	}{
		{"none", nil, worker.Stdout, "[] input", 0},
		{"one", []worker.Param{{"size", "200x"}}, worker.Stdout, `[{"size" "200x"}] input`, 0},
		{"two", []worker.Param{{"a", "-b"}, {"c", "="}}, worker.Stdout, `[{"a" "-b"} {"c" "="}] input`, 0},
		{"an empty value", []worker.Param{{"a", ""}}, worker.Stdout, `[{"a" ""}] input`, 0},
		{"127 bytes", []worker.Param{{"a", long[:127]}}, worker.Stdout, `[{"a" "` + long[:127] + `"}] input`, 0},
		{"128 bytes", []worker.Param{{"a", long[:128]}}, worker.Stdout, `[{"a" "` + long[:128] + `"}] input`, 0},
		{"a long name", []worker.Param{{long, "a"}}, worker.Stdout, `[{"` + long + `" "a"}] input`, 0},
		{"a wrong one", []worker.Param{{"a", "b"}, {"size", "wrong"}}, worker.Stderr, "size is wrong", worker.ParamsStatus},
	} {
		t.Run(test.name, func(t *testing.T) {
			// Another request before and after has parameters of its own: none.
			sent := slices.Concat(request(1, nil, "x"), request(2, test.params, "input"), request(3, nil, "y"))
			got, err := serveParams(sent)
			want := slices.Concat(answered(1, worker.Stdout, "[] x", 0), answered(2, test.kind, test.text, test.status), answered(3, worker.Stdout, "[] y", 0))
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("got %q and %v, want %q", got, err, want)
			}
		})
	}
}

// TestServeParamsInParts: a worker takes parameters in any number of records.
func TestServeParamsInParts(t *testing.T) {
	sent := worker.AppendBegin(nil, 1)
	for _, part := range []string{"\x01", "\x02a", "bc", ""} {
		sent = append(worker.Header{Type: worker.Params, ID: 1, Length: len(part), Padding: 2}.Append(sent), part+"  "...)
	}
	got, err := serveParams(worker.Header{Type: worker.Stdin, ID: 1}.Append(sent))
	if want := answered(1, worker.Stdout, `[{"a" "bc"}] `, 0); err != nil || !bytes.Equal(got, want) {
		t.Errorf("got %q and %v, want %q", got, err, want)
	}
}

// TestServeParamsRefuses: a request is not answered whose parameters break the protocol.
func TestServeParamsRefuses(t *testing.T) {
	params := func(id uint16, content string) []byte {
		b := append(worker.Header{Type: worker.Params, ID: id, Length: len(content)}.Append(nil), content...)
		return worker.Header{Type: worker.Params, ID: id}.Append(b)
	}
	end := worker.Header{Type: worker.Stdin, ID: 1}.Append(nil)
	most := worker.AppendParams(nil, 1, []worker.Param{{"a", strings.Repeat("x", worker.MaxParams-6)}})
	if _, err := serveParams(slices.Concat(worker.AppendBegin(nil, 1), most, end)); err != nil {
		t.Fatalf("as many bytes as may be: %v", err)
	}
	for name, records := range map[string][]byte{
		"a name that is cut":    params(1, "\x05\x00siz"),
		"a value that is cut":   params(1, "\x01\x05sa"),
		"a length that is cut":  params(1, "\x01\x80\x00\x00"),
		"one length":            params(1, "\x01"),
		"lengths beyond an int": params(1, "\xff\xff\xff\xff\xff\xff\xff\xffx"),
		"another request's":     params(2, "\x01\x01ab"),
		"too many bytes":        params(1, strings.Repeat("x", worker.MaxParams+1)),
		"no end":                params(1, "\x01\x01ab")[:12],
		"input before the end":  slices.Concat(params(1, "\x01\x01ab")[:12], end),
		"twice":                 slices.Concat(params(1, "\x01\x01ab"), params(1, "\x01\x01cd")),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := serveParams(slices.Concat(worker.AppendBegin(nil, 1), records, end))
			if err == nil || bytes.Contains(got, worker.AppendEnd(nil, 1, 0)) {
				t.Errorf("got %q and %v, want an error and no answer", got, err)
			}
		})
	}
}

// TestGreetingParams: only a worker that takes parameters says so, and only if it is asked.
func TestGreetingParams(t *testing.T) {
	for _, test := range []struct{ asked, takes bool }{{false, false}, {false, true}, {true, false}, {true, true}} {
		in, out := bytes.NewReader(worker.AppendGreeting(nil, test.asked)), new(bytes.Buffer)
		err := worker.Serve(in, out, cat)
		if test.takes {
			in, out = bytes.NewReader(worker.AppendGreeting(nil, test.asked)), new(bytes.Buffer)
			err = worker.ServeParams(in, out, func([]worker.Param) (worker.Filter, error) { return cat, nil })
		}
		if err != nil {
			t.Fatal(err)
		}
		says, err := worker.CheckAnswer(bufio.NewReader(out))
		if err != nil || says != (test.asked && test.takes) {
			t.Errorf("%+v: the worker says %t (%v)", test, says, err)
		}
	}
}

// TestServeWithoutParams: a worker that takes no parameters does not pass over them.
func TestServeWithoutParams(t *testing.T) {
	var out bytes.Buffer
	err := worker.Serve(bytes.NewReader(request(1, []worker.Param{{"a", "b"}}, "input")), &out, cat)
	if !errors.Is(err, worker.ErrProtocol) || bytes.Contains(out.Bytes(), worker.AppendEnd(nil, 1, 0)) {
		t.Errorf("got %q and %v, want %v and no answer", out.Bytes(), err, worker.ErrProtocol)
	}
}

// FuzzParams: any bytes as the content of PARAMS records are either an error, or
// parameters that are the same after they have been encoded again.
func FuzzParams(f *testing.F) {
	f.Add([]byte("\x04\x04size200x"))
	f.Add([]byte("\x01\x00a\x01\x02bcd"))
	f.Add([]byte("\x80\x00\x00\x01\x80\x00\x00\x02abc"))
	f.Add([]byte("\xff\xff\xff\xff\x01a"))
	f.Fuzz(func(t *testing.T, content []byte) {
		if len(content) == 0 || len(content) > worker.MaxParams {
			t.Skip("no content of these records")
		}
		sent := append(worker.Header{Type: worker.Params, ID: 1, Length: len(content)}.Append(worker.AppendBegin(nil, 1)), content...)
		sent = worker.Header{Type: worker.Params, ID: 1}.Append(sent)
		var got []worker.Param
		take := func(params []worker.Param) (worker.Filter, error) {
			got = params
			return cat, nil
		}
		if worker.ServeParams(bytes.NewReader(worker.Header{Type: worker.Stdin, ID: 1}.Append(sent)), io.Discard, take) != nil {
			return
		}
		first := got
		if err := worker.ServeParams(bytes.NewReader(request(1, first, "")), io.Discard, take); err != nil || !slices.Equal(got, first) {
			t.Errorf("%q, encoded and read again: %q and %v", first, got, err)
		}
	})
}
