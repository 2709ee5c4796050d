package app

import (
	"bytes"
	"errors"
	"flag"
	"reflect"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

// tool returns a program with an option of each kind, and what its Run sees.
func tool() (Program, *toolOptions) {
	o := &toolOptions{list: []string{"default"}}
	return Program{
		Name:     "tool",
		Summary:  "test the command line",
		Examples: []string{"tool -text x < in"},
		Usage:    []string{"[options] [FILE]"},
		Env:      "TOOL",
		Flags: []*Flag{
			Renamed("old-text", String("text", &o.text, "a `TEXT`")),
			Switch("dry-run", &o.dry, "a switch"),
			{Name: "item", Usage: "an `ITEM`; may be repeated", Value: &List{
				Default: "default",
				Clear:   func() { o.list = nil },
				Add: func(text string) error {
					if text == "" {
						return errors.New("empty")
					}
					o.list = append(o.list, text)
					return nil
				},
			}},
			File("o", new(string), "write `FILE`"),
		},
		Other: Other{Title: "Other options", Flags: []*Flag{Switch("serve", new(bool), "serve")}, Why: "is of the server"},
		Words: map[string][]string{"text": {"short", "long"}},
		Instead: func(name, value string) string {
			if name == "copy" || name == "h" {
				return "-text " + value
			}
			return ""
		},
		Run: func(c *cli.Context) error {
			o.operands = c.Args().Slice()
			return nil
		},
	}, o
}

type toolOptions struct {
	text     string
	dry      bool
	list     []string
	operands []string
}

func TestCommandLine(t *testing.T) {
	for _, c := range []struct {
		name  string
		env   string // NAME=value, separated by |
		args  string // separated by spaces
		mixed bool
		want  toolOptions
		err   string // what the error contains; "": none
	}{
		{name: "nothing", want: toolOptions{list: []string{"default"}}},
		{name: "one dash and two", args: "-text a --dry-run", want: toolOptions{text: "a", dry: true, list: []string{"default"}}},
		{name: "with an equals sign", args: "--text=a=b -dry-run=false", want: toolOptions{text: "a=b", list: []string{"default"}}},
		{name: "a list replaces its default", args: "-item a,b -item c", want: toolOptions{list: []string{"a,b", "c"}}},
		{name: "operands end the options", args: "-dry-run help -text x", want: toolOptions{dry: true, list: []string{"default"}, operands: []string{"help", "-text", "x"}}},
		{name: "operands called as cli's commands", args: "h help", want: toolOptions{list: []string{"default"}, operands: []string{"h", "help"}}},
		{name: "options behind operands", args: "in -text x - -dry-run -- -o", mixed: true, want: toolOptions{text: "x", dry: true, list: []string{"default"}, operands: []string{"in", "-", "-o"}}},
		{name: "the environment", env: "TOOL_TEXT=a b|TOOL_DRY_RUN=1|TOOL_ITEM=a b", want: toolOptions{text: "a b", dry: true, list: []string{"a", "b"}}},
		{name: "the command line over the environment", env: "TOOL_TEXT=a|TOOL_ITEM=a b", args: "-text c -item c", want: toolOptions{text: "c", list: []string{"c"}}},
		{name: "the old name", args: "-old-text a", want: toolOptions{text: "a", list: []string{"default"}}},
		{name: "the old name with an equals sign, behind an operand", args: "in --old-text=a", mixed: true, want: toolOptions{text: "a", list: []string{"default"}, operands: []string{"in"}}},
		{name: "both names", args: "-text a -old-text b", err: "Cannot use two forms of the same flag: old-text text"},
		{name: "the variable of the old name", env: "TOOL_OLD_TEXT=a", want: toolOptions{text: "a", list: []string{"default"}}},
		{name: "the variables of both names", env: "TOOL_TEXT=a|TOOL_OLD_TEXT=b", want: toolOptions{text: "a", list: []string{"default"}}},
		{name: "the old name over the environment", env: "TOOL_TEXT=a", args: "-old-text b", want: toolOptions{text: "b", list: []string{"default"}}},
		{name: "an empty variable", env: "TOOL_DRY_RUN=|TOOL_ITEM=", want: toolOptions{list: []string{"default"}}},
		{name: "a bad variable", env: "TOOL_DRY_RUN=maybe", err: `invalid value "maybe" of $TOOL_DRY_RUN: want true or false`},
		{name: "a bad value", args: "-item=", err: `invalid value "" for flag -item: empty`},
		{name: "an empty name of a file", args: "-o=", err: `invalid value "" for flag -o: want the name of a file`},
		{name: "no value behind an operand", args: "in -text", mixed: true, err: "flag needs an argument: -text"},
		{name: "the command line over a bad variable", env: "TOOL_ITEM=|TOOL_DRY_RUN=maybe", args: "-dry-run", want: toolOptions{dry: true, list: []string{"default"}}},
		{name: "no value", args: "-text", err: "flag needs an argument: -text"},
		{name: "a misspelt option", args: "-dryrun", err: "there is no option -dryrun; did you mean -dry-run?"},
		{name: "a misspelt option with a value", args: "in --txet=x", mixed: true, err: "there is no option -txet; did you mean -text?"},
		{name: "the beginning of an option", args: "-dr", err: "there is no option -dr; did you mean -dry-run?"},
		{name: "an option like no other", args: "-colour", err: "there is no option -colour (see"},
		{name: "an option of one letter", args: "-v", err: "there is no option -v (see"},
		{name: "an option of another program", args: "-copy=x", err: "there is no option -copy; did you mean -text x?"},
		{name: "the same before its value", args: "in -copy x", mixed: true, err: "there is no option -copy; did you mean -text x?"},
		{name: "-h with a number", args: "-h 300", err: "-h is -help; did you mean -text 300?"},
		{name: "an option of the other use", args: "-serve", err: "-serve is of the server"},
		{name: "an unknown shell", args: "-completion tcsh", err: `-completion "tcsh": want bash, zsh or fish`},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, v := range strings.Split(c.env, "|") {
				if name, value, ok := strings.Cut(v, "="); ok {
					t.Setenv(name, value)
				}
			}
			p, got := tool()
			p.Mixed = c.mixed
			var stdout, stderr bytes.Buffer
			status := p.main(strings.Fields(c.args), &stdout, &stderr)
			if stdout.Len() > 0 {
				t.Errorf("stdout has %q, want nothing", stdout.String())
			}
			if c.err != "" {
				if status != 2 || !strings.Contains(stderr.String(), c.err) || strings.Count(stderr.String(), "\n") != 1 {
					t.Errorf("status %d, stderr %q; want 2 and one line with %q", status, stderr.String(), c.err)
				}
				return
			}
			if len(got.operands) == 0 {
				got.operands = nil
			}
			if status != 0 || !reflect.DeepEqual(*got, c.want) {
				t.Errorf("status %d, options %+v, stderr %q; want 0 and %+v", status, *got, stderr.String(), c.want)
			}
		})
	}
}

