package pngrow

import (
	"errors"
	"fmt"
	"io"

	"imgpipe/filters/breach"
)

// A Reader decodes one PNG. [NewReader] reads the header, [Reader.ReadRow] each row
// and [Reader.Finish] the rest. A Reader reads ahead: it may take bytes from its
// source that follow the image.
type Reader struct {
	options      ReaderOptions
	header       Header
	chunks       *chunkReader
	pixels       *inflater
	inflated     []byte // filter type and filtered bytes of a row, then unfilterSlack bytes
	current      []byte // the row being unfiltered, then unfilterSlack bytes
	previous     []byte // the row above, then unfilterSlack bytes
	expand       expander
	deinterlaced []byte // all rows of an interlaced image
	y            int    // rows returned
	err          error
}

// ReaderOptions say how a Reader reads. The zero value reads what libpng reads with a
// warning beside the pixels.
type ReaderOptions struct {
	Tolerate breach.Handler // the errors that it is told wrap ErrCorrupt
}

// NewReader reads r up to the pixels. It allocates no more memory than the chunks
// before the pixels take, and 64 MiB at most.
//
// ReadRow allocates memory for a few rows, or, if the image is interlaced, for
// Height rows of RowBytes bytes. So a caller with a limit checks the Header before
// it calls ReadRow.
//
// The errors are those of ReadRow.
func NewReader(r io.Reader, o ReaderOptions) (*Reader, error) {
	c := newChunkReader(r, o)
	h, err := readHeader(c)
	if err != nil {
		return nil, err
	}
	return &Reader{options: o, header: *h, chunks: c, pixels: newInflater(imageData{c}), expand: newExpander(h)}, nil
}

// Header returns the header. The caller must not change it.
func (r *Reader) Header() *Header { return &r.header }

// Channels returns the number of samples per pixel that ReadRow returns: 1 for
// gray, 2 for gray and alpha, 3 for RGB, 4 for RGB and alpha. Palette indices are
// replaced by their colours, in gray if all colours of the palette are gray. The
// transparency of a tRNS chunk becomes alpha.
func (r *Reader) Channels() int { return r.expand.channels }

// Depth returns the number of bits per sample that ReadRow returns: 16 if BitDepth
// is 16, else 8. Samples of less than 8 bits are scaled to the range 0 to 255.
func (r *Reader) Depth() int { return r.expand.depth }

// RowBytes returns the length in bytes of a row that ReadRow returns: Width *
// Channels * Depth / 8.
func (r *Reader) RowBytes() int { return r.header.Width * r.expand.pixelSize() }

// ReadRow writes the next row to dst, whose length must be RowBytes. The samples of
// a pixel stand together; samples of 16 bits are big-endian. After the last row
// ReadRow returns io.EOF.
//
// An error is final. It wraps [ErrCorrupt] for an invalid file and
// io.ErrUnexpectedEOF for a file that ends too early; otherwise it is an error of
// the source.
func (r *Reader) ReadRow(dst []byte) error {
	if len(dst) != r.RowBytes() {
		return fmt.Errorf("pngrow: ReadRow into %d bytes, a row has %d", len(dst), r.RowBytes())
	}
	if r.err == nil && r.y == r.header.Height {
		return io.EOF
	}
	if r.err == nil && r.header.Interlaced && r.deinterlaced == nil {
		r.err = r.readInterlaced()
	}
	if r.err != nil {
		return r.err
	}
	if r.header.Interlaced {
		copy(dst, r.deinterlaced[r.y*len(dst):])
	} else {
		if r.y == 0 {
			r.startRows(r.header.Width)
		}
		var raw []byte
		if raw, r.err = r.readStoredRow(r.y, r.header.Height); r.err != nil {
			return r.err
		}
		r.expand.row(dst, raw)
	}
	r.y++
	return nil
}

// startRows prepares for rows of width pixels. The row above the first is zero.
func (r *Reader) startRows(width int) {
	n := r.header.rowBytes(width)
	r.inflated = make([]byte, 1+n+unfilterSlack)
	r.current = make([]byte, n+unfilterSlack)
	r.previous = make([]byte, n+unfilterSlack)
}

// readStoredRow inflates and unfilters row y of height rows. The result is valid
// until the next call.
func (r *Reader) readStoredRow(y, height int) ([]byte, error) {
	n := len(r.inflated) - unfilterSlack
	if _, err := io.ReadFull(r.pixels, r.inflated[:n]); err != nil {
		return nil, rowError(err, y, height)
	}
	r.current, r.previous = r.previous, r.current
	if !unfilter(r.inflated[0], r.current, r.inflated[1:], r.previous, r.header.filterUnit()) {
		return nil, corrupt("unknown filter type %d in row %d of %d", r.inflated[0], y, height)
	}
	return r.current[:n-1], nil
}

// rowError adds the row to an error of the inflater.
func rowError(err error, y, height int) error {
	switch {
	case err == errDeflate || err == errZlib || err == errAdler:
		return corrupt("%v in row %d of %d", err, y, height)
	case err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF):
		return truncated("image data ends in row %d of %d", y, height)
	}
	return err
}

// Finish reads the rest of the file, from the last row to IEND. It returns the
// ancillary chunks after the pixels. It must be called after the last row: a file is
// valid and complete only if Finish returns no error. The errors are those of
// ReadRow.
func (r *Reader) Finish() ([]Chunk, error) {
	if r.err != nil {
		return nil, r.err
	}
	if r.y < r.header.Height {
		return nil, fmt.Errorf("pngrow: Finish after %d rows of %d", r.y, r.header.Height)
	}
	if r.err = r.endPixels(); r.err != nil {
		return nil, r.err
	}
	var after []Chunk
	if after, r.err = r.readTrailer(); r.err != nil {
		return nil, r.err
	}
	return after, nil
}

// endPixels verifies that the zlib stream ends after the last row, and reads to the
// first chunk after the IDAT chunks. It does not inflate data beyond the last row.
func (r *Reader) endPixels() error {
	var more [1]byte
	switch _, err := io.ReadFull(r.pixels, more[:]); {
	case err == nil:
		if err := r.options.Tolerate.Handle(corrupt("more image data than %d rows", r.header.Height)); err != nil {
			return err
		}
	case err == errDeflate || err == errAdler:
		return corrupt("%v after the last row", err)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return truncated("image data ends after the last row without its checksum")
	case err != io.EOF:
		return err
	}
	c := r.chunks
	c.part = afterPixels
	for c.kind == "IDAT" {
		if err := c.finish(); err != nil {
			return err
		}
		if err := c.next(); err != nil {
			return err
		}
	}
	return nil
}

// readTrailer reads the chunks after the pixels. The length and type of the first
// one have been read.
func (r *Reader) readTrailer() (after []Chunk, err error) {
	c := r.chunks
	after = c.between
	for c.kind != "IEND" {
		switch {
		case c.kind == "IDAT":
			err = c.skip(corrupt("IDAT chunk at byte %d, after the image data", c.offset))
		case c.kind == "PLTE" && r.header.ColourType != Indexed:
			err = c.skip(corrupt("PLTE chunk at byte %d, after the image data", c.offset))
		case !c.ancillary():
			err = corrupt("unexpected %s chunk at byte %d, after the pixels", c.kind, c.offset)
		default:
			after, err = c.appendAncillary(after)
		}
		if err != nil {
			return nil, err
		}
		if err := c.next(); err != nil {
			return nil, err
		}
	}
	if c.length != 0 {
		return after, c.skip(corrupt("invalid length %d of the IEND chunk", c.length))
	}
	return after, c.finish()
}
