package netpipe

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"imgpipe/netpipe/internal/pipetest"
)

// Each input of a Runner gets its own result or error, from processes, workers and chains.
func TestRunner(t *testing.T) {
	pipetest.Parallel(t)
	name := filepath.Base(os.Args[0])
	input := func(steps string) io.Reader { return strings.NewReader(steps + "\n") }
	broken := func() io.Reader {
		return io.MultiReader(strings.NewReader("read write:10\n"), iotest.ErrReader(errBroken))
	}
	for _, test := range []struct {
		name   string
		server *Server
		in     io.Reader
		out    io.Writer // nil: a buffer
		set    func(*Server)
		answer int    // bytes
		words  string // on stderr
		err    string // "": the answer is whole
	}{
		{"whole", quick("obey"), input("read say:one write:300000"), nil, nil, 300_000, "one", ""},
		{"input unread", quick("write:10"), bytes.NewReader(pipetest.Noise(3_000_000)), nil, func(s *Server) { s.Pool = 0 }, 10, "", ""},
		{"exits 3", quick("obey"), input("read say:why write:10 exit:3"), nil, nil, 10, "why", "why"},
		{"exits 3 without a word", quick("obey"), input("read exit:3"), nil, nil, 0, "", "exit status 3"},
		{"is killed", quick("obey"), input("read kill"), nil, nil, 0, "", "killed by signal 9 (killed)"},
		{"no answer", quick("obey"), input("read"), nil, nil, 0, "", ErrEmptyAnswer.Error()},
		{"an empty answer", quick("obey"), input("read"), nil, func(s *Server) { s.AllowEmpty = true }, 0, "", ""},
		{"hangs", quick("read", "ignore-term", "hold:GATE", "meet:GATE"), input("x"), nil, timeLimit, 0, "", ErrTimeout.Error()},
		{"the input cannot be read", quick("read", "write:10"), broken(), nil, nil, 0, "", errBroken.Error()},
		{"the input cannot be read, by a worker", quickWorkers(), broken(), nil, nil, 0, "", errBroken.Error()},
		{"the answer cannot be written", quick("read", "write:3000000"), input("x"), brokenWriter{}, nil, 0, "", errBroken.Error()},
		{"a worker", quickWorkers(), input("read write:300000"), nil, nil, 300_000, "", ""},
		{"a worker refuses", quickWorkers(), input("read exit:3"), nil, nil, 0, "status 3", "status 3"},
		{"a chain", quick("obey", "+", "copy"), input("write:300000"), nil, nil, 300_000, "", ""},
		{"a chain that fails", quick("obey", "+", "copy"), input("say:why exit:3"), nil, nil, 0, name + ": why", name + ": why"},
		{"a chain of workers", quickChain(), input("copy\nread write:10"), nil, nil, 10, "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			pipetest.Parallel(t)
			gate := pipetest.NewMeeting(t)
			for i, arg := range test.server.Filter {
				test.server.Filter[i] = strings.ReplaceAll(arg, "GATE", gate.String())
			}
			if test.set != nil {
				test.set(test.server)
			}
			r, err := NewRunner(test.server)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			var answer bytes.Buffer
			out := test.out
			if out == nil {
				out = &answer
			}
			words, err := r.Run(t.Context(), out, test.in)
			if words != test.words {
				t.Errorf("stderr: want %q, got %q", test.words, words)
			}
			if test.err == "" && err != nil || test.err != "" && (err == nil || err.Error() != test.err) {
				t.Errorf("want the error %q, got %v", test.err, err)
			}
			if !bytes.Equal(answer.Bytes(), pipetest.Written(test.answer)) {
				t.Errorf("want %d bytes, got %d", test.answer, answer.Len())
			}
		})
	}
}

// A Runner holds an answer until it is whole, and tells what is the input's fault from what
// is the moment's.
func TestRunnerHolds(t *testing.T) {
	pipetest.Parallel(t)
	picture := func(s *Server) { s.Filter = []string{"sh", "-c", `cat >/dev/null; printf '\377\330\377more'`} }
	for _, test := range []struct {
		name    string
		server  *Server
		in      string
		set     func(*Server)
		answer  string
		media   string
		err     string // "": the answer is whole
		refused bool
	}{
		{"whole", quick("obey"), "read write:3000000\n", nil, string(pipetest.Written(3_000_000)), "application/octet-stream", "", false},
		{"a picture", quick(), "x", picture, "\xff\xd8\xffmore", "image/jpeg", "", false},
		{"exits 3", quick("obey"), "read write:10 exit:3\n", nil, "", "", "exit status 3", true},
		{"a worker refuses", quickWorkers(), "read exit:3", nil, "", "", "status 3", true},
		{"a shell whose command was killed", quick(), "x", func(s *Server) { s.Filter = []string{"sh", "-c", "cat >/dev/null; sh -c 'kill -9 $$'"} }, "", "", "Killed", false},
		{"is killed", quick("obey"), "read kill\n", nil, "", "", "killed by signal 9 (killed)", false},
		{"no answer", quick("obey"), "read\n", nil, "", "", ErrEmptyAnswer.Error(), true},
		{"the input is larger than allowed", quick("obey"), "read write:10\n" + strings.Repeat("x", 1000), func(s *Server) { s.MaxInput = 1013 }, "", "", ErrInputTooLarge.Error(), true},
		{"the input is as large as allowed", quick("obey"), "read write:10\n" + strings.Repeat("x", 1000), func(s *Server) { s.MaxInput = 1014 }, string(pipetest.Written(10)), "application/octet-stream", "", false},
		{"the answer is larger than allowed", quick("obey"), "read write:2000000\n", func(s *Server) { s.MaxAnswer = 1_999_999 }, "", "", "hold the answer: " + ErrAnswerTooLarge.Error(), true},
	} {
		t.Run(test.name, func(t *testing.T) {
			pipetest.Parallel(t)
			if test.set != nil {
				test.set(test.server)
			}
			r, err := NewRunner(test.server)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			answer, _, err := r.RunHeld(t.Context(), strings.NewReader(test.in))
			if test.err != "" {
				if answer != nil || err == nil || err.Error() != test.err || Refused(err) != test.refused {
					t.Errorf("want the error %q (refused: %t), got %v (refused: %t)", test.err, test.refused, err, Refused(err))
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Release()
			got, err := io.ReadAll(answer.NewReader())
			if err != nil || string(got) != test.answer || answer.Size() != int64(len(got)) || answer.MediaType() != test.media {
				t.Errorf("want %d bytes of %s, got %d of %s (size %d), %v", len(test.answer), test.media, len(got), answer.MediaType(), answer.Size(), err)
			}
		})
	}
}

// A context that is done ends the filter.
func TestRunnerStops(t *testing.T) {
	pipetest.Parallel(t)
	gate := pipetest.NewMeeting(t)
	r, err := NewRunner(quick("hold:"+gate.String(), "read"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	first := gate.Come()
	ctx, stop := context.WithCancelCause(context.Background())
	never, end := io.Pipe()
	defer end.Close()
	stop(errBroken)
	if _, err := r.Run(ctx, io.Discard, never); !errors.Is(err, errBroken) {
		t.Errorf("want %v, got %v", errBroken, err)
	}
	gate.Dies(first)
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }
