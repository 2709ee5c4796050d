package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"imgpipe/cmd/internal/app"
	"imgpipe/netpipe/queue"
)

// A status is the command status.
type status struct {
	at    *place
	watch bool
}

func newStatus(at *place) *status { return &status{at: at} }

func (s *status) command() app.Command {
	return app.Command{Name: "status", Mixed: true, Run: s.run, Flags: []*app.Flag{
		app.Switch("watch", &s.watch, "go on until no job is left, with a bar on a terminal and lines elsewhere"),
	}}
}

// watchPause is how often a queue that is watched is asked.
const watchPause = time.Second

// run prints the counts of the queue.
func (s *status) run(c *cli.Context) error {
	ctx, q, err := s.at.ask(c, "status")
	if err != nil {
		return err
	}
	defer q.Close()
	width := 0
	if fd := int(os.Stdout.Fd()); s.watch && term.IsTerminal(fd) {
		if width, _, err = term.GetSize(fd); err != nil {
			width = 0
		}
	}
	var pace speed
	isSilent := false // the queue has not answered the last time
	for {
		counts, err := q.Counts(ctx)
		if ctx.Err() != nil {
			break
		}
		wasSilent := isSilent
		isSilent = s.watch && errors.Is(err, queue.ErrNoAnswer)
		if err != nil && !isSilent {
			return err
		}
		line := queue.ErrNoAnswer.Error()
		if !isSilent {
			line = describe(counts) + pace.describe(counts, time.Now())
		}
		if !isSilent || !wasSilent {
			if _, err := fmt.Fprint(os.Stdout, display(width, counts, line)); err != nil {
				return err
			}
		}
		if !s.watch || !isSilent && counts.Left() == 0 {
			break
		}
		select {
		case <-time.After(watchPause):
		case <-ctx.Done():
		}
	}
	if width > 0 {
		_, err = fmt.Fprintln(os.Stdout)
	}
	return err
}

// display returns what shows a line on a terminal of so many columns, in place of the line
// before: with a bar, or cut, so that it does not wrap. Width 0: the output is no terminal.
func display(width int, c queue.Counts, line string) string {
	if width == 0 {
		return line + "\n"
	}
	if bar := app.Bar(width, c.Done+c.Failed, c.Added, line); bar != "" {
		line = bar
	}
	return "\r\x1b[K" + line[:min(len(line), width-1)] // a cursor behind the last column would begin a line
}

// describe returns the counts in words.
func describe(c queue.Counts) string {
	return fmt.Sprintf("%d added: %d done, %d failed, %d waiting, %d at work", c.Added, c.Done, c.Failed, c.Waiting, c.AtWork)
}

// speedSpan is the time over which a speed is measured.
const speedSpan = 30 * time.Second

// A speed is how fast jobs end.
type speed struct{ seen []sample }

type sample struct {
	at    time.Time
	ended uint64
}

// describe notes counts and returns the speed, and the time that is left at that speed; ""
// as long as they are not known.
func (s *speed) describe(c queue.Counts, now time.Time) string {
	s.seen = append(s.seen, sample{now, c.Done + c.Failed})
	for now.Sub(s.seen[0].at) > speedSpan {
		s.seen = s.seen[1:]
	}
	ended, span := s.seen[len(s.seen)-1].ended-s.seen[0].ended, now.Sub(s.seen[0].at)
	if span <= 0 || ended == 0 || c.Left() == 0 {
		return ""
	}
	rate := float64(ended) / span.Seconds()
	left := time.Duration(float64(c.Left()) / rate * float64(time.Second))
	return fmt.Sprintf(", %.1f/s, %v left", rate, left.Round(time.Second))
}
