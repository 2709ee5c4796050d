package imgcmd

import (
	"fmt"
	"os"

	"imgpipe/cmd/internal/app"
)

// tolerate returns what becomes of a breach of a file's standard beside the
// pixels: an error with -strict, a warning with -verbose, else nothing.
func (o *options) tolerate(p app.Program) func(breach error) error {
	switch {
	case o.strict:
		return func(breach error) error { return breach }
	case o.verbose:
		return func(breach error) error {
			fmt.Fprintf(os.Stderr, "%s: warning: %s\n", p.Name, p.Line(breach))
			return nil
		}
	}
	return nil
}
