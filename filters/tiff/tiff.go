// Package tiff reads and writes TIFF a page at a time: the pixels, the metadata,
// and what kind of page it is.
//
// Sections are those of TIFF, revision 6.0. Where files depart from it, libtiff is
// the judge of what is read.
//
// # Where to find what
//
//	reader.go        Reader: the pages of a file; what they may cost together
//	directory.go     the numbers of an IFD's tags
//	page.go          Page: what an IFD says of the pixels, and whether it is read
//	segments.go      strips and tiles: where they are in the picture and in the file
//	decode.go        Decode: from segments to an image
//	decompress.go    the table of compressions; Deflate, Zstandard, LZMA, PackBits
//	lzw.go           LZW, in the old bit order too
//	fax.go           Group 3 and Group 4 fax, row by row
//	faxcodes.go      the codes of T.4 and T.6
//	jpeg.go, webp.go segments that are pictures by themselves
//	predictor.go     differences
//	samples.go       samples of 1 to 64 bits become 8 or 16 bits
//	scaling.go       integers and floats become a part of white
//	colour.go        samples become pixels
//	ycbcr.go, lab.go luma and chroma; CIE L*a*b*
//	writer.go        Writer
//	faxwrite.go      Group 4 is written
package tiff

import (
	"errors"
	"fmt"
)

// An error of this package wraps one of these and can be shown as it is.
var (
	// ErrCorrupt marks a file that is no valid TIFF.
	ErrCorrupt = errors.New("corrupt TIFF")
	// ErrTruncated marks a file that ends, or whose strips end, before the pixels that
	// it announces.
	ErrTruncated = errors.New("truncated TIFF")
	// ErrUnsupported marks a valid TIFF that this package does not read.
	ErrUnsupported = errors.New("unsupported TIFF")
)

func corrupt(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrCorrupt, fmt.Errorf(format, args...))
}

func truncated(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrTruncated, fmt.Errorf(format, args...))
}

func unsupported(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrUnsupported, fmt.Errorf(format, args...))
}

// Tags of an IFD (section 8, and the sections of part 2 and 3).
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
	tagT4Options       = 292
	tagPredictor       = 317
	tagColorMap        = 320
	tagTileWidth       = 322
	tagTileLength      = 323
	tagTileOffsets     = 324
	tagTileByteCounts  = 325
	tagInkSet          = 332
	tagExtraSamples    = 338
	tagSampleFormat    = 339
	tagSMinSampleValue = 340
	tagSMaxSampleValue = 341
	tagJPEGTables      = 347
	tagCoefficients    = 529 // YCbCrCoefficients
	tagSubsampling     = 530 // YCbCrSubSampling
	tagReference       = 532 // ReferenceBlackWhite
)

// Values of Compression.
const (
	compressionNone    = 1
	compressionHuffman = 2 // fax, without ends of lines
	compressionGroup3  = 3
	compressionGroup4  = 4
	compressionLZW     = 5
	compressionOldJPEG = 6
	compressionJPEG    = 7
	compressionDeflate = 8
	compressionWords   = 32771 // as compressionHuffman; a row begins at a word
	compressionPack    = 32773 // PackBits
	compressionZip     = 32946 // Deflate, before it had its number
	compressionLZMA    = 34925
	compressionZstd    = 50000
	compressionWebP    = 50001
)

// Values of PhotometricInterpretation.
const (
	photometricWhiteIsZero = 0
	photometricGray        = 1 // 0 is black
	photometricRGB         = 2
	photometricPalette     = 3
	photometricMask        = 4
	photometricCMYK        = 5
	photometricYCbCr       = 6
	photometricCIELab      = 8
	photometricICCLab      = 9
)

// Values of other tags.
const (
	fillOrderReversed   = 2 // the first bit of a byte is its lowest
	planarSeparate      = 2 // samples in planes
	predictorHorizontal = 2
	predictorFloat      = 3
	extraAssociated     = 1 // premultiplied alpha
	extraUnassociated   = 2
	inkSetCMYK          = 1
	formatUnsigned      = 1
	formatSigned        = 2
	formatFloat         = 3
	formatUndefined     = 4
)
