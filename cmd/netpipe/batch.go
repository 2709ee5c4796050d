package main

import (
	"context"
	"io"
	"path/filepath"
	"time"

	"github.com/urfave/cli/v2"

	"imgpipe/cmd/internal/app"
	"imgpipe/cmd/internal/batch"
	"imgpipe/netpipe"
)

// pauses are the times before each further round, in which a server may start, or
// become less busy.
var pauses = []time.Duration{250 * time.Millisecond, 500 * time.Millisecond, time.Second}

// sendFiles sends files: netpipe -connect ADDR -o DIR FILE|DIR...
func (k *client) sendFiles(operands []string) error {
	if err := checkForFiles(k.jobs, k.batch.Prefix, k.rename); err != nil {
		return err
	}
	k.batch.Command = k.command()
	k.batch.Program = "netpipe"
	k.batch.Dir = k.output
	k.batch.AnyFormat = true // what a server makes is its own affair
	k.batch.Rounds = rounds(&k.netpipe, k.jobs, pauses)
	defer k.netpipe.CloseIdle()
	return k.batch.Run(operands)
}

// checkForFiles checks options of the client, and of -run, that are about files.
func checkForFiles(jobs int, prefix string, rename bool) error {
	switch {
	case jobs == 0:
		return app.Usagef("-jobs 0: no file would be filtered")
	case filepath.Base(prefix+"x") != prefix+"x":
		return app.Usagef("-prefix %q: is more than a part of a name", prefix)
	case rename:
		return app.Usagef("-rename goes with -o FILE: the results of files always have the extensions of their formats")
	}
	return nil
}

// refuseForFiles refuses options that are about files where there are none. with says what
// they go with.
func refuseForFiles(c *cli.Context, b *batch.Batch, with string) error {
	for _, name := range append(b.Names(), "jobs", "prefix") {
		if app.Typed(c, name) {
			return app.Usagef("-%s goes with %s", name, with)
		}
	}
	return nil
}

// rounds returns a first round, and one after each pause.
func rounds(c *netpipe.Client, jobs int, pauses []time.Duration) (all []batch.Round) {
	for _, pause := range append([]time.Duration{0}, pauses...) {
		all = append(all, batch.Round{Pause: pause, Jobs: jobs, NewFilter: func() batch.Filter { return sender{c} }})
	}
	return all
}

// A sender sends files through the filter of a server.
type sender struct{ client *netpipe.Client }

// Filter sends in and writes the answer to out. It returns a *batch.AgainError if another
// try may succeed.
func (s sender) Filter(out io.Writer, in io.Reader, _ func(string)) error {
	err := s.client.Send(context.Background(), in, out)
	if after, again := netpipe.Retryable(err); again {
		return &batch.AgainError{Err: err, After: after}
	}
	return err
}

// Close does nothing: the senders share the client.
func (sender) Close() {}
