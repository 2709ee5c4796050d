package app

import (
	"slices"
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
	p.Run = p.withoutCommand
	p.Other = Other{Why: "goes after a command: type " + p.commandLine()}
	named := ""
	if len(args) > 0 {
		named = args[0]
	}
	for _, c := range p.Commands {
		if c.Name == named {
			p.command, p.Mixed, p.Run = &c, c.Mixed, c.Run
			p.Other.Why, args = "goes with another command", args[1:]
		} else {
			p.Other.Flags = append(p.Other.Flags, c.Flags...)
		}
	}
	return p, args
}

// withoutCommand returns the usage error of a command line that does not begin with a command.
func (p Program) withoutCommand(c *cli.Context) error {
	first := c.Args().First()
	switch {
	case first == "":
		return Usagef("no command: type %s", p.commandLine())
	case slices.ContainsFunc(p.Commands, func(c Command) bool { return c.Name == first }):
		return Usagef("the command stands before its options: type %s %s [options]", p.Name, first)
	}
	return Usagef("there is no command %s: type %s", first, p.commandLine())
}

// commandLine returns what to type: the name of p, and those of its commands.
func (p Program) commandLine() string { return p.Name + " " + p.commandNames("|") }

// commandNames returns the names of p's commands.
func (p Program) commandNames(separator string) string {
	var names []string
	for _, c := range p.Commands {
		names = append(names, c.Name)
	}
	return strings.Join(names, separator)
}
