//go:build !manual

package app

import (
	"io"
	"os"

	"imgpipe/cmd/internal/start"
)

// Main runs p with the arguments of the process and exits. An error is printed
// as one line that begins with the program's name, a *multierror.Error as one
// line for each error in it. The exit status is 2 for an error of Usagef and for
// a command line that cannot be parsed, and 1 for every other error.
func Main(p Program) {
	stdout := io.Writer(os.Stdout)
	if start.StdoutClosed {
		stdout = closedStdout{}
	}
	os.Exit(p.main(os.Args[1:], stdout, os.Stderr))
}
