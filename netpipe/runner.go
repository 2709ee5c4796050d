package netpipe

import (
	"cmp"
	"context"
	"io"
	"log/slog"
	"os"
	"time"

	"imgpipe/netpipe/internal/procpool"
)

// A Runner sends inputs of this program through a filter, without a server. Several
// goroutines may use it at once.
type Runner struct {
	filter     *procpool.Filter
	timeout    time.Duration
	allowEmpty bool
	maxInput   int64
	maxAnswer  int64
}

// NewRunner starts the filter of s. Of the fields of s only those about the filter count:
// Filter, Env, FilterMemory, FilterCPU, FilterNice, Reuse, Pool, StartTimeout, Timeout,
// AllowEmpty and Log, and for RunHeld MaxInput and MaxAnswer. The errors about the filter are
// those of Serve. Close ends the filter.
func NewRunner(s *Server) (*Runner, error) {
	commands, err := Programs(s.Filter)
	if err != nil {
		return nil, err
	}
	filter, err := s.startFilter(commands, filterEnvironment(os.Environ(), s.Env), nil, cmp.Or(s.Log, slog.New(slog.DiscardHandler)))
	if err != nil {
		return nil, err
	}
	return &Runner{filter, s.Timeout, s.AllowEmpty, s.MaxInput, s.MaxAnswer}, nil
}

// Run filters an input. The answer is written to out as it comes: only the error tells
// whether it is whole. Run reads in to its end, unless the filter takes no more; a filter
// is not told of the end of an input that cannot be read to its end. A Read that is under
// way when the filter ends is not waited for. words are what the filter wrote to stderr.
//
// The errors are those of in and out, ErrTimeout, ErrEmptyAnswer, the context's cause, and
// one with the words of the program that failed.
func (r *Runner) Run(ctx context.Context, out io.Writer, in io.Reader) (words string, err error) {
	return r.run(ctx, in, func(answer io.Reader) (int64, error) { return io.Copy(out, answer) })
}

// run is Run. Take reads the answer to its end and returns its size in bytes.
func (r *Runner) run(ctx context.Context, in io.Reader, take func(answer io.Reader) (int64, error)) (words string, err error) {
	invocation, err := r.filter.Take(nil)
	if err != nil {
		return "", err
	}
	if r.timeout > 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeoutCause(ctx, r.timeout, ErrTimeout)
		defer stop()
	}
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	aborted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(aborted)
		invocation.Abort()
	})
	go func() {
		if err := pushAll(invocation, in); err != nil {
			fail(err)
		}
	}()
	size, err := take(onlyReader{invocation})
	if err != nil {
		fail(err)
	}
	err = invocation.Wait()
	if !stop() {
		<-aborted
	}
	invocation.Release()
	status := invocation.Status()
	switch {
	case ctx.Err() != nil:
		return status.Stderr, context.Cause(ctx)
	case err != nil && status.Cause != "":
		return status.Stderr, &filterError{status.Cause, err}
	case err != nil:
		return status.Stderr, err
	case size == 0 && !r.allowEmpty:
		return status.Stderr, ErrEmptyAnswer
	}
	return status.Stderr, nil
}

// onlyReader hides all methods but Read from io.Copy.
type onlyReader struct{ io.Reader }

// pushAll gives an invocation an input, as far as it takes it. An error is one of in.
func pushAll(invocation procpool.Invocation, in io.Reader) error {
	chunk := procpool.NewInputChunk()
	defer chunk.Free()
	for !chunk.Last {
		n, err := in.Read(chunk.Room())
		if chunk.N, chunk.Last = n, err == io.EOF; err != nil && err != io.EOF {
			return err
		}
		if n == 0 && err == nil {
			continue
		}
		if invocation.Push(&chunk, procpool.Unwatched) != nil {
			return nil
		}
	}
	return nil
}

// Files returns how many descriptors this program needs for each Run.
func (r *Runner) Files() int { return r.filter.Files() }

// Stats returns the numbers of the filter's processes, which are counted since NewRunner.
func (r *Runner) Stats() FilterStats { return filterStats(r.filter) }

// NotReady returns ErrNotReady, with the reason, if no process of the filter can be had at the
// moment, else nil.
func (r *Runner) NotReady() error { return filterNotReady(r.filter) }

// Close ends the filter. No Run may be under way.
func (r *Runner) Close() { r.filter.Close() }

// A filterError is a failure of a filter: what it wrote to stderr.
type filterError struct {
	words string
	err   error
}

func (e *filterError) Error() string { return e.words }

func (e *filterError) Unwrap() error { return e.err }
