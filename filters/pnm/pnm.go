// Package pnm reads and writes netpbm's formats a row at a time: PBM, PGM and
// PPM, binary and plain, and PAM.
//
// [ReadHeader] is for who has to find an image's end in a stream without
// decoding it. The formats are those of netpbm's own pages: pbm(5), pgm(5),
// ppm(5), pam(5).
package pnm

import (
	"errors"
	"fmt"
	"io"
)

// A Header is what stands before the samples.
type Header struct {
	Magic         byte // '1' to '7', the digit that follows the P
	Width, Height int  // in pixels, at least 1
	Channels      int  // 1: gray, 2: gray and alpha, 3: RGB, 4: RGB and alpha
	MaxVal        int  // what stands for white and opaque, 1 to 65535
}

// The digits of the formats.
const (
	PlainPBM = '1'
	PlainPGM = '2'
	PlainPPM = '3'
	PBM      = '4'
	PGM      = '5'
	PPM      = '6'
	PAM      = '7'
)

// Plain tells whether samples are decimal numbers, with anything that is no
// digit between them. A plain image is the only one in its file: it has no end
// of its own.
func (h Header) Plain() bool { return h.Magic <= PlainPPM }

// Depth is the number of bits of a sample as a Reader gives them and a Writer
// takes them: 8 for a MaxVal of up to 255, else 16.
func (h Header) Depth() int {
	if h.MaxVal > 255 {
		return 16
	}
	return 8
}

// RowBytes is the length of a row as a Reader gives it and a Writer takes it.
func (h Header) RowBytes() int { return h.Width * h.Channels * h.Depth() / 8 }

// RasterBytes is how many bytes follow the header of an image that isn't plain.
func (h Header) RasterBytes() int64 { return int64(h.storedRow()) * int64(h.Height) }

// storedRow is the length of a row as stored.
func (h Header) storedRow() int {
	if h.Magic == PBM {
		return (h.Width + 7) / 8
	}
	return h.RowBytes()
}

// check refuses what no image of these formats has.
func (h Header) check() error {
	const maxSide, maxPixels = 1<<31 - 1, 1 << 48
	if h.Width < 1 || h.Height < 1 || h.Width > maxSide || h.Height > maxSide || h.Width > maxPixels/h.Height {
		return fmt.Errorf("%d x %d is no size of an image", h.Width, h.Height)
	}
	if h.MaxVal < 1 || h.MaxVal > 65535 {
		return fmt.Errorf("a maxval of %d, where 1 to 65535 can be", h.MaxVal)
	}
	return nil
}

// ErrCorrupt is what the errors wrap that say a file is no valid PNM. For one
// that merely ends too early they wrap io.ErrUnexpectedEOF.
var ErrCorrupt = errors.New("corrupt PNM")

func corrupt(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrCorrupt, fmt.Sprintf(format, args...))
}

// A truncatedError says where a file ends too early.
type truncatedError struct{ where string }

func (e *truncatedError) Error() string { return "truncated PNM: " + e.where }
func (e *truncatedError) Unwrap() error { return io.ErrUnexpectedEOF }

func truncated(format string, args ...any) error {
	return &truncatedError{fmt.Sprintf(format, args...)}
}
