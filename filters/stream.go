package filters

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/hashicorp/go-multierror"

	"imgpipe/filters/codec"
)

// maxReported is how many of a stream's failures are reported one by one.
const maxReported = 20

// RunStream does what Run does to every image of a stream of images, one after
// another, in any mix of formats whose end can be found without decoding: all
// but TIFF. Zeros, white space and JPEG's fill bytes may stand between images,
// up to 1 MiB.
//
// Each result is written whole, in one Write, as soon as that result and all
// before it are ready, and without a look at what follows its image. Up to jobs
// images are processed or wait to be written at once, while one more is being
// read. The limits hold for each image, and Limits.Memory also for its encoded
// form.
//
// In place of a bad image nothing is written, and the stream goes on. The stream
// ends where an image's end cannot be found, or where r or w fails; a Read that
// blocks is waited for even then. The error is a *multierror.Error of all
// failures, each with the number of its image, from 1.
func RunStream(w io.Writer, r io.Reader, f Filter, o Options, jobs int) error {
	images := codec.NewSplitter(r, o.Limits)
	results := make(chan *result, jobs-1) // with the one that is waited for: jobs
	var failed failures
	var stop atomic.Bool
	written := make(chan struct{})
	go func() {
		defer close(written)
		for a := range results {
			<-a.done
			if stop.Load() {
				continue
			}
			if a.err == nil {
				if _, err := w.Write(a.out.Bytes()); err != nil {
					a.err = &OutputError{err}
					stop.Store(true)
				}
			}
			if a.err != nil {
				failed.add(fmt.Errorf("image %d: %w", a.n, a.err))
			}
		}
	}()
	for n := 1; !stop.Load(); n++ {
		image, err := images.Next()
		if err == io.EOF && n > 1 {
			break
		}
		a := &result{n: n, done: make(chan struct{})}
		results <- a
		if err != nil {
			if err == io.EOF {
				err = codec.ErrEmpty
			}
			a.err = &InputError{err}
			close(a.done)
			if tooLong := new(codec.LimitError); !errors.As(err, &tooLong) {
				break
			}
			continue
		}
		go func() {
			defer close(a.done)
			a.err = Run(&a.out, bytes.NewReader(image), f, o)
		}()
	}
	close(results)
	<-written
	return failed.err()
}

// A result is what becomes of the nth image.
type result struct {
	n    int
	done chan struct{} // closed when out and err are ready
	out  bytes.Buffer
	err  error
}

// failures are a stream's failures.
type failures struct {
	all  *multierror.Error
	more int // that are not in all
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
