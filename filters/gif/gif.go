// Package gif reads and writes the frames of GIF files as palette indices.
//
// The reader takes what other decoders take: the blocks of a file may break the
// standard in many ways, as long as every pixel of every frame is there. Sections
// and appendices are those of the GIF89a specification.
package gif

import (
	"errors"
	"fmt"
	"image"
)

// A File is an animation, or one still picture.
type File struct {
	Width, Height int // of the logical screen, in pixels
	Plays         int // how often an animation is shown; 0: for ever
	Frames        []Frame
}

// A Frame is one image of a file. It is drawn on top of the frames before it.
type Frame struct {
	Rect        image.Rectangle // on the logical screen, beyond which it may reach
	Palette     []byte          // red, green and blue of up to 256 colours
	Transparent int             // the index of the pixels that are not drawn; -1: there is none
	Delay       int             // in 1/100 s
	Disposal    Disposal

	interlaced bool
	codeSize   int    // LZW's minimum code size
	data       []byte // sub-blocks with the length before each
	cut        bool   // the file ends within data
}

// A Disposal says what becomes of a frame before the next one is drawn (section
// 23).
type Disposal uint8

// The disposals. Values without a name mean Keep.
const (
	Keep       Disposal = 1
	Background Disposal = 2 // the frame's rectangle becomes transparent, as browsers have it
	Previous   Disposal = 3 // what was there before the frame comes back
)

// An error of this package wraps one of these and can be shown as it is.
var (
	// ErrCorrupt marks a file that is no valid GIF.
	ErrCorrupt = errors.New("corrupt GIF")
	// ErrTruncated marks a file that ends before all pixels came.
	ErrTruncated = errors.New("truncated GIF")
)

func corrupt(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrCorrupt, fmt.Sprintf(format, args...))
}

func truncated(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrTruncated, fmt.Sprintf(format, args...))
}

// The first bytes of blocks and labels of extensions (appendix A).
const (
	BlockExtension = 0x21
	BlockImage     = 0x2c
	BlockTrailer   = 0x3b

	labelControl     = 0xf9
	labelApplication = 0xff
)

// Lengths in bytes of the parts of fixed size.
const (
	HeaderSize     = 13 // the header and the logical screen descriptor
	DescriptorSize = 10 // an image descriptor with the block's first byte
)

// TableSize returns the length in bytes of the colour table that a descriptor's
// packed field announces.
func TableSize(packed byte) int {
	if packed&0x80 == 0 {
		return 0
	}
	return 3 << (packed&7 + 1)
}
