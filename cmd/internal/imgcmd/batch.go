package imgcmd

import (
	"bufio"
	"errors"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"imgpipe/cmd/internal/app"
	"imgpipe/cmd/internal/batch"
	"imgpipe/cmd/internal/sandbox"
	"imgpipe/filters/codec"
)

// isBatch tells whether the results go into a directory: imgscale -o DIR FILE|DIR... That
// is so if there are several operands, a folder, or an option that only a batch has,
// or if -o names a directory that is there, or ends with a slash.
func (o *options) isBatch(c *cli.Context) bool {
	switch {
	case o.worker:
		return false
	case c.NArg() > 1 || o.typedBatch(c):
		return true
	}
	file := c.Args().First()
	return c.NArg() == 1 && (file != "-" && isDir(file) || isDir(o.output) || strings.HasSuffix(o.output, "/") || o.namesOnStdin(c))
}

// namesOnStdin tells whether stdin, as the only operand, has names rather than an image.
// -o then says a directory that is not there yet, unless it has the extension of an image.
// What namesOnStdin reads stays in o.stdin.
func (o *options) namesOnStdin(c *cli.Context) bool {
	if c.Args().First() != "-" || o.stream || o.output == "" || o.output == "-" || codec.HasExtension(o.output) || term.IsTerminal(int(os.Stdin.Fd())) {
		return false
	}
	o.stdin = bufio.NewReaderSize(os.Stdin, codec.HeadSize)
	head, _ := o.stdin.Peek(codec.HeadSize) // the next read returns the error
	return len(head) > 0 && codec.Recognise(head) == ""
}

// typedBatch tells whether the command line has an option that only a batch has.
func (o *options) typedBatch(c *cli.Context) bool {
	return slices.ContainsFunc(o.batch.Names(), func(name string) bool { return app.Typed(c, name) })
}

func isDir(name string) bool {
	st, err := os.Stat(name)
	return err == nil && st.IsDir()
}

// checkBatch returns the error of options that do not go with a batch.
func (o *options) checkBatch(c *cli.Context) error {
	if app.Typed(c, "stream") {
		return errors.New("-stream is for one FILE: many images one after another")
	}
	return nil
}

// leastMemory is the memory, in MiB, that each job of a batch should have, so that most
// pictures need not wait for the second round.
const leastMemory = 128

// runBatch filters many files.
//
// This process opens the files and writes the results. It reads nothing of an image
// but the first bytes, which it compares with those of the formats. Images are decoded by
// other processes, the workers: this program with -worker, as netpipe -reuse starts it.
// A worker has three pipes, and enters the sandbox before it reads from them: it can
// open neither a source nor a file in the directory, nor anything else. So no file has to
// be allowed to it, by a rule of Landlock for example, and this process, which parses
// nothing that is hostile but records with a length, keeps its rights.
//
// The limit of memory is for all workers together. In the first round each has its part
// of it. An image that needs more is filtered in the second round, by a worker that is
// alone and has all of it.
func (o *options) runBatch(c *cli.Context, r invocation) error {
	app.AllProcessors()
	if r.sandbox != sandboxOff {
		if err := r.sandbox.check(r.program, sandbox.Available()); err != nil {
			return err
		}
	}
	jobs := r.jobs
	if jobs == 0 {
		jobs = max(1, min(runtime.GOMAXPROCS(0), o.memory.n/leastMemory))
	}
	args := app.TypedOptions(c, append(o.batch.Names(), "o", "jobs", "max-memory", "sandbox", "no-sandbox", "param")...)
	args = append(args, "-worker", "-sandbox="+r.sandbox.String())
	round := func(jobs int) batch.Round {
		memory := strconv.Itoa(max(1, o.memory.n/jobs))
		return batch.Round{Jobs: jobs, NewFilter: func() batch.Filter {
			return &process{program: r.program.Name, args: append(slices.Clip(args), "-max-memory="+memory), shares: jobs > 1}
		}}
	}
	o.batch.Command = r.program.Name
	o.batch.Program = r.program.Name
	o.batch.Dir = o.output
	if r.stdin != nil {
		o.batch.Stdin = r.stdin
	}
	o.batch.Format = r.options.Format
	o.batch.Rounds = []batch.Round{round(jobs)}
	if jobs > 1 {
		o.batch.Rounds = append(o.batch.Rounds, round(1))
	}
	return o.batch.Run(c.Args().Slice())
}
