package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"imgpipe/cmd/internal/app"
	"imgpipe/cmd/internal/batch"
	"imgpipe/cmd/internal/hosting"
	"imgpipe/netpipe"
)

// A runner is netpipe's third use: it sends files through a filter, without a server.
type runner struct {
	run    bool
	output string
	rename bool
	jobs   int
	batch  batch.Batch
	server netpipe.Server // what starts the filter
}

func newRunner() *runner {
	r := &runner{jobs: runtime.GOMAXPROCS(0), server: netpipe.Defaults()}
	r.server.Pool = 1 // shows at the start whether the filter can be started
	return r
}

// flags defines the runner's options.
func (r *runner) flags() []*app.Flag {
	s := &r.server
	return append([]*app.Flag{
		runFlag(&r.run),
		app.File("o", &r.output, "write the result to `FILE`, or with FILEs the results to this directory, each whole or not at all"),
		renameFlag(&r.rename),
		app.PerMachine("1 per core", app.Count("jobs", &r.jobs, "filter `N` files at once, fewer if the limit of open files is low")),
		app.String("prefix", &r.batch.Prefix, "put `TEXT` before the names of the results"),
		app.Count("reuse", &s.Reuse, "let a filter, which must be a worker, filter `N` files (default: one, any program)"),
		hosting.EnvFlag(s),
		app.Renamed("filter-memory", app.Size("limit-memory", &s.FilterMemory, "let a process of the filter have `SIZE` of memory")),
		app.Renamed("filter-cpu", app.PerMachine("1m per core", app.Time("limit-cpu", &s.FilterCPU, "let a process of the filter take `TIME` of processor for each file; the default is -timeout on each core"))),
		hosting.NiceFlag(s),
		app.Time("start-timeout", &s.StartTimeout, "with -reuse: give a worker `TIME` to answer the greeting"),
		app.Time("timeout", &s.Timeout, "give the filter `TIME` for a file"),
		app.Switch("allow-empty", &s.AllowEmpty, "let 0 bytes be a whole result"),
	}, r.batch.Flags()...)
}

func runFlag(to *bool) *app.Flag {
	return app.Switch("run", to, "filter files without a server: -run -o DIR FILTER [ARG...] -- FILE|DIR...; its other options: netpipe -run -help")
}

// filesMark stands between the filter and the files. Of several the last one counts: a
// filter may have one of its own.
const filesMark = "--"

// forFiles is what to type to filter files.
const forFiles = "netpipe -run -o DIR FILTER [ARG...] " + filesMark + " FILE|DIR..."

// filter filters stdin, or the files that are named.
func (r *runner) filter(c *cli.Context) (err error) {
	args, files, hasFiles := c.Args().Slice(), []string(nil), false
	for i, arg := range slices.Backward(args) {
		if arg == filesMark {
			args, files, hasFiles = args[:i], args[i+1:], true
			break
		}
	}
	if len(args) == 0 {
		return app.Usagef("no filter: type %s", forFiles)
	}
	if r.server.Filter = args; !c.IsSet("limit-cpu") {
		r.server.FilterCPU = netpipe.MaxFilterCPU(r.server.Timeout)
	}
	if _, err := netpipe.Programs(args); err != nil {
		return app.Usagef("%w", err)
	}
	if err := hosting.LimitSeconds(); err != nil {
		return err
	}
	if _, err := hosting.LogSandbox(slog.New(slog.NewTextHandler(os.Stderr, nil))); err != nil {
		return err
	}
	if hasFiles {
		return r.filterFiles(files)
	}
	if err := refuseForFiles(c, &r.batch, "files: type "+forFiles); err != nil {
		return err
	}
	return r.filterStdin()
}

// filterStdin filters stdin to stdout, or to -o FILE.
func (r *runner) filterStdin() error {
	if st, err := os.Stat(r.output); err == nil && st.IsDir() {
		return app.Usagef("-o %s is a directory: type %s", r.output, forFiles)
	}
	err := filterStdin("netpipe -run FILTER", r.output, r.rename, func(out io.Writer, in io.Reader) error {
		filter, err := netpipe.NewRunner(&r.server)
		if err != nil {
			return err
		}
		defer filter.Close()
		return local{filter}.Filter(out, in, func(line string) { fmt.Fprintln(os.Stderr, line) })
	})
	if errors.Is(err, netpipe.ErrDoesNotWait) || errors.Is(err, netpipe.ErrCommandLine) {
		last := r.server.Filter[len(r.server.Filter)-1]
		if _, missing := os.Stat(last); missing == nil {
			return app.Usagef("%v; is %s a file to filter? Type %s", err, last, forFiles)
		}
	}
	return err
}

// filterFiles filters files: netpipe -run -o DIR FILTER [ARG...] -- FILE|DIR...
func (r *runner) filterFiles(files []string) error {
	if err := checkForFiles(r.jobs, r.batch.Prefix, r.rename); err != nil {
		return err
	}
	filter, err := netpipe.NewRunner(&r.server)
	if err != nil {
		return err
	}
	defer filter.Close()
	r.batch.Command, r.batch.Filter = "netpipe -run", "FILTER --"
	r.batch.Program = "netpipe"
	r.batch.Dir = r.output
	r.batch.AnyFormat = true // what a filter makes is its own affair
	r.batch.Rounds = []batch.Round{{Jobs: r.jobs, Files: filter.Files(), NewFilter: func() batch.Filter { return ofFile{local{filter}} }}}
	return r.batch.Run(files)
}

// A local filter filters files by processes of this program.
type local struct{ runner *netpipe.Runner }

// Filter filters in and writes the result to out.
func (l local) Filter(out io.Writer, in io.Reader, warn func(string)) error {
	words, err := l.runner.Run(context.Background(), out, in)
	if err == nil {
		for line := range strings.Lines(words) {
			warn(strings.TrimSpace(line))
		}
	}
	return err
}

// Close does nothing: all jobs share the filter.
func (local) Close() {}

// An ofFile filters files, which its caller names.
type ofFile struct{ local }

// Filter filters in and writes the result to out. Of a program's words "imggray: input:
// truncated JPEG" it drops "input".
func (f ofFile) Filter(out io.Writer, in io.Reader, warn func(string)) error {
	err := f.local.Filter(out, in, warn)
	if err == nil {
		return nil
	}
	if program, words, ok := strings.Cut(err.Error(), ": input: "); ok && !strings.Contains(program, ": ") {
		return fmt.Errorf("%s: %s", program, words)
	}
	return err
}
