package batch

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/hashicorp/go-multierror"

	"imgpipe/cmd/internal/app"
)

// A run is one Run of a Batch.
type run struct {
	*Batch
	*plan
	dir      *app.Directory
	progress *progress
}

// filterAll filters the sources in rounds.
func (r *run) filterAll() {
	var todo []*source
	for _, s := range r.sources {
		if s.err == nil && r.Resume {
			s.skipped = r.isDone(s)
		}
		if s.err != nil || s.skipped {
			r.progress.increment()
		} else {
			todo = append(todo, s)
		}
	}
	for i, round := range r.Rounds {
		if len(todo) == 0 {
			return
		}
		time.Sleep(round.Pause)
		r.filterOnce(round, todo, i == len(r.Rounds)-1)
		todo = slices.DeleteFunc(todo, func(s *source) bool { return !s.again })
	}
}

// filterOnce tries each source of todo once.
func (r *run) filterOnce(round Round, todo []*source, last bool) {
	queue := make(chan *source)
	var jobs sync.WaitGroup
	for range min(round.Jobs, jobsByFiles(cmp.Or(round.Files, 3)), len(todo)) {
		jobs.Go(func() {
			f := round.NewFilter()
			defer f.Close()
			for s := range queue {
				after := r.try(s, f)
				if !s.again || last {
					r.progress.increment()
					continue
				}
				time.Sleep(min(after, maxAfter)) // which also keeps the other files from a busy server
			}
		})
	}
	for _, s := range todo {
		queue <- s
	}
	close(queue)
	jobs.Wait()
}

// try filters a source. If it fails and another try may succeed, try sets s.again and
// returns the time to wait before that.
func (r *run) try(s *source, f Filter) (after time.Duration) {
	s.tries++
	s.err = r.filter(s, f)
	again := new(AgainError)
	if s.again = errors.As(s.err, &again); s.again {
		after = again.After
	}
	return after
}

// filter filters a source and writes the result, whole or not at all.
func (r *run) filter(s *source, f Filter) error {
	in, err := os.Open(s.path)
	if err != nil {
		return err
	}
	defer in.Close()
	out := &result{run: r, source: s}
	defer out.close()
	warn := func(line string) { r.progress.print(s.path + ": " + line) }
	if err := f.Filter(out, in, warn); err != nil {
		return err
	}
	return out.commit()
}

// verdict returns an error for each file that failed and a summary, or prints the summary
// and returns nil if none failed.
func (r *run) verdict() error {
	var done, skipped int
	var failed *multierror.Error
	for _, s := range r.sources {
		switch {
		case s.err != nil && s.again && s.tries > 1:
			failed = multierror.Append(failed, fmt.Errorf("%w (%d tries)", s.failure(), s.tries))
		case s.err != nil:
			failed = multierror.Append(failed, s.failure())
		case s.skipped:
			skipped++
		default:
			done++
		}
	}
	summary := fmt.Sprintf("%d done, %d skipped, %d failed", done, skipped, len(r.sources)-done-skipped)
	if r.others > 0 {
		summary += fmt.Sprintf(", %d left alone (no picture)", r.others)
	}
	if r.results > 0 {
		summary += fmt.Sprintf(", %d left alone (in %s)", r.results, r.Dir)
	}
	if failed == nil {
		r.progress.print(summary)
		return nil
	}
	return multierror.Append(failed, errors.New(summary))
}

// failure returns the error of s. It names the file once.
func (s *source) failure() error {
	return fmt.Errorf("%s: %w", s.path, app.WithoutPath(s.err, s.path))
}

// Descriptors that are open besides those of jobs, and for each job besides those of its
// filter: the file, the result and its directory.
const (
	baseFiles = 10
	jobFiles  = 3
)

// jobsByFiles returns how many jobs the limit of open files allows, at least 1, whose
// filters need filterFiles each.
func jobsByFiles(filterFiles int) int {
	var files syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files) != nil {
		return math.MaxInt
	}
	return max(1, (int(min(uint64(files.Cur), 1<<30))-baseFiles)/(jobFiles+filterFiles))
}
