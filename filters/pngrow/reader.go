package pngrow

import (
	"errors"
	"fmt"
	"io"
)

// A Reader reads one PNG: [NewReader], then ReadRow for each row, then Finish.
// It reads ahead: what follows the image may have been taken from its source.
type Reader struct {
	header   Header
	chunks   *chunkReader
	pixels   *inflater
	line     []byte // a row as inflated: the filter type, then the bytes
	current  []byte // the row being unfiltered, then unfilterSlack bytes
	previous []byte // the row above, likewise
	expand   expander
	whole    []byte // an interlaced image, all of it
	y        int    // rows given
	err      error
}

// NewReader reads r up to the pixels. It needs no more memory than these chunks
// take, and at most 64 MiB. Whether there is room for the pixels is the
// caller's to decide, by the Header, before it calls ReadRow: for a few rows,
// or if the image is interlaced for Height rows of RowBytes.
func NewReader(r io.Reader) (*Reader, error) {
	c := newChunkReader(r)
	h, err := readHeader(c)
	if err != nil {
		return nil, err
	}
	return &Reader{header: *h, chunks: c, pixels: newInflater(imageData{c}), expand: newExpander(h)}, nil
}

// Header gives what stands before the pixels. It must not be changed.
func (r *Reader) Header() *Header { return &r.header }

// Channels is the number of samples of a pixel as ReadRow gives them: 1 gray,
// 2 gray and alpha, 3 RGB, 4 RGB and alpha. A palette has been looked up, and is
// gray if all its colours are; what tRNS says is in alpha, which isn't
// premultiplied.
func (r *Reader) Channels() int { return r.expand.channels }

// Depth is the number of bits of a sample as ReadRow gives them: 16 for 16, 8
// for all others, which are scaled to 0 to 255.
func (r *Reader) Depth() int { return r.expand.depth }

// RowBytes is the length of a row as ReadRow gives it.
func (r *Reader) RowBytes() int { return r.header.Width * r.expand.pixelSize() }

// ReadRow writes the next row into dst, which must have RowBytes: interleaved
// samples, those of 16 bits big-endian. After the last row it gives io.EOF.
//
// An error is final. It wraps [ErrCorrupt], io.ErrUnexpectedEOF or what the
// source gave.
func (r *Reader) ReadRow(dst []byte) error {
	if len(dst) != r.RowBytes() {
		return fmt.Errorf("pngrow: room for a row of %d bytes, not of %d", len(dst), r.RowBytes())
	}
	if r.err == nil && r.y == r.header.Height {
		return io.EOF
	}
	if r.err == nil && r.header.Interlaced && r.whole == nil {
		r.err = r.readPasses()
	}
	if r.err != nil {
		return r.err
	}
	if r.header.Interlaced {
		copy(dst, r.whole[r.y*len(dst):])
	} else {
		if r.y == 0 {
			r.begin(r.header.Width)
		}
		var raw []byte
		if raw, r.err = r.storedRow(r.y, r.header.Height); r.err != nil {
			return r.err
		}
		r.expand.row(dst, raw)
	}
	r.y++
	return nil
}

// begin makes room for rows of so many pixels, the first of which has zeros above.
func (r *Reader) begin(width int) {
	n := r.header.rowBytes(width)
	r.line = make([]byte, 1+n+unfilterSlack)
	r.current = make([]byte, n+unfilterSlack)
	r.previous = make([]byte, n+unfilterSlack)
}

// storedRow inflates and unfilters row y of so many; valid until the next call.
func (r *Reader) storedRow(y, height int) ([]byte, error) {
	n := len(r.line) - unfilterSlack
	if _, err := io.ReadFull(r.pixels, r.line[:n]); err != nil {
		return nil, rowError(err, y, height)
	}
	r.current, r.previous = r.previous, r.current
	if !unfilter(r.line[0], r.current, r.line[1:], r.previous, r.header.filterUnit()) {
		return nil, corrupt("filter type %d in row %d of %d", r.line[0], y, height)
	}
	return r.current[:n-1], nil
}

// rowError says in which row an error of the inflater came.
func rowError(err error, y, height int) error {
	switch {
	case err == errDeflate || err == errZlib || err == errAdler:
		return corrupt("%v in row %d of %d", err, y, height)
	case err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF):
		return truncated("image data ends in row %d of %d", y, height)
	}
	return err
}

// Finish reads on from the last row to IEND, verifies that the file is whole and
// sound, and gives the ancillary chunks after the pixels. Only when it has given
// no error should what was made of the rows pass for an image.
func (r *Reader) Finish() ([]Chunk, error) {
	if r.err != nil {
		return nil, r.err
	}
	if r.y < r.header.Height {
		return nil, fmt.Errorf("pngrow: %d rows of %d have been read", r.y, r.header.Height)
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

// endPixels expects the end of the zlib stream, and reads to the first chunk
// after it that is no IDAT: what is in these besides is ignored.
func (r *Reader) endPixels() error {
	var more [1]byte
	switch _, err := io.ReadFull(r.pixels, more[:]); {
	case err == nil:
		return corrupt("more image data than %d rows", r.header.Height)
	case err == errDeflate || err == errAdler:
		return corrupt("%v after the last row", err)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return truncated("image data ends after the last row without its checksum")
	case err != io.EOF:
		return err
	}
	return r.skipImageData()
}

// skipImageData finishes the IDAT chunk at hand, if it is one, and those that follow.
func (r *Reader) skipImageData() error {
	for r.chunks.kind == "IDAT" {
		if err := r.chunks.finish(); err != nil {
			return err
		}
		if err := r.chunks.next(); err != nil {
			return err
		}
	}
	return nil
}

// readTrailer reads the chunks after the pixels; the head of the first has been.
func (r *Reader) readTrailer() (after []Chunk, err error) {
	c := r.chunks
	for c.kind != "IEND" {
		switch {
		case c.kind == "IDAT": // stray, and there is nothing left to take from it
			err = r.skipImageData()
			if err != nil {
				return nil, err
			}
			continue
		case !c.ancillary() || c.kind == "tRNS":
			return nil, corrupt("%s chunk at byte %d, after the pixels", c.kind, c.offset)
		}
		if after, err = c.keep(after); err != nil {
			return nil, err
		}
		if err := c.next(); err != nil {
			return nil, err
		}
	}
	if c.length != 0 {
		return nil, corrupt("IEND chunk of %d bytes", c.length)
	}
	return after, c.finish()
}
