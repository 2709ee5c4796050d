// Package pngrow reads and writes PNG a row at a time.
//
// A [Reader] gives the rows of any PNG as samples of 8 or 16 bits, a [Writer]
// takes them. Neither holds more than a few rows and a few hundred KiB besides,
// but for interlaced images, which have to be held whole. Sections are those of
// Portable Network Graphics (PNG) Specification, third edition.
package pngrow

import (
	"errors"
	"fmt"
	"io"
)

const signature = "\x89PNG\r\n\x1a\n" // section 5.2

// A ColourType says what a pixel is made of: section 11.2.1.
type ColourType uint8

const (
	Gray      ColourType = 0
	RGB       ColourType = 2
	Indexed   ColourType = 3 // one sample, an index into the palette
	GrayAlpha ColourType = 4
	RGBA      ColourType = 6
)

// channels is the number of samples that are stored of each pixel.
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

// A Header is what stands before the pixels.
type Header struct {
	Width, Height int // in pixels, 1 to 2³¹-1
	BitDepth      int // of a sample as stored: 1, 2, 4, 8 or 16
	ColourType    ColourType
	Interlaced    bool // Adam7: section 8.1

	// Frames is how many an animation has (acTL, section 11.3.6.1); 0 if it's
	// none. Only the still image is read.
	Frames int

	// Palette is PLTE's (section 11.2.2): red, green and blue of 1 to 256
	// colours. It is nil unless ColourType is Indexed.
	Palette [][3]uint8

	// Transparency is tRNS (section 11.3.1.1) as it stands there: for Indexed
	// the alpha of the first colours, for Gray and RGB the one gray (2 bytes) or
	// colour (6 bytes) that is transparent, big-endian, at the depth of BitDepth.
	Transparency []byte

	// Chunks are the other chunks between IHDR and the pixels, in their order,
	// but for the animation's (acTL, fcTL, fdAT), whose frames aren't read.
	Chunks []Chunk
}

// A Chunk is an ancillary chunk: section 5.3. Its CRC is the package's affair.
type Chunk struct {
	Type string // four letters
	Data []byte
}

// pixelBits is the number of bits of a pixel as stored.
func (h *Header) pixelBits() int { return h.BitDepth * h.ColourType.channels() }

// filterUnit is the number of bytes from a byte to its counterpart in the pixel
// to the left: section 9.2.
func (h *Header) filterUnit() int { return max(1, h.pixelBits()/8) }

// rowBytes is the length of a row of so many pixels as stored.
func (h *Header) rowBytes(width int) int { return (width*h.pixelBits() + 7) / 8 }

// check refuses what section 11.2.1 doesn't have.
func (h *Header) check() error {
	const maxSide = 1<<31 - 1
	if h.Width < 1 || h.Height < 1 || h.Width > maxSide || h.Height > maxSide {
		return fmt.Errorf("%dx%d is no size of an image", h.Width, h.Height)
	}
	ok := false
	switch h.ColourType {
	case Gray:
		ok = h.BitDepth == 1 || h.BitDepth == 2 || h.BitDepth == 4 || h.BitDepth == 8 || h.BitDepth == 16
	case Indexed:
		ok = h.BitDepth == 1 || h.BitDepth == 2 || h.BitDepth == 4 || h.BitDepth == 8
	case RGB, GrayAlpha, RGBA:
		ok = h.BitDepth == 8 || h.BitDepth == 16
	}
	if !ok {
		return fmt.Errorf("colour type %d with %d bits a sample", h.ColourType, h.BitDepth)
	}
	return nil
}

// ErrCorrupt is what the errors wrap that a Reader gives for a file that is no
// valid PNG. For one that merely ends too early they wrap io.ErrUnexpectedEOF.
var ErrCorrupt = errors.New("corrupt PNG")

func corrupt(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrCorrupt, fmt.Sprintf(format, args...))
}

// A truncatedError says where a file ends too early.
type truncatedError struct{ where string }

func (e *truncatedError) Error() string { return "truncated PNG: " + e.where }
func (e *truncatedError) Unwrap() error { return io.ErrUnexpectedEOF }

func truncated(format string, args ...any) error {
	return &truncatedError{fmt.Sprintf(format, args...)}
}
