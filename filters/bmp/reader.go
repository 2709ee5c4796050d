package bmp

import (
	"fmt"
	"io"

	"imgpipe/filters/breach"
)

// A Reader decodes one BMP. [NewReader] reads the headers, [Reader.ReadRow] each row.
type Reader struct {
	options  ReaderOptions
	header   Header
	topDown  bool     // rows are stored from top to bottom
	runs     bool     // pixels are stored as runs (RLE)
	fields   [4]field // where red, green, blue and alpha are in pixels of 16 or 32 bits
	pixels   []byte   // the file from the first pixel on
	stride   int      // bytes from a stored row to the next, unless runs
	channels int
	colours  [256][3]uint8
	indices  []byte // of all pixels, as their rows are stored, if runs
	y        int    // rows returned
	err      error
}

// ReaderOptions say how a Reader reads. The zero value reads what other decoders read
// although it breaks the documented format beside the pixels.
type ReaderOptions struct {
	Tolerate breach.Handler // the errors that it is told wrap ErrCorrupt
}

// NewReader reads the headers of a file. Rows are stored from bottom to top as a rule,
// so data must be the whole file; bytes after the pixels are ignored.
//
// NewReader allocates no memory in proportion to the size in the header. The first
// ReadRow allocates Width * Height bytes if pixels are stored as runs: a caller with a
// limit checks the Header before. The errors are those of ReadRow.
func NewReader(data []byte, o ReaderOptions) (*Reader, error) {
	r := &Reader{options: o}
	if err := r.readHeaders(data); err != nil {
		return nil, err
	}
	r.channels = r.findChannels()
	copy(r.colours[:], r.header.Palette) // an index beyond the palette is black
	if r.runs {
		return r, nil
	}
	h := &r.header
	row := (int64(h.Width)*int64(h.Bits) + 7) / 8
	r.stride = int((row + 3) &^ 3)
	// The last row may lack the bytes that fill it up.
	if have := (int64(len(r.pixels)) + int64(r.stride) - row) / int64(r.stride); have < int64(h.Height) {
		return nil, truncated("pixels end in row %d of %d", have, h.Height)
	}
	return r, nil
}

// findChannels returns 1 if all colours of a palette are gray, else 3, or 4 with
// alpha.
func (r *Reader) findChannels() int {
	switch {
	case r.header.Alpha:
		return 4
	case r.header.Bits > 8:
		return 3
	}
	for _, c := range r.header.Palette {
		if c[0] != c[1] || c[0] != c[2] {
			return 3
		}
	}
	return 1
}

// Header returns the header. The caller must not change it.
func (r *Reader) Header() *Header { return &r.header }

// Channels returns the number of samples per pixel that ReadRow returns: 1 for gray, 3
// for RGB, 4 for RGB and alpha.
func (r *Reader) Channels() int { return r.channels }

// RowBytes returns the length in bytes of a row that ReadRow returns: Width * Channels.
func (r *Reader) RowBytes() int { return r.header.Width * r.channels }

// WorkBytes returns how many bytes ReadRow allocates.
func (r *Reader) WorkBytes() int64 {
	if !r.runs {
		return 0
	}
	return int64(r.header.Width) * int64(r.header.Height)
}

// ReadRow writes the next row to dst, from the top of the image to its bottom. The
// length of dst must be RowBytes. The samples of a pixel stand together. A sample is 0
// for black or transparent and 255 for white or opaque; fields of other widths are
// scaled. After the last row ReadRow returns io.EOF.
//
// An error is final. It wraps [ErrCorrupt] for an invalid file, [ErrUnsupported] for a
// feature that is not read, and io.ErrUnexpectedEOF for a file that ends too early.
func (r *Reader) ReadRow(dst []byte) error {
	if len(dst) != r.RowBytes() {
		return fmt.Errorf("bmp: ReadRow into %d bytes, a row has %d", len(dst), r.RowBytes())
	}
	if r.err == nil && r.y == r.header.Height {
		return io.EOF
	}
	if r.err == nil && r.runs && r.indices == nil {
		r.err = r.decodeRuns()
	}
	if r.err != nil {
		return r.err
	}
	stored := r.y
	if !r.topDown {
		stored = r.header.Height - 1 - r.y
	}
	r.y++
	if r.runs {
		r.lookUp(dst, r.indices[stored*r.header.Width:], 8)
		return nil
	}
	switch row := r.pixels[stored*r.stride:]; r.header.Bits {
	case 16:
		r.expand16(dst, row)
	case 24:
		expand24(dst, row)
	case 32:
		r.expand32(dst, row)
	default:
		r.lookUp(dst, row, r.header.Bits)
	}
	return nil
}