func TestHelp(t *testing.T) {
	for _, args := range [][]string{{"-help"}, {"-h"}, {"--help"}, {"-text", "x", "-help"}, {"-help", "in"}, {"-h", "help", "-x"}} {
		p, _ := tool()
		var stdout, stderr bytes.Buffer
		if status := p.main(args, &stdout, &stderr); status != 0 || stderr.Len() > 0 {
			t.Fatalf("%v: status %d, stderr %q; want 0 and nothing", args, status, stderr.String())
		}
		const want = `tool: test the command line

Examples:
  tool -text x < in

Usage:
  tool [options] [FILE]

Options:
  -text TEXT             a TEXT [$TOOL_TEXT]
  -dry-run               a switch [$TOOL_DRY_RUN]
  -item ITEM             an ITEM; may be repeated (default default) [$TOOL_ITEM]
  -o FILE                write FILE [$TOOL_O]

Other options:
  -serve                 serve [$TOOL_SERVE]

Options of every program:
  -completion SHELL      print the completion script for SHELL: bash, zsh or fish
  -version               print the version
  -help, -h              show this
`
		if stdout.String() != want {
			t.Errorf("%v: got\n%s\nwant\n%s", args, stdout.String(), want)
		}
	}
}

// A failed write of the page is an error.
func TestHelpToFullDisk(t *testing.T) {
	for _, arg := range []string{"-help", "-version"} {
		p, _ := tool()
		var stderr bytes.Buffer
		if status := p.main([]string{arg}, failingWriter{}, &stderr); status != 1 || stderr.String() != "tool: disk full\n" {
			t.Errorf("%s: status %d, stderr %q; want 1 and the error of the write", arg, status, stderr.String())
		}
	}
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errors.New("disk full") }

// TestEmptyVariable: an empty variable sets no option but a Guard, for which it is an error.
func TestEmptyVariable(t *testing.T) {
	for _, c := range []struct {
		name   string
		define func(name string, to *string, usage string) *Flag
		err    string // "": none
	}{
		{"text", String, ""},
		{"file", File, ""},
		{"guard", Guard, `invalid value "" of $TOOL_NAME: want the name of a file`},
	} {
		t.Setenv("TOOL_NAME", "")
		f := c.define("name", new(string), "")
		f.env = "TOOL_NAME"
		if err := f.Apply(flag.NewFlagSet("tool", flag.ContinueOnError)); err != nil {
			t.Fatal(err)
		}
		got := ""
		if f.envErr != nil {
			got = f.envErr.Error()
		}
		if got != c.err || f.isSet != (c.err != "") {
			t.Errorf("%s: error %q, set %t; want error %q", c.name, got, f.isSet, c.err)
		}
	}
}
