package tiff

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"io"
	"slices"

	"imgpipe/filters/meta"
	"imgpipe/filters/pixel"
)

// stripBytes is about what a strip holds before it is compressed.
const stripBytes = 1 << 18

// A Writer writes a TIFF: WritePage for each page, then Close. The file is
// big-endian, its pages compressed by Deflate with the horizontal predictor.
type Writer struct {
	w       io.Writer
	written int    // bytes
	ifd     []byte // the last page's, held back until the next page's offset is known
}

// NewWriter returns a Writer to w.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// WritePage writes a page with its metadata. Subfile is NewSubfileType; 0 leaves
// it out.
func (w *Writer) WritePage(rows *pixel.Rows, m *meta.Metadata, subfile int) error {
	s, err := packStrips(rows)
	if err != nil {
		return err
	}
	const header = 8
	if w.ifd == nil {
		if err := w.write(binary.BigEndian.AppendUint32([]byte("MM\x00*"), uint32(header+len(s.data)))); err != nil {
			return err
		}
	} else {
		meta.SetNextIFD(w.ifd, w.written+len(w.ifd)+len(s.data))
		if err := w.write(w.ifd); err != nil {
			return err
		}
	}
	fields := append(s.fields(w.written, rows.Layout), m.Fields()...)
	if subfile != 0 {
		fields = append(fields, meta.LongField(tagSubfile, subfile))
	}
	if err := w.write(s.data); err != nil {
		return err
	}
	w.ifd = meta.EncodeIFD(w.written, fields)
	return nil
}

// Close writes the last page's IFD.
func (w *Writer) Close() error { return w.write(w.ifd) }

func (w *Writer) write(p []byte) error {
	n, err := w.w.Write(p)
	w.written += n
	return err
}

// strips are one page's compressed pixels.
type strips struct {
	rows   int    // of a strip
	data   []byte // of even length: what follows begins at a word (section 2)
	counts []int  // each strip's bytes
}

func packStrips(rows *pixel.Rows) (*strips, error) {
	s := &strips{rows: max(1, min(stripBytes/rows.RowBytes(), rows.Height))}
	var packed bytes.Buffer
	row := make([]byte, rows.RowBytes())
	for top := 0; top < rows.Height; top += s.rows {
		before := packed.Len()
		z := zlib.NewWriter(&packed)
		for y := top; y < min(top+s.rows, rows.Height); y++ {
			copy(row, rows.Row(y))
			difference(row, rows.PixelBytes(), rows.Depth)
			if _, err := z.Write(row); err != nil {
				return nil, err
			}
		}
		if err := z.Close(); err != nil {
			return nil, err
		}
		s.counts = append(s.counts, packed.Len()-before)
	}
	if packed.Len()%2 == 1 {
		packed.WriteByte(0)
	}
	s.data = packed.Bytes()
	return s, nil
}

// difference applies the horizontal predictor to a row of pixels of size bytes
// (section 14).
func difference(row []byte, size, depth int) {
	if depth == 8 {
		for i := len(row) - 1; i >= size; i-- {
			row[i] -= row[i-size]
		}
		return
	}
	be := binary.BigEndian
	for i := len(row) - 2; i >= size; i -= 2 {
		be.PutUint16(row[i:], be.Uint16(row[i:])-be.Uint16(row[i-size:]))
	}
}

// fields returns the fields of a page whose strips begin at the given offset in
// the file.
func (s *strips) fields(start int, l pixel.Layout) []meta.Field {
	offsets := make([]int, len(s.counts))
	for i, at := 0, start; i < len(offsets); i++ {
		offsets[i] = at
		at += s.counts[i]
	}
	photometric := photometricGray
	if l.Channels >= 3 {
		photometric = photometricRGB
	}
	fields := []meta.Field{
		meta.LongField(meta.TagImageWidth, l.Width),
		meta.LongField(meta.TagImageLength, l.Height),
		meta.ShortField(tagBitsPerSample, slices.Repeat([]int{l.Depth}, l.Channels)...),
		meta.ShortField(tagCompression, compressionDeflate),
		meta.ShortField(tagPhotometric, photometric),
		meta.LongField(tagStripOffsets, offsets...),
		meta.ShortField(tagSamplesPerPixel, l.Channels),
		meta.LongField(tagRowsPerStrip, s.rows),
		meta.LongField(tagStripByteCounts, s.counts...),
		meta.ShortField(tagPredictor, predictorHorizontal),
	}
	if l.Channels%2 == 0 {
		fields = append(fields, meta.ShortField(tagExtraSamples, extraUnassociated))
	}
	return fields
}
