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
// but TIFF. Zeros, white space and JPEG's fill bytes may stand between images. What
// else stands there is skipped, and told to Tolerate at the end, as a *SkippedError.
//
// Each result is written whole, in one Write, as soon as that result and all
// before it are ready, and without a look at what follows its image. Up to jobs
// images are processed or wait to be written at once, while one more is being
// read. The limits hold for each image, and Limits.Memory also for its encoded
// form.
//
// In place of a bad image nothing is written, and the stream goes on. It ends where
// r or w fails; a Read that blocks is waited for even then. The error is a
// *multierror.Error of all failures, those of an image as an *ImageError.
func RunStream(w io.Writer, r io.Reader, f Filter, o Options, jobs int) error {
	images := codec.NewSplitter(r, o.Limits)
	results := make(chan *result, jobs-1) // with the result that is waited for: jobs
	out := resultWriter{w: w}
	written := make(chan struct{})
	go func() {
		defer close(written)
		out.writeAll(results)
	}()
	for n := 1; !out.failed.Load(); n++ {
		image, err := images.Next()
		if err == io.EOF && n > 1 {
			break
		}
		next := &result{n: n, done: make(chan struct{})}
		results <- next
		if err == nil {
			go func() {
				defer close(next.done)
				next.err = Run(&next.out, bytes.NewReader(image), f, o.numbered(next.n))
			}()
			continue
		}
		if errors.Is(err, codec.ErrOverlap) {
			n--
			next.n = n
		}
		if err == io.EOF {
			err = codec.ErrEmpty
			if images.Skipped().Places > 0 {
				err = codec.ErrFormat
			}
		}
		next.err = &InputError{err}
		close(next.done)
		if ofImage := new(codec.ImageError); !errors.As(err, &ofImage) {
			break
		}
	}
	close(results)
	<-written
	if skipped := images.Skipped(); skipped.Places > 0 {
		if err := o.Tolerate.Handle(&SkippedError{skipped}); err != nil {
			out.failures.add(&InputError{err})
		}
	}
	return out.failures.err()
}

// An ImageError is the *InputError or *OutputError of one image of a stream.
type ImageError struct {
	Number int // from 1
	Err    error
}

func (e *ImageError) Error() string { return fmt.Sprintf("image %d: %v", e.Number, e.Err) }

func (e *ImageError) Unwrap() error { return e.Err }

// A SkippedError says what of a stream is no image.
type SkippedError struct{ codec.Skipped }

func (e *SkippedError) Error() string {
	places := "1 place"
	if e.Places > 1 {
		places = fmt.Sprintf("%d places", e.Places)
	}
	return fmt.Sprintf("%d bytes in %s between images were skipped", e.Bytes, places)
}

// numbered returns the options for the nth image: Tolerate gets the number too.
func (o Options) numbered(n int) Options {
	if tolerate := o.Tolerate; tolerate != nil {
		o.Tolerate = func(breach error) error {
			if tolerate(fmt.Errorf("image %d: %w", n, breach)) != nil {
				return breach // the caller numbers an image's error
			}
			return nil
		}
	}
	return o
}

// A result is what becomes of the nth image.
type result struct {
	n    int
	done chan struct{} // closed when out and err are ready
	out  bytes.Buffer
	err  error
}

// A resultWriter writes results in the order of their images.
type resultWriter struct {
	w        io.Writer
	failed   atomic.Bool // a write has failed: nothing more is written
	failures failures
}

func (w *resultWriter) writeAll(results <-chan *result) {
	for r := range results {
		<-r.done
		if w.failed.Load() {
			continue
		}
		if r.err == nil {
			if _, err := w.w.Write(r.out.Bytes()); err != nil {
				r.err = &OutputError{err}
				w.failed.Store(true)
			}
		}
		if r.err != nil {
			w.failures.add(&ImageError{r.n, r.err})
		}
	}
}

// failures are a stream's errors.
type failures struct {
	all  *multierror.Error // the first maxReported
	more int               // how many are not in all
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
