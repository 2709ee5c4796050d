// Package imgcmd is what imggray and imgscale share as commands: the flags that
// both have, and one run over one image, a stream of them, or one after another
// as netpipe's worker.
package imgcmd

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"

	"imgpipe/cmd/internal/app"
	"imgpipe/cmd/internal/sandbox"
	"imgpipe/filters"
	"imgpipe/netpipe/stdio"
	"imgpipe/netpipe/worker"
)

// Main runs an image filter as a program. newFilter makes the filter of its own
// flags, which are p's; its errors are usage errors.
func Main(p app.Program, newFilter func() (filters.Filter, error)) {
	if p.Flags == nil {
		p.Flags = new(flag.FlagSet)
	}
	r := run{program: p.Name}
	options := r.define(p.Flags)
	p.Usage = []string{"[options] [FILE]", "[options] -worker"}
	p.Run = func(args []string) error {
		f, err := newFilter()
		if err != nil {
			return app.Usagef("%w", err)
		}
		o, err := options()
		if err != nil {
			return app.Usagef("%w", err)
		}
		if len(args) > 1 {
			return app.Usagef("one FILE at most, behind the options: what is %s?", strings.Join(args[1:], " "))
		}
		if len(args) > 0 {
			r.input = args[0]
		}
		if r.worker && (r.input != "" || r.output != "" || r.jobs > 0) {
			return app.Usagef("-worker is for netpipe -reuse: no FILE, no -o, no -stream")
		}
		return r.run(f, o)
	}
	app.Main(p)
}

// define defines the flags. What it returns checks them, once they are parsed.
func (r *run) define(flags *flag.FlagSet) func() (filters.Options, error) {
	format := flags.String("format", "", "write `FORMAT`: jpeg, png, gif, bmp, tiff, webp, pnm, pam (default: that of the input)")
	quality := flags.Int("quality", 0, "`N`, 1 to 100, of a JPEG (default: that of the input; 90 if that was no JPEG)")
	upright := flags.Bool("upright", false, "turn the pixels the way the image is seen, instead of a tag that says it")
	strip := flags.Bool("strip", false, "keep the pixels, upright, and nothing else: no EXIF, XMP, ICC profile, comments, resolution")
	pixels := flags.Int64("max-pixels", filters.DefaultMaxPixels, "refuse images of more than `N` pixels")
	memory := flags.Int64("max-memory", filters.DefaultMaxMemory>>20, "refuse images that take more than about `N` MiB")
	stream := flags.Bool("stream", false, "many images, one after another, instead of one")
	flags.IntVar(&r.jobs, "jobs", 0, "-stream: work on `N` images at once (default: one per core)")
	frames := flags.Int("max-frames", filters.DefaultMaxFrames, "refuse animations of more than `N` frames, TIFFs of more pages")
	flags.StringVar(&r.output, "o", "", "write `FILE`, whole or not at all, instead of stdout")
	flags.BoolVar(&r.worker, "worker", false, "serve one image after another to netpipe -reuse")
	flags.BoolVar(&r.open, "no-sandbox", false, "don't give up files, sockets and programs before reading (for odd systems)")
	return func() (o filters.Options, err error) {
		given := app.Given(flags)
		if given["format"] {
			if o.Format, err = filters.ParseFormat(*format); err != nil {
				return o, err
			}
		}
		o.Quality, o.Upright, o.Strip = *quality, *upright, *strip
		o.Limits = filters.Limits{Pixels: *pixels, Memory: *memory << 20, Frames: *frames}
		const mostMemory, mostJobs = 1 << 30, 1 << 12 // 1 PiB; more is a slip
		switch {
		case given["quality"] && (o.Quality < 1 || o.Quality > 100):
			return o, errors.New("-quality is 1 to 100")
		case o.Limits.Pixels < 1:
			return o, errors.New("-max-pixels is at least 1")
		case *memory < 1 || *memory > mostMemory:
			return o, fmt.Errorf("-max-memory is 1 to %d", mostMemory)
		case o.Limits.Frames < 1:
			return o, errors.New("-max-frames is at least 1")
		case given["jobs"] && !*stream:
			return o, errors.New("-jobs goes with -stream")
		case given["jobs"] && (r.jobs < 1 || r.jobs > mostJobs):
			return o, fmt.Errorf("-jobs is 1 to %d", mostJobs)
		}
		if *stream && r.jobs == 0 {
			r.jobs = runtime.GOMAXPROCS(0)
		}
		return o, nil
	}
}

// A run is what a command line says besides the filter and its options.
type run struct {
	program, input, output string
	open                   bool // no sandbox
	jobs                   int  // of a stream; 0: one image
	worker                 bool // one image after another
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
	switch {
	case r.worker:
		// A picture leaves a few MiB behind; half of the collections for that much memory.
		debug.SetGCPercent(200)
		debug.SetMemoryLimit(o.Limits.Memory)
		return r.serve(in, os.Stdout, f, o)
	case r.jobs > 0:
		debug.SetMemoryLimit(o.Limits.Memory * int64(r.jobs))
		err = filters.RunStream(out, in, f, o, r.jobs)
	default:
		// One picture, then the process ends: most of what a collection finds is in use,
		// and up to the limit there is room.
		debug.SetGCPercent(400)
		debug.SetMemoryLimit(o.Limits.Memory)
		err = filters.Run(out, in, f, o)
	}
	if err != nil {
		return err
	}
	return out.Commit()
}

// serve answers netpipe's requests. An error of one is what the program would
// have said of the picture.
func (r run) serve(in io.Reader, out io.Writer, f filters.Filter, o filters.Options) error {
	return worker.Serve(in, out, func(answer io.Writer, input io.Reader) error {
		if err := filters.Run(answer, input, f, o); err != nil {
			return fmt.Errorf("%s: %s", r.program, stdio.OneLine(err.Error()))
		}
		return nil
	})
}
