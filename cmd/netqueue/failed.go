package main

import (
	"fmt"
	"os"

	"github.com/urfave/cli/v2"

	"imgpipe/cmd/internal/app"
	"imgpipe/netpipe/queue"
	"imgpipe/netpipe/stdio"
)

// A failed is the command failed.
type failed struct {
	at    *place
	again bool
}

func newFailed(at *place) *failed { return &failed{at: at} }

func (f *failed) command() app.Command {
	return app.Command{Name: "failed", Mixed: true, Run: f.run, Flags: []*app.Flag{
		app.Switch("again", &f.again, "put these jobs back into the queue"),
	}}
}

// run prints a line for each failure: the object, a tab, and why. With -again, a line is
// printed when its job is back.
func (f *failed) run(c *cli.Context) error {
	ctx, q, err := f.at.ask(c, "failed")
	if err != nil {
		return err
	}
	defer q.Close()
	return q.Failures(ctx, func(failure queue.Failure) error {
		if f.again {
			if err := q.PutBack(ctx, failure); err != nil {
				return err
			}
		}
		_, err := fmt.Fprintf(os.Stdout, "%s\t%s\n", stdio.OneLine(failure.Job.String()), stdio.OneLine(failure.Why))
		return err
	})
}
