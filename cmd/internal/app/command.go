package app

import (
	"strings"

	"github.com/urfave/cli/v2"
)

// A Command is one of several things that a program does.
type Command struct {
	Name  string
	Flags []*Flag // its own options, besides those of all commands
	Mixed bool    // as in Program
	Run   func(c *cli.Context) error
}

// withCommand returns p with the command that the first argument names, and the other
// arguments. Without a command, p has only the options of every program, and Run returns
// a usage error.
func (p Program) withCommand(args []string) (Program, []string) {
	if p.Commands == nil {
		return p, args
	}
	var others []*Flag
	p.Run = func(*cli.Context) error {
		return Usagef("no command: type %s %s", p.Name, p.commandNames("|"))
	}
	for _, c := range p.Commands {
		if len(args) > 0 && args[0] == c.Name {
			p.command, p.Mixed, p.Run = &c, c.Mixed, c.Run
		} else {
			others = append(others, c.Flags...)
		}
	}
	p.Other = Other{Flags: others, Why: "goes with another command"}
	switch {
	case p.command != nil:
		args = args[1:]
	case len(args) > 0 && !strings.HasPrefix(args[0], "-"):
		p.Run = func(*cli.Context) error {
			return Usagef("there is no command %s: type %s %s", args[0], p.Name, p.commandNames("|"))
		}
	}
	return p, args
}

// commandNames returns the names of p's commands.
func (p Program) commandNames(separator string) string {
	var names []string
	for _, c := range p.Commands {
		names = append(names, c.Name)
	}
	return strings.Join(names, separator)
}
