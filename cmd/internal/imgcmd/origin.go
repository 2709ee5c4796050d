package imgcmd

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/hashicorp/go-multierror"

	"imgpipe/cmd/internal/app"
	"imgpipe/filters"
	"imgpipe/filters/codec"
)

// An origin is where an image comes from, and where its result goes, as errors name them.
type origin struct {
	input, output string
	image         int  // the number of the image in a stream; otherwise 0
	piped         bool // from another program, whose failure may be the cause of ours
}

// originOf returns the origin of the file called input, with the result called output. An
// empty name, and "-", are stdin and stdout. A server starts a filter in a process group of
// its own, with a pipe as stdin: an error then says no more than "input", because it goes to
// a client, whose input it was. It must be called before the sandbox forbids to ask for the
// group.
func originOf(input, output string) origin {
	o := origin{input: input, output: output}
	if output == "" || output == "-" {
		o.output = "output"
	}
	if input != "" && input != "-" {
		return o
	}
	o.input = "standard input"
	if st, err := os.Stdin.Stat(); err == nil && st.Mode()&os.ModeNamedPipe != 0 {
		if o.piped = syscall.Getpgrp() != os.Getpid(); !o.piped {
			o.input = "input"
		}
	}
	return o
}

// name returns err with the names of o.
func (o origin) name(err error) error {
	switch e := err.(type) {
	case *multierror.Error:
		for i := range e.Errors {
			e.Errors[i] = o.name(e.Errors[i])
		}
		return e
	case *filters.InputError:
		return o.named(o.input, e.Err)
	case *filters.OutputError:
		return o.named(o.output, e.Err)
	case *filters.ImageError:
		of := o
		of.piped = o.piped && errors.Is(e, codec.ErrEmpty) // which is all of the stream
		of.image = e.Number
		return of.name(e.Err)
	}
	return err
}

// named returns err, which is about the file with the given name.
func (o origin) named(file string, err error) error {
	name := file + ": "
	if o.image > 0 {
		name += fmt.Sprintf("image %d: ", o.image)
	}
	return &namedError{o, name, app.WithoutPath(err, file)}
}

// A namedError is the error of an origin.
type namedError struct {
	origin
	name string // of the input or the output, or of an image of a stream
	err  error
}

func (e *namedError) Error() string {
	if e.piped && errors.Is(e.err, codec.ErrEmpty) {
		return "no input: " + writerFailed
	}
	return e.name + e.err.Error()
}

func (e *namedError) Unwrap() error { return e.err }

// writerFailed points from our failure to the one that may be its cause.
const writerFailed = "did the program before it fail?"

// isCutOff tells whether the program that writes our input may have failed in an image.
func (e *namedError) isCutOff() bool { return e.piped && errors.Is(e.err, codec.ErrTruncated) }
