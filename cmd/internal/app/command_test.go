package app

import (
	"io"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

// A program with commands runs the one that its first argument names, with the options of
// that command and of all.
func TestCommands(t *testing.T) {
	var ran string
	for _, test := range []struct {
		args string
		ran  string // "": an error, or a page
		err  string
		page string
	}{
		{"add -in x -where here file", "add x here [file]", "", ""},
		{"add file -where here", "add  here [file]", "", ""},
		{"work -many cat -n", "work true  [cat -n]", "", ""},
		{"", "", "no command: type tool add|work", ""},
		{"-where here", "", "no command: type tool add|work", ""},
		{"-where here add file", "", "the command stands before its options: type tool add [options]", ""},
		{"-where here wrok", "", "there is no command wrok: type tool add|work", ""},
		{"-in x add", "", "-in goes after a command: type tool add|work", ""},
		{"wrok", "", "there is no command wrok: type tool add|work", ""},
		{"add -many", "", "-many goes with another command", ""},
		{"add -inn x", "", "there is no option -inn; did you mean -in?", ""},
		{"-help", "", "", "\nOptions of add:\n  -in DIR"},
		{"work -help", "", "", "\nOptions of work:\n  -many"},
		{"-help", "", "", "\nOptions of all commands:\n  -where PLACE"},
		{"-completion bash", "", "", "compgen -W 'add work' "},
		{"-completion zsh", "", "", "'1:command:(add work)'"},
		{"-completion fish", "", "", "__fish_use_subcommand -x -a 'add work'"},
		{"-completion fish", "", "", "-o many"},
	} {
		var in, where string
		var many bool
		p := Program{
			Name: "tool", Env: "TOOL", Title: "Options of all commands", Flags: []*Flag{String("where", &where, "at `PLACE`")},
			Commands: []Command{
				{Name: "add", Mixed: true, Flags: []*Flag{String("in", &in, "from `DIR`")}, Run: func(c *cli.Context) error {
					ran = strings.Join([]string{"add", in, where, "[" + strings.Join(c.Args().Slice(), " ") + "]"}, " ")
					return nil
				}},
				{Name: "work", Flags: []*Flag{Switch("many", &many, "do many")}, Run: func(c *cli.Context) error {
					ran = strings.Join([]string{"work", map[bool]string{true: "true"}[many], where, "[" + strings.Join(c.Args().Slice(), " ") + "]"}, " ")
					return nil
				}},
			},
		}
		ran = ""
		var page strings.Builder
		err := p.run(strings.Fields(test.args), io.Writer(&page))
		if ran != test.ran || (err == nil) != (test.err == "") || err != nil && err.Error() != test.err {
			t.Errorf("%q: want %q and %q, got %q and %v", test.args, test.ran, test.err, ran, err)
		}
		if !strings.Contains(page.String(), test.page) {
			t.Errorf("%q: want %q in\n%s", test.args, test.page, page.String())
		}
	}
}
