package imgcmd

import (
	"errors"
	"fmt"
	"os"

	"imgpipe/cmd/internal/app"
	"imgpipe/filters"
)

// tolerate returns what becomes of a breach of a file's standard beside the
// pixels: an error with -strict, a warning with -verbose, else nothing. There is
// always a warning of what was skipped in a stream: it may have been an image.
func (o *options) tolerate(p app.Program) func(breach error) error {
	return func(breach error) error {
		skipped := new(filters.SkippedError)
		switch {
		case o.strict:
			return breach
		case o.verbose || errors.As(breach, &skipped):
			fmt.Fprintf(os.Stderr, "%s: warning: %s\n", p.Name, p.Line(breach))
		}
		return nil
	}
}
