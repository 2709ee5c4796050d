package main

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/hashicorp/go-multierror"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"imgpipe/cmd/internal/app"
	"imgpipe/netpipe"
)

// pauses are the times before each further round, in which a server may start, or
// become less busy.
var pauses = []time.Duration{250 * time.Millisecond, 500 * time.Millisecond, time.Second}

// maxPause limits the Retry-After of a server.
const maxPause = 30 * time.Second

// A batch sends files to a server, several at once, and puts the answers into a
// directory.
type batch struct {
	client *netpipe.Client
	dir    *app.Directory
	prefix string
	jobs   int
	resume bool
	pauses []time.Duration // before each further round
	done   func()          // called for each file that is done, whether it succeeded or not
}

// sendFiles sends files: netpipe -connect ADDR -o DIR FILE...
func (k *client) sendFiles(files []string) error {
	switch {
	case k.output == "":
		return app.Usagef("no directory for the answers: type netpipe -connect ADDR -o DIR FILE...")
	case k.jobs == 0:
		return app.Usagef("-jobs 0: nothing would be sent")
	case filepath.Base(k.prefix+"x") != k.prefix+"x":
		return app.Usagef("-prefix %q: is more than a part of a name", k.prefix)
	}
	names := map[string]string{}
	for _, file := range files {
		name := filepath.Base(file)
		if other, twice := names[name]; twice {
			return app.Usagef("%s and %s are both called %s: their answers would be too", other, file, name)
		}
		names[name] = file
		if ext := filepath.Ext(k.output); ext == "" || ext != filepath.Ext(file) {
			continue
		}
		if _, err := os.Stat(k.output); err != nil {
			return app.Usagef("-o %s would be a directory: for one answer type netpipe -connect ADDR -o %[1]s < FILE; or make it", k.output)
		}
	}
	dir, err := app.OpenDirectory(k.output)
	if err != nil {
		return err
	}
	defer dir.Close()
	defer k.netpipe.CloseIdle()
	b := &batch{client: &k.netpipe, dir: dir, prefix: k.prefix, jobs: min(k.jobs, jobsByFiles()), resume: k.resume, pauses: pauses}
	for _, file := range files {
		if sameFile(file, b.answer(file)) {
			return app.Usagef("the answer to %s would overwrite it: say another -o or -prefix", file)
		}
		if other, ok := names[k.prefix+filepath.Base(file)]; ok && sameFile(other, b.answer(file)) {
			return app.Usagef("the answer to %s would overwrite %s, which is to be sent too: say another -o or -prefix", file, other)
		}
	}
	var wait func()
	b.done, wait = progress(len(files))
	err = b.send(context.Background(), files)
	wait()
	return err
}

// Descriptors that are open besides those of jobs, and for each job: the file, the answer
// and its directory, the connection, and an answer that is held in a file.
const (
	baseFiles = 10
	jobFiles  = 5
)

// jobsByFiles returns how many jobs the limit of open files allows, at least 1.
func jobsByFiles() int {
	var files syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files) != nil {
		return math.MaxInt
	}
	return max(1, (int(min(uint64(files.Cur), 1<<30))-baseFiles)/jobFiles)
}

// A job is a file to send.
type job struct {
	file  string
	tries int
	err   error         // of the last try
	again bool          // another try may succeed
	after time.Duration // time before the next try that the server asks for
}

// send sends files in rounds. After a round, the files that failed and may succeed are
// sent again. The error has one error for each file that failed.
func (b *batch) send(ctx context.Context, files []string) error {
	jobs := make([]*job, len(files))
	for i, file := range files {
		jobs[i] = &job{file: file}
	}
	todo := jobs
	for try := 0; try <= len(b.pauses) && len(todo) > 0; try++ {
		if try > 0 {
			time.Sleep(b.pauses[try-1])
		}
		todo = b.round(ctx, todo, try == len(b.pauses))
	}
	for range todo {
		b.done()
	}
	var failed *multierror.Error
	for _, j := range jobs {
		if j.err != nil && j.tries > 1 {
			j.err = fmt.Errorf("%w (%d tries)", j.err, j.tries)
		}
		if j.err != nil {
			failed = multierror.Append(failed, fmt.Errorf("%s: %w", j.file, j.err))
		}
	}
	if failed == nil {
		return nil
	}
	return multierror.Append(failed, fmt.Errorf("%d of %d failed", len(failed.Errors), len(files)))
}

// round tries each job of todo once, and returns the jobs to try again. Unless the
// round is the last, it waits as long as the server asks for.
func (b *batch) round(ctx context.Context, todo []*job, last bool) (again []*job) {
	queue := make(chan *job)
	var workers sync.WaitGroup
	for range min(b.jobs, len(todo)) {
		workers.Go(func() {
			for j := range queue {
				if b.try(ctx, j); !j.again {
					b.done()
				}
				if j.again && !last {
					time.Sleep(min(j.after, maxPause)) // which also keeps the other jobs from the server
				}
			}
		})
	}
	for _, j := range todo {
		queue <- j
	}
	close(queue)
	workers.Wait()
	return slices.DeleteFunc(slices.Clone(todo), func(j *job) bool { return !j.again })
}

// try sends j's file and writes the answer, whole or not at all.
func (b *batch) try(ctx context.Context, j *job) {
	j.err, j.again, j.after = nil, false, 0
	if st, err := os.Stat(b.answer(j.file)); b.resume && err == nil && st.Mode().IsRegular() {
		return
	}
	j.tries++
	j.err = func() error {
		in, err := os.Open(j.file)
		if err != nil {
			return err
		}
		defer in.Close()
		out, err := b.dir.Create(b.prefix + filepath.Base(j.file))
		if err != nil {
			return err
		}
		defer out.Close()
		if err := b.client.Send(ctx, in, out); err != nil {
			j.after, j.again = netpipe.Retryable(err)
			return err
		}
		return out.Commit()
	}()
}

// answer returns the path of the answer to a file.
func (b *batch) answer(file string) string { return b.dir.Path(b.prefix + filepath.Base(file)) }

func sameFile(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return cmp.Or(errX, errY) == nil && os.SameFile(x, y)
}

// progress shows a bar on a terminal. done counts one of total; wait ends the bar.
func progress(total int) (done, wait func()) {
	if !term.IsTerminal(int(os.Stderr.Fd())) {
		return func() {}, func() {}
	}
	p := mpb.New(mpb.WithOutput(os.Stderr))
	bar := p.New(int64(total), mpb.BarStyle().Lbound("[").Filler("#").Tip("#").Padding(" ").Rbound("]"),
		mpb.BarFillerTrim(), mpb.AppendDecorators(decor.CountersNoUnit(" %d of %d")))
	return bar.Increment, p.Wait
}
