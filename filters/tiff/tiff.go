// Package tiff reads and writes TIFF a page at a time: the pixels, the metadata,
// and what kind of page it is.
//
// Pixels are decoded by golang.org/x/image/tiff. This package adds what is missing
// there: all pages of a file, gray with alpha, CMYK, and planes of samples that
// are stored one after another. Sections are those of TIFF, revision 6.0.
package tiff

import (
	"errors"
	"fmt"
	"io"

	xtiff "golang.org/x/image/tiff"
)

// An error of this package wraps one of these and can be shown as it is.
var (
	// ErrCorrupt marks a file that is no valid TIFF.
	ErrCorrupt = errors.New("corrupt TIFF")
	// ErrTruncated marks a file that ends before the data that it announces.
	ErrTruncated = errors.New("truncated TIFF")
	// ErrUnsupported marks a valid TIFF that this package does not read.
	ErrUnsupported = errors.New("unsupported TIFF")
)

func corrupt(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrCorrupt, fmt.Errorf(format, args...))
}

func unsupported(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrUnsupported, fmt.Errorf(format, args...))
}

// explain gives an error of x/image/tiff, which read from v, one of this
// package's kinds.
func explain(err error, v *view) error {
	var format xtiff.FormatError
	var feature xtiff.UnsupportedError
	switch {
	case err == nil:
		return nil
	case v.ranOut || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return ErrTruncated
	case errors.As(err, &feature):
		return unsupported("%s", string(feature))
	case errors.As(err, &format):
		return corrupt("%s", string(format))
	}
	return corrupt("%w", err)
}

// Tags of an IFD (section 8; the predictor's is in section 14).
const (
	tagSubfile         = 254
	tagBitsPerSample   = 258
	tagCompression     = 259
	tagPhotometric     = 262
	tagFillOrder       = 266
	tagStripOffsets    = 273
	tagSamplesPerPixel = 277
	tagRowsPerStrip    = 278
	tagStripByteCounts = 279
	tagPlanar          = 284
	tagPredictor       = 317
	tagTileWidth       = 322
	tagTileOffsets     = 324
	tagTileByteCounts  = 325
	tagExtraSamples    = 338
)

// Values of these tags.
const (
	compressionGroup3   = 3
	compressionGroup4   = 4
	compressionLZW      = 5
	compressionDeflate  = 8
	compressionZip      = 32946 // Deflate, before it had its number
	fillOrderReversed   = 2     // the first bit of a byte is its lowest
	photometricGray     = 1     // 0 is black
	photometricRGB      = 2
	photometricCMYK     = 5
	planarSeparate      = 2 // samples in planes
	predictorHorizontal = 2
	extraAssociated     = 1 // premultiplied alpha
	extraUnassociated   = 2
)
