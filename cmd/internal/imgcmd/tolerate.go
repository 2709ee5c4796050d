package imgcmd

import (
	"errors"
	"fmt"
	"os"

	"imgpipe/cmd/internal/app"
	"imgpipe/filters"
	"imgpipe/netpipe/stdio"
)

// tolerate returns what becomes of a breach of a file's standard beside the
// pixels: an error with -strict, a warning with -verbose, else nothing. There is
// always a warning of what was skipped in a stream: it may have been an image. A warning
// names the file called input, if that is not stdin.
func (o *options) tolerate(p app.Program, input string) func(breach error) error {
	prefix := p.Name + ": "
	if input != "" && input != "-" {
		prefix += stdio.OneLine(input) + ": "
	}
	return func(breach error) error {
		skipped := new(filters.SkippedError)
		switch {
		case o.strict:
			return breach
		case o.verbose || errors.As(breach, &skipped):
			fmt.Fprintf(os.Stderr, "%swarning: %s\n", prefix, p.Line(breach))
		}
		return nil
	}
}
