// Package app is what the programs share: a command line (urfave/cli) becomes
// options, an error becomes one line and an exit status, and files are written
// whole or not at all.
package app

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"imgpipe/netpipe/stdio"
)

// The exit statuses of every program, besides 0.
const (
	exitFailure = 1 // a bad image, an I/O failure, or no whole answer
	exitUsage   = 2 // a wrong command line; nothing was written to stdout
)

// A Program is one command-line tool.
type Program struct {
	Name     string   // as the user types it
	Summary  string   // what the program does, in one line
	About    string   // what the manual page begins with: paragraphs that -help leaves out
	SeeAlso  []string // related pages, for the manual page: "imgscale(1)"
	Examples []string // command lines, the most common first
	Usage    []string // synopses, without the name of the program
	Notes    string   // what else -help says, below the options
	Env      string   // the prefix of the environment variables: IMGPIPE for IMGPIPE_MAX_MEMORY
	Title    string   // the heading of Flags on the page of -help; empty: Options
	Flags    []*Flag  // the options, but for -help, -version and -completion, which every program has
	Other    Other    // the options of the program's other use, if it has two

	// Commands are what the program does: its first argument names one. Flags are then
	// options of all of them, and there is no Run.
	Commands []Command
	command  *Command // the one that is named

	// Mixed lets options stand behind operands too. Without it the operands are the
	// command line of another program.
	Mixed bool

	// Has returns what -version says of the system, besides the versions; nil: nothing.
	Has func() string

	// Words are the words that an option takes, for completion, by the option's
	// name. An option whose placeholder is FILE is completed with files.
	Words map[string][]string

	// Instead returns what to type for an option that other programs have, with its value,
	// which may be an operand; "" if it does not know the option. The name -h, before a
	// number, is asked for too. A nil Instead knows none.
	Instead func(name, value string) string

	// Run does the work. The arguments of c are the operands.
	Run func(c *cli.Context) error

	// Hint returns the option to use, or to change, after an error of Run: the
	// printed line ends with it, in parentheses. A nil Hint, and an empty hint,
	// add nothing.
	Hint func(error) string
}

// Other describes the options of a program's other use. They are on the page of
// -help too.
type Other struct {
	Title string // their heading on that page
	Flags []*Flag
	Why   string // what to say of such an option after its name: "goes with -connect"
}

func (p Program) main(args []string, stdout, stderr io.Writer) int {
	err := p.run(args, stdout)
	if err == nil {
		return 0
	}
	for _, err := range each(err) {
		fmt.Fprintf(stderr, "%s: %s\n", p.Name, p.Line(err))
	}
	if errors.As(err, new(*usageError)) {
		return exitUsage
	}
	return exitFailure
}

// Parse calls p.Run for a command line, args, as Main does for that of the process, and
// returns the error.
func (p Program) Parse(args []string) error { return p.run(args, io.Discard) }

// Line returns err's text in one line, with its hint.
func (p Program) Line(err error) string {
	line := stdio.OneLine(err.Error())
	if p.Hint != nil {
		if hint := p.Hint(err); hint != "" {
			line += " (" + hint + ")"
		}
	}
	if errors.As(err, new(*usageError)) {
		line += fmt.Sprintf(" (see %s -help)", filepath.Base(p.Name))
	}
	return line
}

// each returns the errors in a *multierror.Error, or else err alone.
func each(err error) []error {
	if several, ok := err.(interface{ WrappedErrors() []error }); ok {
		return several.WrappedErrors()
	}
	return []error{err}
}

// WithoutPath returns err without the name of the file at path, for a line that has it already.
func WithoutPath(err error, path string) error {
	if e, ok := err.(*fs.PathError); ok && filepath.Clean(e.Path) == filepath.Clean(path) {
		return e.Err
	}
	return err
}

// run has urfave/cli parse args and call p.Run.
func (p Program) run(args []string, stdout io.Writer) (err error) {
	if os.Getenv("GOTRACEBACK") == "" { // a user who sets it wants the stack
		defer func() {
			if cause := recover(); cause != nil {
				err = fmt.Errorf("panic: %v", cause)
			}
		}()
	}
	p, args = p.withCommand(args)
	var completion string
	flags := p.flags(&completion)
	typed := args
	if p.Mixed {
		args = optionsFirst(typed, flags)
	}
	if err := p.checkNames(args, typed, flags); err != nil {
		return err
	}
	out := &checkedWriter{w: stdout}
	a := p.app(flags, out)
	a.Action = func(c *cli.Context) error {
		switch {
		case c.Bool("help"):
			_, err := io.WriteString(out, p.help(flags))
			return err
		case completion != "":
			return p.complete(out, completion)
		}
		for _, f := range flags {
			if f.envErr != nil && !f.typed {
				return Usagef("%w", f.envErr)
			}
		}
		return p.Run(c)
	}
	return cmp.Or(a.Run(append([]string{p.Name}, args...)), out.err)
}

