package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"imgpipe/netpipe/queue"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"netqueue": main, "soak-filter": soakFilter, "soak-server": soakServer})
}

// The scripts in testdata/script run the real program. They know this command besides
// testscript's own:
//
//	appears FILE TEXT   waits until a file has a text
func TestScripts(t *testing.T) { testscript.Run(t, scripts("testdata/script")) }

func scripts(dir string) testscript.Params {
	return testscript.Params{
		Dir: dir,
		Setup: func(env *testscript.Env) error {
			env.Setenv("GORACE", "atexit_sleep_ms=0") // otherwise a second for each process
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"appears": appears},
	}
}

func appears(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: appears FILE TEXT")
	}
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if text, err := os.ReadFile(ts.MkAbs(args[0])); err == nil && strings.Contains(string(text), args[1]) {
			return
		}
	}
	ts.Fatalf("%s does not have %q", args[0], args[1])
}

// The speed is that of the last half minute.
func TestSpeed(t *testing.T) {
	var s speed
	now := time.Unix(0, 0)
	for _, step := range []struct {
		after time.Duration
		done  uint64
		want  string
	}{
		{0, 100, ""},
		{time.Second, 100, ""},
		{time.Second, 120, ", 10.0/s, 1m28s left"},
		{28 * time.Second, 400, ", 10.0/s, 1m0s left"},
		{30 * time.Second, 1000, ""},
	} {
		now = now.Add(step.after)
		got := s.describe(queue.Counts{Added: 1000, Done: step.done, Waiting: 1000 - step.done}, now)
		if got != step.want {
			t.Errorf("%d done: want %q, got %q", step.done, step.want, got)
		}
	}
	if got, want := describe(queue.Counts{Added: 15, Done: 1, Failed: 2, Waiting: 4, AtWork: 8}), "15 added: 1 done, 2 failed, 4 waiting, 8 at work"; got != want {
		t.Errorf("want %q, got %q", want, got)
	}
}

// A line on a terminal does not wrap.
func TestDisplay(t *testing.T) {
	counts := queue.Counts{Added: 4, Done: 1, Waiting: 3}
	for _, test := range []struct {
		width int
		want  string
	}{
		{0, "some words\n"},
		{20, "\r\x1b[K[#     ] some words"},
		{12, "\r\x1b[Ksome words"},
		{10, "\r\x1b[Ksome word"},
		{1, "\r\x1b[K"},
	} {
		if got := display(test.width, counts, "some words"); got != test.want {
			t.Errorf("%d columns: want %q, got %q", test.width, test.want, got)
		}
	}
}

// The option that goes on with an addition is as a shell takes it.
func TestAfterOption(t *testing.T) {
	for _, test := range []struct{ key, want string }{
		{"2026/a b.jpg", "-after '2026/a b.jpg'"},
		{"it's; rm -rf $HOME", `-after 'it'\''s; rm -rf $HOME'`},
		{"two  spaces é", "-after 'two  spaces é'"},
		{"a\nb\x1b[1m", `-after and the key "a\nb\x1b[1m", which has characters that cannot be printed`},
		{"a\u00a0b", `-after and the key "a\u00a0b", which has characters that cannot be printed`},
	} {
		if got := afterOption(test.key); got != test.want {
			t.Errorf("%q: want %s, got %s", test.key, test.want, got)
		}
	}
}
