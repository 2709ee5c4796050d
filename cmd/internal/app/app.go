// Package app is what the programs share: how a command line becomes options,
// how an error becomes one line and an exit status, and where input and output
// are when the user doesn't say.
package app

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"

	"imgpipe/netpipe/stdio"
)

// Exit statuses of every program.
const (
	exitFailure = 1 // a bad image, an I/O failure, no whole answer
	exitUsage   = 2 // a command line that makes no sense; nothing was written
)

// A Program is one command-line tool.
type Program struct {
	Name     string        // as it is typed
	Summary  string        // what it does, in one line
	Examples []string      // command lines, the commonest first
	Usage    []string      // synopses, without the leading name
	Notes    string        // what else -help says, below the options
	Flags    *flag.FlagSet // its options; -help and -version come by themselves
	Run      func(args []string) error
}

// Main runs p with the process's arguments and exits: Run gets what stands
// behind the options. An error is printed as one line that begins with the
// program's name, a *multierror.Error as a line for each that it has; the status
// is 2 for an error made by Usagef and for flags that
// don't parse, 1 for any other.
func Main(p Program) {
	os.Exit(p.main(os.Args[1:], os.Stdout, os.Stderr))
}

func (p Program) main(args []string, stdout, stderr io.Writer) int {
	err := p.run(args, stdout)
	if err == nil {
		return 0
	}
	status, hint := exitFailure, ""
	if usage := new(usageError); errors.As(err, &usage) {
		status, hint = exitUsage, fmt.Sprintf(" (see %s -help)", filepath.Base(p.Name))
	}
	for _, err := range each(err) {
		fmt.Fprintf(stderr, "%s: %s%s\n", p.Name, stdio.OneLine(err.Error()), hint)
	}
	return status
}

// each gives the errors in a *multierror.Error, or else err.
func each(err error) []error {
	if several, ok := err.(interface{ WrappedErrors() []error }); ok {
		return several.WrappedErrors()
	}
	return []error{err}
}

func (p Program) run(args []string, stdout io.Writer) (err error) {
	if os.Getenv("GOTRACEBACK") == "" { // it asks for more than a line
		defer func() {
			if cause := recover(); cause != nil {
				err = fmt.Errorf("panic: %v", cause)
			}
		}()
	}
	asked := p.Flags.Bool("version", false, "print the version")
	p.Flags.Init(p.Name, flag.ContinueOnError)
	p.Flags.SetOutput(io.Discard) // what is wrong is said once, in main
	err = p.Flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		_, err = io.WriteString(stdout, p.help())
		return err
	case err != nil:
		return Usagef("%w", err)
	case *asked:
		_, err = fmt.Fprintf(stdout, "%s %s\n", p.Name, version())
		return err
	}
	return p.Run(p.Flags.Args())
}

// Given tells which of the flags the command line has.
func Given(flags *flag.FlagSet) map[string]bool {
	given := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	return given
}

// Usagef is fmt.Errorf for a command line that makes no sense: exit status 2.
func Usagef(format string, args ...any) error {
	return &usageError{fmt.Errorf(format, args...)}
}

type usageError struct{ error }

func (e *usageError) Unwrap() error { return e.error }

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
