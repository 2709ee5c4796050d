// Package pngrow reads and writes PNG a row at a time.
//
// A [Reader] decodes any PNG to rows of samples of 8 or 16 bits. A [Writer]
// encodes such rows. Both need memory for a few rows and some buffers, not for the
// image; only an interlaced image is held whole.
//
// A sample is 0 for black or transparent; its maximum, 255 or 65535, stands for
// white or opaque. Samples are gamma-encoded as in the file. Colours are not
// premultiplied by alpha.
//
// Section numbers refer to the Portable Network Graphics (PNG) Specification,
// third edition.
//
// # Where to find what
//
// This file has the header and the errors. Reading:
//
//	reader.go           Reader
//	chunkreader.go      chunks
//	header.go           the chunks before the pixels
//	ancillary.go        which ancillary chunks may stand where
//	inflate.go          zlib streams
//	inflateblock.go     their blocks; inflatefast.go decodes most of a block
//	huffman.go          codes of deflate
//	adler.go            the checksum
//	unfilter.go         rows without their filters
//	interlace.go        Adam7
//	expand.go           rows of whole samples
//	animation.go        the frames of an animation
//
// Writing:
//
//	writer.go           Writer
//	animationwriter.go  AnimationWriter
//	filter.go           filters of rows
//	filtertrial.go      rows that compress better without one
//	deflate.go          how the rows are compressed
//	pixels.go           matches of whole pixels, for text and drawings
package pngrow

import (
	"errors"
	"fmt"
	"io"
)

// signature is the first 8 bytes of every PNG (section 5.2).
const signature = "\x89PNG\r\n\x1a\n"

// A ColourType says which samples a pixel has (section 11.2.1).
type ColourType uint8

// The colour types.
const (
	Gray      ColourType = 0
	RGB       ColourType = 2
	Indexed   ColourType = 3 // one sample: an index into the palette
	GrayAlpha ColourType = 4
	RGBA      ColourType = 6
)

// channels returns the number of samples per pixel as stored.
func (c ColourType) channels() int {
	switch c {
	case RGB:
		return 3
	case GrayAlpha:
		return 2
	case RGBA:
		return 4
	}
	return 1
}

// A Header is the content of the chunks before the pixels.
type Header struct {
	Width, Height int // in pixels, 1 to 2³¹-1
	BitDepth      int // bits per sample as stored: 1, 2, 4, 8 or 16
	ColourType    ColourType
	Interlaced    bool // by Adam7 (section 8.1)

	// Frames is the number of frames of an animation (acTL, section 11.3.6.1), or 0
	// if the file has no animation. A Reader reads the static image only, and a
	// Writer ignores Frames.
	Frames int

	// Palette holds red, green and blue of 1 to 256 colours (PLTE, section 11.2.2).
	// It is nil unless ColourType is Indexed.
	Palette [][3]uint8

	// Transparency is the data of the tRNS chunk (section 11.3.1.1), or nil. For
	// Indexed it is one byte of alpha for each of the first colours. For Gray and
	// RGB it is the one gray (2 bytes) or colour (6 bytes) that is transparent, in
	// big-endian samples of BitDepth bits. GrayAlpha and RGBA have none.
	Transparency []byte

	// Chunks are the other chunks between IHDR and the pixels, in their order. The
	// chunks of an animation (acTL, fcTL, fdAT) are left out.
	Chunks []Chunk
}

// A Chunk is an ancillary chunk (section 5.3). The package checks its CRC when
// reading and computes it when writing.
type Chunk struct {
	Type string // four ASCII letters, the first of them lower case
	Data []byte
}

// pixelBits returns the number of bits per pixel as stored.
func (h *Header) pixelBits() int { return h.BitDepth * h.ColourType.channels() }

// filterUnit returns the distance in bytes from a byte to the corresponding byte
// of the pixel to its left (section 9.2).
func (h *Header) filterUnit() int { return max(1, h.pixelBits()/8) }

// rowBytes returns the length in bytes of a row of width pixels as stored.
func (h *Header) rowBytes(width int) int { return (width*h.pixelBits() + 7) / 8 }

// validate checks that the sizes, the colour type and the bit depth are among
// those of section 11.2.1.
func (h *Header) validate() error {
	const maxSide = 1<<31 - 1
	if h.Width < 1 || h.Height < 1 || h.Width > maxSide || h.Height > maxSide {
		return fmt.Errorf("invalid image size %dx%d", h.Width, h.Height)
	}
	ok := false
	switch h.ColourType {
	case Gray:
		ok = h.BitDepth == 1 || h.BitDepth == 2 || h.BitDepth == 4 || h.BitDepth == 8 || h.BitDepth == 16
	case Indexed:
		ok = h.BitDepth == 1 || h.BitDepth == 2 || h.BitDepth == 4 || h.BitDepth == 8
	case RGB, GrayAlpha, RGBA:
		ok = h.BitDepth == 8 || h.BitDepth == 16
	default:
		return fmt.Errorf("invalid colour type %d", h.ColourType)
	}
	if !ok {
		return fmt.Errorf("invalid bit depth %d with colour type %d", h.BitDepth, h.ColourType)
	}
	return nil
}

// ErrCorrupt is wrapped by the errors of a Reader for a file that is not a valid
// PNG. For a file that ends too early the errors wrap io.ErrUnexpectedEOF instead.
var ErrCorrupt = errors.New("corrupt PNG")

func corrupt(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrCorrupt, fmt.Sprintf(format, args...))
}

// A truncatedError reports where a file ends too early.
type truncatedError struct{ where string }

func (e *truncatedError) Error() string { return "truncated PNG: " + e.where }
func (e *truncatedError) Unwrap() error { return io.ErrUnexpectedEOF }

func truncated(format string, args ...any) error {
	return &truncatedError{fmt.Sprintf(format, args...)}
}
