package netpipe

import (
	"context"
	"errors"
	"io"

	"imgpipe/netpipe/internal/procpool"
	"imgpipe/netpipe/internal/spool"
)

// A HeldAnswer is an answer that is whole. It is in memory, or in a temporary file without
// a name; Release frees both.
type HeldAnswer struct{ spool spool.Spool }

// Size returns the number of bytes.
func (a *HeldAnswer) Size() int64 { return a.spool.Size() }

// MediaType returns the type of a picture, such as image/jpeg, and of anything else
// application/octet-stream.
func (a *HeldAnswer) MediaType() string { return mediaTypeOf(a.spool.Start()).name }

// NewReader returns a reader of the answer from its first byte on. It must not be used after
// Release.
func (a *HeldAnswer) NewReader() io.Reader { return a.spool.NewReader() }

// Release frees the answer.
func (a *HeldAnswer) Release() { a.spool.Release() }

// RunHeld is Run, but returns the answer when it is whole. With an error the answer is nil.
// In addition to those of Run, the errors are ErrInputTooLarge, ErrAnswerTooLarge, and that
// of a temporary file.
func (r *Runner) RunHeld(ctx context.Context, in io.Reader) (answer *HeldAnswer, words string, err error) {
	if r.maxInput > 0 {
		in = &boundedReader{in, r.maxInput}
	}
	answer = &HeldAnswer{spool.Spool{Limit: r.maxAnswer}}
	if words, err = r.run(ctx, in, answer.spool.ReadFrom); err != nil {
		answer.Release()
		return nil, words, err
	}
	return answer, words, nil
}

// Refused reports whether an error of Run or RunHeld is about the input itself, so that
// another try would end with it too: the filter has exited with a status of its own, or a
// worker has answered with one; or the answer is empty, or input or answer are too large.
// A filter that was killed, a timeout, and an input that could not be read are about the
// moment. A status above 128 is what a shell exits with after a signal has ended its command.
func Refused(err error) bool {
	if exit := new(procpool.ExitError); errors.As(err, &exit) {
		return exit.Code <= 128
	}
	return errors.Is(err, ErrEmptyAnswer) || errors.Is(err, ErrInputTooLarge) || errors.Is(err, ErrAnswerTooLarge)
}

// A boundedReader returns ErrInputTooLarge for what comes after left bytes.
type boundedReader struct {
	in   io.Reader
	left int64
}

// Read reads from the input.
func (b *boundedReader) Read(p []byte) (int, error) {
	n, err := b.in.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, ErrInputTooLarge
	}
	return n, err
}
