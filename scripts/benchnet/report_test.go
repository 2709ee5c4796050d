package main

import (
	"errors"
	"strings"
	"testing"

	"imgpipe/scripts/bench/load"
	"imgpipe/scripts/bench/picture"
)

// TestFailuresOfOurs checks that failures of our servers are errors and those of peers
// are not.
func TestFailuresOfOurs(t *testing.T) {
	wrong := errors.New("wrong answer")
	failed := load.Result{Failed: 2, Err: wrong}
	for name, c := range map[string]struct {
		result *result
		fails  bool
	}{
		"ours, right":   {&result{contender: &contender{name: "netpipe", ours: true}}, false},
		"ours, failed":  {&result{contender: &contender{name: "netpipe", ours: true}, Result: failed}, true},
		"a peer failed": {&result{contender: &contender{name: "socat"}, Result: failed}, false},
	} {
		t.Run(name, func(t *testing.T) {
			b := &bench{races: []*race{{work: "copy", picture: &input{Picture: &picture.Picture{}}, clients: 8, results: []*result{c.result}}}}
			err := b.failures()
			if errors.Is(err, wrong) != c.fails {
				t.Fatalf("got error %v, want an error: %t", err, c.fails)
			}
			if c.fails && !strings.Contains(err.Error(), "netpipe: 2 failed") {
				t.Errorf("got error %q, want the server and its number of failures", err)
			}
		})
	}
}
