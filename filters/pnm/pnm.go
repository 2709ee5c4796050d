// Package pnm reads and writes netpbm's formats a row at a time: PBM, PGM and
// PPM, binary and plain, and PAM. netpbm's manual pages define them: pbm(5), pgm(5),
// ppm(5) and pam(5).
//
// A [Reader] decodes an image to rows of samples of 8 or 16 bits, a [Writer] encodes
// such rows. To find the end of an image in a stream without decoding it, use
// [ReadHeader] and [Header.RasterBytes] or [Header.SkipPlain].
package pnm

import (
	"errors"
	"fmt"
	"io"
)

// A Header is the content of a header, up to the samples.
type Header struct {
	Magic         byte // the digit after the P: '1' to '7'
	Width, Height int  // in pixels, at least 1
	Channels      int  // 1 for gray, 2 for gray and alpha, 3 for RGB, 4 for RGB and alpha
	MaxVal        int  // the sample for white or opaque, 1 to 65535; 1 for PBM
}

// The values of Magic.
const (
	plainPBM = '1'
	plainPGM = '2'
	plainPPM = '3'
	PBM      = '4'
	PGM      = '5'
	PPM      = '6'
	PAM      = '7'
)

// Plain reports whether samples are stored as decimal numbers in ASCII. A plain image
// is the only image in its file (pgm(5)).
func (h Header) Plain() bool { return h.Magic <= plainPPM }

// Depth returns the number of bits per sample in the rows of a Reader or Writer: 8
// for a MaxVal of at most 255, else 16.
func (h Header) Depth() int {
	if h.MaxVal > 255 {
		return 16
	}
	return 8
}

// RowBytes returns the length in bytes of a row of a Reader or Writer: Width *
// Channels * Depth / 8.
func (h Header) RowBytes() int { return h.Width * h.Channels * h.Depth() / 8 }

// RasterBytes returns the number of bytes after the header of an image that is not
// plain.
func (h Header) RasterBytes() int64 { return int64(h.storedRowBytes()) * int64(h.Height) }

// storedRowBytes returns the length in bytes of a row as stored in an image that is
// not plain. PBM packs 8 pixels into a byte (pbm(5)).
func (h Header) storedRowBytes() int {
	if h.Magic == PBM {
		return (h.Width + 7) / 8
	}
	return h.RowBytes()
}

// validate checks the size and the maxval.
func (h Header) validate() error {
	const maxSide, maxPixels = 1<<31 - 1, 1 << 48
	if h.Width < 1 || h.Height < 1 || h.Width > maxSide || h.Height > maxSide || h.Width > maxPixels/h.Height {
		return fmt.Errorf("invalid image size %dx%d", h.Width, h.Height)
	}
	if h.MaxVal < 1 || h.MaxVal > 65535 {
		return fmt.Errorf("invalid maxval %d, expected 1 to 65535", h.MaxVal)
	}
	return nil
}

// ErrCorrupt is wrapped by the errors for a file that is not a valid PNM. For a file
// that ends too early the errors wrap io.ErrUnexpectedEOF instead.
var ErrCorrupt = errors.New("corrupt PNM")

func corrupt(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrCorrupt, fmt.Sprintf(format, args...))
}

// A truncatedError reports where a file ends too early.
type truncatedError struct{ where string }

func (e *truncatedError) Error() string { return "truncated PNM: " + e.where }
func (e *truncatedError) Unwrap() error { return io.ErrUnexpectedEOF }

func truncated(format string, args ...any) error {
	return &truncatedError{fmt.Sprintf(format, args...)}
}
