package procpool

import (
	"errors"
	"io"
	"log/slog"
	"testing"

	"imgpipe/netpipe/internal/pipetest"
)

// A process is started for an input with parameters, beside those that are ready. How it
// ends is not about the others.
func TestTakeWithParams(t *testing.T) {
	pipetest.LeavesNothing(t)
	f, err := New(Config{Programs: []Program{{Args: pipetest.Filter("read"), Params: true}}, Size: 1, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	ready := f.pools[0].ready[0]
	for _, test := range []struct {
		params        []Param
		answer        string
		fails, refuse bool
	}{
		{[]Param{{Name: "a", Value: "1"}, {Name: "b", Value: "-c=2"}}, "-a=1\n-b=-c=2\n", false, false},
		{[]Param{{Name: "do", Value: "exit:2"}}, "", true, true},
		{[]Param{{Name: "do", Value: "exit:3"}}, "", true, false},
		{[]Param{{Name: "do", Value: "kill"}}, "", true, false},
		{nil, "", false, false},
	} {
		i, err := f.Take(test.params)
		if err != nil {
			t.Fatal(err)
		}
		if isReady := i == Invocation(ready); isReady != (test.params == nil) {
			t.Errorf("%q: a process that was started ahead: %t", test.params, isReady)
		}
		chunk := NewInputChunk()
		chunk.Last = true
		_ = i.Push(&chunk, Unwatched)
		chunk.Free()
		answer, _ := io.ReadAll(i)
		err = i.Wait()
		i.Release()
		if string(answer) != test.answer || (err != nil) != test.fails || errors.Is(err, ErrParams) != test.refuse {
			t.Errorf("%q: got %q and %v", test.params, answer, err)
		}
		if err := f.Err(); err != nil {
			t.Errorf("%q: the filter is not ready: %v", test.params, err)
		}
	}
}
