package procpool

import (
	"fmt"
	"io"
	"log/slog"
	"testing"

	"imgpipe/netpipe/internal/pipetest"
)

func TestCounts(t *testing.T) {
	for _, test := range []struct {
		name  string
		steps []string
		use   func(Invocation)
		want  Counts // after the use, and without the process that is started ahead
	}{
		{"exits with 0", []string{"read", "write:10"}, endInput, Counts{Started: 1, Exited: 1}},
		{"exits with another status", []string{"read", "exit:3"}, endInput, Counts{Started: 1, Failed: 1}},
		{"is killed by a signal of its own", []string{"read", "kill"}, endInput, Counts{Started: 1, Killed: 1}},
		{"is aborted", []string{"read"}, Invocation.Abort, Counts{Started: 1, Killed: 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			pipetest.LeavesNothing(t)
			p, err := New(Config{Programs: []Program{{Args: pipetest.Filter(test.steps...)}}, Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			r, err := p.Take(nil)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := p.Counts(), (Counts{Working: 1, Started: 1}); got != want {
				t.Errorf("at work: want %+v, got %+v", want, got)
			}
			test.use(r)
			_ = r.Wait()
			r.Release()
			if got := p.Counts(); got != test.want {
				t.Errorf("in the end: want %+v, got %+v", test.want, got)
			}
		})
	}
}

// endInput has the filter end.
func endInput(r Invocation) {
	chunk := NewInputChunk()
	defer chunk.Free()
	chunk.Last = true
	_ = r.Push(&chunk, Unwatched)
	_, _ = io.Copy(io.Discard, r)
}

// Processes that end without a connection are retired: by Reload, and by Close.
func TestCountsRetired(t *testing.T) {
	for _, reuse := range []int{0, 10} {
		t.Run(fmt.Sprint("reuse ", reuse), func(t *testing.T) {
			pipetest.LeavesNothing(t)
			filter := pipetest.Filter("read")
			if reuse > 0 {
				filter = pipetest.Worker()
			}
			p, err := New(Config{Programs: []Program{{Args: filter}}, Size: 1, Reuse: reuse, StartTimeout: pipetest.Patience, Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Reload(); err != nil {
				t.Error(err)
			}
			p.Close()
			if got, want := p.Counts(), (Counts{Started: 2, Retired: 2}); got != want {
				t.Errorf("want %+v, got %+v", want, got)
			}
		})
	}
}
