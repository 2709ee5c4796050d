package main

import (
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/urfave/cli/v2"

	"imgpipe/cmd/internal/app"
	"imgpipe/netpipe/objects"
	"imgpipe/netpipe/queue"
)

// An adder is the command add.
type adder struct {
	at       *place
	in, out  late[objects.Location]
	addition queue.Addition
}

func newAdder(at *place) *adder {
	place := late[objects.Location]{parse: objects.ParseLocation}
	return &adder{at: at, in: place, out: place}
}

func (a *adder) command() app.Command {
	return app.Command{Name: "add", Mixed: true, Run: a.run, Flags: []*app.Flag{
		{Name: "in", Usage: "add a job for each object in `PLACE`", Value: &a.in},
		{Name: "out", Usage: "have the results written to `PLACE`, under the names of the objects", Value: &a.out},
		app.String("suffix", &a.addition.Suffix, "put `TEXT` behind the names of the results, such as .png if the filter changes the format"),
		app.String("after", &a.addition.After, "only for the objects that are listed behind `KEY`, where another add has ended"),
		app.Switch("force", &a.addition.Force, "also for objects whose results are there, made of the same content: they are done again"),
		app.Count("replicas", &a.at.config.Replicas, "keep the queue on `N` servers of a cluster (default: as it is, at first 1)"),
		endpointFlag(&a.addition.Stores),
	}}
}

// run adds jobs.
func (a *adder) run(c *cli.Context) error {
	switch in, out := a.in.value, a.out.value; {
	case c.NArg() > 0:
		return app.Usagef("%q: add takes no operands; say -in PLACE", c.Args().First())
	case a.in.err != nil:
		return app.Usagef("-in: %w", a.in.err)
	case a.out.err != nil:
		return app.Usagef("-out: %w", a.out.err)
	case in.Store == "" || out.Store == "":
		return app.Usagef("no place: say -in PLACE -out PLACE")
	case strings.Contains(a.addition.Suffix, "/") || !utf8.ValidString(a.addition.Suffix):
		return app.Usagef("-suffix: want UTF-8 without a slash")
	case in.Overlaps(out):
		return app.Usagef("-in and -out are one place, or one is inside the other: a result would replace an object, or become one")
	}
	a.addition.In, a.addition.Out = a.in.value, a.out.value
	ctx := untilSignal()
	a.at.config.Make = true
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})) // what add waits for
	q, err := a.at.connect(ctx, log)
	if err != nil {
		return err
	}
	defer q.Close()
	added, err := q.Add(ctx, a.addition)
	summary := fmt.Sprintf("%d added, %d in the queue already, %d done already", added.Jobs, added.Waiting, added.Done)
	if added.Failed > 0 {
		summary += fmt.Sprintf(", %d failed (netqueue failed -again puts them back)", added.Failed)
	}
	if err != nil {
		if added.Last != "" {
			err = fmt.Errorf("%w; %s; go on with %s", err, summary, afterOption(added.Last))
		}
		return err
	}
	fmt.Fprintf(os.Stderr, "netqueue: %s\n", summary)
	if added.NotUTF8 > 0 {
		return notUTF8Error(added)
	}
	return nil
}

// notUTF8Error returns the error of objects whose keys are not UTF-8.
func notUTF8Error(added queue.Added) error {
	if added.NotUTF8 == 1 {
		return fmt.Errorf("1 object has no job: its key is not UTF-8: %q", added.FirstNotUTF8)
	}
	return fmt.Errorf("%d objects have no job: their keys are not UTF-8, such as %q", added.NotUTF8, added.FirstNotUTF8)
}

// afterOption returns -after KEY as a shell takes it. A key that a terminal cannot show is
// described, and is not to be copied.
func afterOption(key string) string {
	for _, r := range key {
		if !strconv.IsPrint(r) {
			return fmt.Sprintf("-after and the key %q, which has characters that cannot be printed", key)
		}
	}
	return "-after '" + strings.ReplaceAll(key, "'", `'\''`) + "'"
}
