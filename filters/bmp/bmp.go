// Package bmp reads and writes BMP, the bitmaps of Windows and OS/2, a row at a time.
//
// A [Reader] decodes a file to rows of samples of 8 bits. [Encode] writes such rows, and
// rows of indices into a palette. Names such as BITMAPV5HEADER and biCompression are those
// of Microsoft's and IBM's documentation of the format.
package bmp

import (
	"errors"
	"fmt"
	"io"
)

// A Header is what the headers of a file say of the image.
type Header struct {
	Width, Height int // in pixels, at least 1
	Bits          int // per pixel as stored: 1, 2, 4, 8, 16, 24 or 32

	// Palette holds red, green and blue of at most 1<<Bits colours. It is nil for more
	// than 8 bits.
	Palette [][3]uint8

	// Alpha is set if a mask says that pixels have alpha.
	Alpha bool

	XPixelsPerMetre, YPixelsPerMetre int // the resolution; 0 if it is unknown

	Profile []byte // an embedded ICC profile, or nil
}

// ErrCorrupt is wrapped by the errors of a Reader for a file that is not a valid BMP,
// ErrUnsupported for one with a feature that is not read. For a file that ends too
// early the errors wrap io.ErrUnexpectedEOF instead.
var (
	ErrCorrupt     = errors.New("corrupt BMP")
	ErrUnsupported = errors.New("unsupported BMP")
)

func corrupt(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrCorrupt, fmt.Sprintf(format, args...))
}

func unsupported(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrUnsupported, fmt.Sprintf(format, args...))
}

// A truncatedError reports where a file ends too early.
type truncatedError struct{ where string }

func (e *truncatedError) Error() string { return "truncated BMP: " + e.where }
func (e *truncatedError) Unwrap() error { return io.ErrUnexpectedEOF }

func truncated(format string, args ...any) error {
	return &truncatedError{fmt.Sprintf(format, args...)}
}
