package filters

import (
	"bytes"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/hashicorp/go-multierror"
)

// maxReported is how many of a stream's failures are told one by one.
const maxReported = 20

// RunStream does what Run does to every image of a stream: one after another,
// of any formats whose end can be told without decoding them (all but TIFF).
// Zeros, white space and JPEG's fill bytes may stand between them, up to 1 MiB. Each
// result is written, whole and in one piece, as soon as it and those before it
// are done, without a look at what comes behind its image. Up to jobs images
// are at work or done and waiting at once, and one more is being read; each has
// the limits for itself, and its encoded form too is at most Limits.Memory.
//
// In place of an image that is bad nothing is written, and the stream goes on;
// where an image's end can't be found, or r or w fail, it ends. The error is a
// *multierror.Error of all that went wrong, each with the number of its image,
// from 1. A Read that blocks is waited for also when w has failed.
func RunStream(w io.Writer, r io.Reader, f Filter, o Options, jobs int) error {
	images := splitter{r: r, most: o.Limits.memory()}
	answers := make(chan *answer, jobs-1) // with the one that is waited for: jobs
	var failed failures
	var stop atomic.Bool
	written := make(chan struct{})
	go func() {
		defer close(written)
		for a := range answers {
			<-a.done
			if stop.Load() {
				continue
			}
			if a.err == nil {
				if _, err := w.Write(a.out.Bytes()); err != nil {
					a.err = fmt.Errorf("output: %w", err)
					stop.Store(true)
				}
			}
			if a.err != nil {
				failed.add(fmt.Errorf("image %d: %w", a.n, a.err))
			}
		}
	}()
	for n := 1; !stop.Load(); n++ {
		image, err := images.next()
		if err == io.EOF && n > 1 {
			break
		}
		a := &answer{n: n, done: make(chan struct{})}
		answers <- a
		if err != nil {
			if err == io.EOF {
				err = errEmpty
			}
			a.err = fmt.Errorf("input: %w", err)
			close(a.done)
			if _, ok := err.(*tooLongError); !ok {
				break
			}
			continue
		}
		go func() {
			defer close(a.done)
			a.err = Run(&a.out, bytes.NewReader(image), f, o)
		}()
	}
	close(answers)
	<-written
	return failed.err()
}

// An answer is what becomes of the nth image.
type answer struct {
	n    int
	done chan struct{} // closed when out and err are there
	out  bytes.Buffer
	err  error
}

// failures are what went wrong with a stream.
type failures struct {
	all  *multierror.Error
	more int // that aren't in all
	last error
}

func (f *failures) add(err error) {
	if len(f.all.WrappedErrors()) < maxReported {
		f.all = multierror.Append(f.all, err)
		return
	}
	f.more++
	f.last = err
}

func (f *failures) err() error {
	if f.more > 0 {
		f.all = multierror.Append(f.all, fmt.Errorf("%d more; the last: %w", f.more, f.last))
	}
	return f.all.ErrorOrNil()
}
