package app

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

// TestOneLine: every error is printed as one line without control characters.
func TestOneLine(t *testing.T) {
	t.Setenv("GOTRACEBACK", "")
	for _, c := range []struct {
		name string
		run  func(*cli.Context) error
		want string
		code int
	}{
		{"an error", func(*cli.Context) error { return errors.New("open a\nb\x1b[2J\u009b.jpg:\r\tno") }, "tool: open a b?[2J?.jpg: no\n", 1},
		{"a name from right to left", func(*cli.Context) error { return errors.New("open \u202egpj.exe caf\u00e9\u00a0\u2028.jpg") }, "tool: open ?gpj.exe caf\u00e9 .jpg\n", 1},
		{"a usage error", func(*cli.Context) error { return Usagef("what is %s?", "\x07") }, "tool: what is ?? (see tool -help)\n", 2},
		{"a panic", func(*cli.Context) error { panic("index\nout of range") }, "tool: panic: index out of range\n", 1},
	} {
		var stdout, stderr bytes.Buffer
		code := Program{Name: "tool", Run: c.run}.main(nil, &stdout, &stderr)
		if code != c.code || stderr.String() != c.want || stdout.Len() > 0 {
			t.Errorf("%s: status %d, stderr %q, stdout %q; want %d and %q", c.name, code, stderr.String(), stdout.String(), c.code, c.want)
		}
		if strings.Count(stderr.String(), "\n") != 1 {
			t.Errorf("%s: %d lines", c.name, strings.Count(stderr.String(), "\n"))
		}
	}
}
