// Package imgcmd is what imggray and imgscale share as commands: the flags that
// both have, and one run over one image.
package imgcmd

import (
	"errors"
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/urfave/cli/v2"

	"imgpipe/cmd/internal/app"
	"imgpipe/cmd/internal/sandbox"
	"imgpipe/filters"
)

// Main runs an image filter as a program. New makes the filter of its own
// flags; its errors are usage errors.
func Main(p app.Program, newFilter func(*cli.Context) (filters.Filter, error)) {
	p.Usage = []string{"[options] [FILE]"}
	p.Flags = append(p.Flags,
		&cli.StringFlag{Name: "format", Usage: "write `FORMAT`: jpeg, png, gif, bmp, tiff, webp (default: that of the input)"},
		&cli.IntFlag{Name: "quality", Usage: "`N`, 1 to 100, of a JPEG (default: that of the input; 90 if that was no JPEG)", DefaultText: " "},
		&cli.Int64Flag{Name: "max-pixels", Usage: "refuse images of more than `N` pixels", Value: filters.DefaultMaxPixels},
		&cli.Int64Flag{Name: "max-memory", Usage: "refuse images that take more than about `N` MiB", Value: filters.DefaultMaxMemory >> 20},
		&cli.StringFlag{Name: "o", Usage: "write `FILE`, whole or not at all, instead of stdout"},
		&cli.BoolFlag{Name: "no-sandbox", Usage: "don't give up files, sockets and programs before reading (for odd systems)"},
	)
	p.Action = func(c *cli.Context) error {
		f, err := newFilter(c)
		if err != nil {
			return app.Usagef("%w", err)
		}
		o, err := options(c)
		if err != nil {
			return app.Usagef("%w", err)
		}
		r := run{program: p.Name, input: c.Args().First(), output: c.String("o"), open: c.Bool("no-sandbox")}
		return r.run(f, o)
	}
	app.Main(p)
}

func options(c *cli.Context) (o filters.Options, err error) {
	if c.IsSet("format") {
		if o.Format, err = filters.ParseFormat(c.String("format")); err != nil {
			return o, err
		}
	}
	o.Quality = c.Int("quality")
	if c.IsSet("quality") && (o.Quality < 1 || o.Quality > 100) {
		return o, errors.New("-quality is 1 to 100")
	}
	if o.Limits.Pixels = c.Int64("max-pixels"); o.Limits.Pixels < 1 {
		return o, errors.New("-max-pixels is at least 1")
	}
	if o.Limits.Memory = c.Int64("max-memory") << 20; o.Limits.Memory < 1 {
		return o, errors.New("-max-memory is at least 1")
	}
	if c.NArg() > 1 {
		return o, errors.New("one FILE at most, behind the options: what is " + strings.Join(c.Args().Slice()[1:], " ") + "?")
	}
	return o, nil
}

// A run is what a command line says besides the filter and its options.
type run struct {
	program, input, output string
	open                   bool // no sandbox
}

func (r run) run(f filters.Filter, o filters.Options) error {
	in, err := app.Input(r.program, r.input)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := app.CreateOutput(r.program, r.output)
	if err != nil {
		return err
	}
	defer out.Close()
	if !r.open {
		// Where the kernel lacks a part of it, the rest is what there is.
		if _, err := sandbox.Enter(sandbox.Options{Dir: out.Dir()}); err != nil {
			return fmt.Errorf("%w (-no-sandbox goes without)", err)
		}
	}
	// One picture, then the process ends: most of what a collection finds is in use,
	// and up to the limit there is room.
	debug.SetGCPercent(400)
	debug.SetMemoryLimit(o.Limits.Memory)
	if err := filters.Run(out, in, f, o); err != nil {
		return err
	}
	return out.Commit()
}
