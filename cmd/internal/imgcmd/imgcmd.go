// Package imgcmd is what imggray and imgscale share as commands: their common
// options, and one run over one image, over a stream of images, over many files, or over
// one image after another as a worker of netpipe.
package imgcmd

import (
	"bufio"
	"io"
	"os"
	"runtime/debug"
	"time"

	"github.com/urfave/cli/v2"

	"imgpipe/cmd/internal/app"
	"imgpipe/cmd/internal/sandbox"
	_ "imgpipe/cmd/internal/start"
	"imgpipe/filters"
	"imgpipe/filters/codec"
)

// A NewCommand returns an image filter as a program. The flags of the program are those of
// the filter, each time new ones with their defaults: a worker reads its command line again
// for a request that has parameters.
type NewCommand func() (app.Program, NewFilter)

// A NewFilter makes the filter from its flags. Its errors are usage errors.
type NewFilter func(*cli.Context) (filters.Filter, error)

// Main runs an image filter as a program, to which it adds the common flags.
func Main(newCommand NewCommand) {
	app.Main(newProgram(newCommand, func(c *cli.Context, o *options, r invocation) error {
		if r.batch {
			return o.runBatch(c, r)
		}
		return r.run()
	}))
}

// newProgram returns the program of a new command. It calls do with what its command line
// says.
func newProgram(newCommand NewCommand, do func(*cli.Context, *options, invocation) error) app.Program {
	var o options
	p, newFilter := newCommand()
	p.Env = "IMGPIPE"
	p.Usage = []string{"[options] [FILE]", "[options] -o DIR FILE|DIR...", "[options] -worker"}
	p.Mixed = true
	if p.Words == nil {
		p.Words = map[string][]string{}
	}
	p.Words["format"] = codec.FormatNames()
	p.Words["sandbox"] = []string{string(sandboxRequire), string(sandboxAuto), string(sandboxOff)}
	p.Has = func() string { return "sandbox: " + sandbox.Available().String() }
	p.Hint = hint
	own := p.Instead
	p.Instead = func(name, value string) string { return instead(own, name, value) }
	p.Flags = append(p.Flags, o.flags(p.Flags)...)
	p.Run = func(c *cli.Context) error {
		f, err := newFilter(c)
		if err != nil {
			return app.Usagef("%w", err)
		}
		if err := o.checkOperands(c.Args().Slice(), own); err != nil {
			return app.Usagef("%w", err)
		}
		if o.stream {
			app.AllProcessors()
		}
		r, err := o.invocation(c)
		if err != nil {
			return app.Usagef("%w", err)
		}
		r.newCommand, r.program, r.image = newCommand, p, f
		r.options.Tolerate = o.tolerate(p, r.input)
		return do(c, &o, r)
	}
	return p
}

// An invocation is what a command line says.
type invocation struct {
	newCommand    NewCommand
	program       app.Program
	image         filters.Filter
	input, output string          // file names; empty: stdin, stdout
	stdin         *bufio.Reader   // in place of stdin, if that has been looked at
	options       filters.Options // how images are read and written
	jobs          int             // images of a stream at once; 0: one image, no stream
	batch         bool            // filter many files
	worker        bool            // serve netpipe -reuse
	params        []string        // options that a request may set
	sandbox       sandboxMode
	seconds       int // of processor time for an image; 0: no limit
}

// run opens input and output, enters the sandbox, and filters.
func (r invocation) run() error {
	in, err := app.Input(r.program.Name, r.input)
	if err != nil {
		return err
	}
	defer in.Close()
	if r.stdin != nil {
		in = io.NopCloser(r.stdin)
	}
	out, err := app.CreateOutput(r.program.Name, r.output)
	if err != nil {
		return err
	}
	defer out.Close()
	from := originOf(r.input, r.output)
	if err := r.sandbox.enter(r.program, out); err != nil {
		return err
	}
	switch {
	case r.worker:
		// An image leaves a few MiB of garbage. Half as many collections are worth as
		// much memory again.
		debug.SetGCPercent(200)
		debug.SetMemoryLimit(r.options.Limits.Memory)
		return r.serve(in, os.Stdout)
	case r.jobs > 0:
		debug.SetMemoryLimit(r.options.Limits.Memory * int64(r.jobs))
		err = r.filterStream(out, in)
	default:
		r.options.Large = r.forLargeImage
		err = r.filter(out, in)
	}
	if err != nil {
		return from.name(err)
	}
	return out.Commit()
}

// forLargeImage prepares a process for its only image, which may be large. A small image is
// done before the first collection; to set the collector's limits and the number of
// processors stops all goroutines, which takes a tenth of the time of a small image.
func (r invocation) forLargeImage() {
	app.AllProcessors()
	// Most of what a collection finds is in use. Up to the limit there is memory.
	debug.SetGCPercent(400)
	debug.SetMemoryLimit(r.options.Limits.Memory)
}

// filter filters one image.
func (r invocation) filter(w io.Writer, in io.Reader) error {
	if r.seconds == 0 {
		return filters.Run(w, in, r.image, r.options)
	}
	m := &meter{limit: time.Duration(r.seconds) * time.Second}
	return m.run(func() error { return filters.Run(m.writer(w), in, r.image, r.options) })
}

// filterStream filters a stream of images.
func (r invocation) filterStream(w io.Writer, in io.Reader) error {
	if r.seconds == 0 {
		return filters.RunStream(w, in, r.image, r.options, r.jobs)
	}
	m := &meter{limit: time.Duration(r.seconds*r.jobs) * time.Second}
	in, w = m.perImage(in, w)
	return m.run(func() error { return filters.RunStream(w, in, r.image, r.options, r.jobs) })
}
