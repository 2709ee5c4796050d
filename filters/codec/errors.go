package codec

import (
	"errors"
	"fmt"
	"io"
)

// The kinds of errors of an input, for errors.Is. A *LimitError is a kind of its
// own.
var (
	// ErrEmpty marks an input of 0 bytes.
	ErrEmpty = errors.New("empty, where an image should be")
	// ErrFormat marks an input in none of the formats.
	ErrFormat error = unrecognised{}
	// ErrTruncated marks a file that ends before all of its pixels came.
	ErrTruncated = errors.New("truncated image")
	// ErrCorrupt marks a file that is against the rules of its format.
	ErrCorrupt = errors.New("corrupt image")
	// ErrUnsupported marks a file with a feature that is not read.
	ErrUnsupported = errors.New("unsupported image")
)

type unrecognised struct{}

func (unrecognised) Error() string {
	var names []string
	for _, f := range formats {
		names = append(names, string(f.name))
	}
	return "unrecognised image format (want " + orList(names) + ")"
}

// A kindError gives an error a kind, and leaves its text as it is.
type kindError struct {
	error
	kind error
}

func (e *kindError) Unwrap() error { return e.error }

func (e *kindError) Is(target error) bool { return errors.Is(e.kind, target) }

// explain gives an error of a format's decoder a kind, and names the format in
// the text unless the decoder does. Kind is as in a format.
func explain(err error, name Format, kind func(error) error) error {
	var limit *LimitError
	var known *kindError
	switch {
	case errors.As(err, &limit) || errors.As(err, &known):
		return err
	case kind != nil && kind(err) != nil:
		return &kindError{err, kind(err)}
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return &kindError{fmt.Errorf("truncated %s", name), ErrTruncated}
	}
	return &kindError{fmt.Errorf("bad %s: %w", name, err), ErrCorrupt}
}

// A FramesError says that a format cannot hold a picture's frames.
type FramesError struct {
	Format Format
	Frames int
}

func (e *FramesError) Error() string {
	return fmt.Sprintf("%d frames don't fit into a %s", e.Frames, e.Format)
}

// A SideError says that a format cannot hold a picture's width or height.
type SideError struct {
	Format        Format
	Width, Height int
	MaxSide       int // pixels
}

func (e *SideError) Error() string {
	return fmt.Sprintf("%d x %d pixels don't fit into a %s, whose sides are at most %d", e.Width, e.Height, e.Format, e.MaxSide)
}
