// Package app is what the programs share: how a command line becomes options,
// how an error becomes one line and an exit status, and where input and output
// are when the user doesn't say.
package app

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// Exit statuses of every program.
const (
	exitFailure = 1 // a bad image, an I/O failure, no whole answer
	exitUsage   = 2 // a command line that makes no sense; nothing was written
)

// A Program is one command-line tool.
type Program struct {
	Name     string   // as it is typed
	Summary  string   // what it does, in one line
	Examples []string // command lines, the commonest first
	Usage    []string // synopses, without the leading name
	Notes    string   // what else -help says, below the options
	Flags    []cli.Flag
	Action   func(*cli.Context) error
}

// Main runs p with the process's arguments and exits. An error is printed as
// one line that begins with the program's name; the status is 2 for an error
// made by Usagef and for flags that don't parse, 1 for any other.
func Main(p Program) {
	os.Exit(p.run(os.Args, os.Stdout, os.Stderr))
}

func (p Program) run(args []string, stdout, stderr io.Writer) int {
	flags := append(slices.Clone(p.Flags), &cli.BoolFlag{Name: "version", Usage: "print the version"})
	a := &cli.App{
		Name:                  p.Name,
		Flags:                 flags,
		CustomAppHelpTemplate: p.help(append(slices.Clone(flags), cli.HelpFlag)),
		HideHelpCommand:       true, // a filter may be named "help"
		HideVersion:           true, // cli would take -v for it too
		// An option that is given twice may have a comma in it.
		DisableSliceFlagSeparator: true,
		Writer:                    stdout,
		ErrWriter:                 stderr,
		// Without these two cli prints its help on stdout, and exits by itself.
		OnUsageError:   func(_ *cli.Context, err error, _ bool) error { return Usagef("%w", err) },
		ExitErrHandler: func(*cli.Context, error) {},
		Action: func(c *cli.Context) error {
			if c.Bool("version") {
				_, err := fmt.Fprintf(stdout, "%s %s\n", p.Name, version())
				return err
			}
			return p.Action(c)
		},
	}
	err := a.Run(args)
	if err == nil {
		return 0
	}
	status, hint := exitFailure, ""
	if usage := new(usageError); errors.As(err, &usage) {
		status, hint = exitUsage, fmt.Sprintf(" (see %s -help)", filepath.Base(p.Name))
	}
	fmt.Fprintf(stderr, "%s: %s%s\n", p.Name, oneLine(err), hint)
	return status
}

// Usagef is fmt.Errorf for a command line that makes no sense: exit status 2.
func Usagef(format string, args ...any) error {
	return &usageError{fmt.Errorf(format, args...)}
}

type usageError struct{ error }

func (e *usageError) Unwrap() error { return e.error }

// oneLine is err's text without line breaks or control characters, which a
// hostile file or peer could use to write on the user's terminal.
func oneLine(err error) string {
	text := strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t':
			return ' '
		case r < ' ' || r >= 0x7f && r < 0xa0:
			return '?'
		}
		return r
	}, err.Error())
	return strings.Join(strings.Fields(text), " ")
}

// version is the module's version, or the commit that the program was built
// from, and the Go release.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown)"
	}
	v := info.Main.Version
	if v == "" {
		v = "(devel)"
	}
	return v + " " + info.GoVersion
}