// A checkedWriter remembers the error of a write, which cli does not return for its
// own pages.
type checkedWriter struct {
	w   io.Writer
	err error
}

func (c *checkedWriter) Write(b []byte) (n int, err error) {
	n, err = c.w.Write(b)
	c.err = cmp.Or(c.err, err)
	return n, err
}

// common is the number of options that every program has.
const common = 3

// flags returns all options of p, those that every program has at the end. The
// environment does not set these.
func (p Program) flags(completion *string) []*Flag {
	for _, s := range p.sections() {
		prepare(p.Env, s.flags)
	}
	own := p.Flags
	if p.command != nil {
		own = append(slices.Clone(p.command.Flags), own...)
	}
	return append(own[:len(own):len(own)],
		String("completion", completion, "print the completion script for `SHELL`: bash, zsh or fish"),
		Switch("version", new(bool), "print the version"),
		&Flag{Name: "help", Alias: "h", Value: new(switchValue), Usage: "show this"})
}

// app describes p to urfave/cli. Some things that cli does by itself are turned
// off: a command "help", which would hide a filter of that name; the help page on
// stdout after a wrong command line; os.Exit after some errors.
func (p Program) app(flags []*Flag, stdout io.Writer) *cli.App {
	all := cliFlags(flags)
	n := len(all)
	cli.VersionFlag = all[n-2]
	cli.HelpFlag = nil // cli would take an operand for the name of a command
	cli.VersionPrinter = func(c *cli.Context) { fmt.Fprintf(c.App.Writer, "%s %s\n", c.App.Name, p.version()) }
	return &cli.App{
		Name:            p.Name,
		Usage:           p.Summary,
		Version:         "-", // VersionPrinter prints the real one
		Flags:           all,
		HideHelpCommand: true,
		Compiled:        time.Unix(0, 0), // otherwise cli asks for the time of the program's file
		Writer:          stdout,
		ErrWriter:       io.Discard,
		ExitErrHandler:  func(*cli.Context, error) {},
		OnUsageError:    func(_ *cli.Context, err error, _ bool) error { return Usagef("%w", err) },
	}
}

// Typed reports whether the command line sets an option. Context.IsSet is true for an
// option from the environment too.
func Typed(c *cli.Context, name string) bool {
	return slices.ContainsFunc(c.App.Flags, func(f cli.Flag) bool {
		own, ok := f.(*Flag)
		return ok && own.Name == name && own.typed
	})
}

// TypedOptions returns the options that the command line sets, except some, as arguments
// for another run of the program.
func TypedOptions(c *cli.Context, except ...string) (args []string) {
	for _, f := range c.App.Flags {
		if own, ok := f.(*Flag); ok && own.typed && !slices.Contains(except, own.Name) {
			args = append(args, "-"+own.Name+"="+own.Value.String())
		}
	}
	return args
}

// Given returns which of some options that exclude each other are given: on the
// command line, or, if it has none of them, in the environment. A switch that is
// turned off is not given.
func Given(c *cli.Context, names ...string) []string {
	var typed, set []string
	for _, f := range c.App.Flags {
		own, ok := f.(*Flag)
		if !ok || !slices.Contains(names, own.Name) || isSwitch(own) && own.Value.String() == "false" {
			continue
		}
		if own.typed {
			typed = append(typed, own.Name)
		} else if own.isSet {
			set = append(set, own.Name)
		}
	}
	if typed != nil {
		return typed
	}
	return set
}

// Usagef is fmt.Errorf for a wrong command line: exit status 2.
func Usagef(format string, args ...any) error {
	return &usageError{fmt.Errorf(format, args...)}
}

type usageError struct{ error }

func (e *usageError) Unwrap() error { return e.error }

// version returns the version of the module, or the commit that the program was
// built from, the Go release, the system, and what that has for the program.
func (p Program) version() string {
	v, release := "(unknown)", runtime.Version()
	if info, ok := debug.ReadBuildInfo(); ok {
		v = cmp.Or(info.Main.Version, "(devel)")
	}
	v = fmt.Sprintf("%s %s %s/%s", v, release, runtime.GOOS, runtime.GOARCH)
	if p.Has != nil {
		v += ", " + p.Has()
	}
	return v
}
