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
// big-endian. Samples take the fewest bits that hold them. A page is compressed by
// Deflate, with the horizontal predictor where samples have 8 or 16 bits; a page of
// black and white by Group 4 fax, if that is smaller.
type Writer struct {
	w       io.Writer
	written int    // bytes
	ifd     []byte // the last page's, held back until the next page's offset is known
}

// NewWriter returns a Writer to w.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// WritePage writes a page with its metadata. Subfile is NewSubfileType; 0 leaves it out. The
// error is that of the destination.
func (w *Writer) WritePage(rows *pixel.Rows, m *meta.Metadata, subfile int) error {
	s, err := compress(rows)
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
	fields := append(s.fields(w.written), m.Fields()...)
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
	pixel.Layout        // with the depth of the samples as they are written
	compression  int    // compressionDeflate or compressionGroup4
	rows         int    // of a strip
	data         []byte // of even length: what follows begins at a word (section 2)
	counts       []int  // each strip's bytes
}

// compress compresses a page.
func compress(rows *pixel.Rows) (*strips, error) {
	depth := rows.PackedDepth()
	s, err := deflate(rows, depth)
	if err != nil || depth > 1 {
		return s, err
	}
	if fax := group4(rows); len(fax.data) < len(s.data) {
		return fax, nil
	}
	return s, nil
}

// deflate compresses a page by Deflate, with samples of the given depth.
func deflate(rows *pixel.Rows, depth int) (*strips, error) {
	s := &strips{Layout: rows.Layout, compression: compressionDeflate}
	s.Depth = depth
	row := make([]byte, (rows.Width*rows.Channels*depth+7)/8)
	s.rows = max(1, min(stripBytes/len(row), rows.Height))
	var packed bytes.Buffer
	for top := 0; top < rows.Height; top += s.rows {
		before := packed.Len()
		z := zlib.NewWriter(&packed)
		for y := top; y < min(top+s.rows, rows.Height); y++ {
			s.pack(row, rows.Row(y))
			if _, err := z.Write(row); err != nil {
				return nil, err
			}
		}
		if err := z.Close(); err != nil {
			return nil, err
		}
		s.counts = append(s.counts, packed.Len()-before)
	}
	s.data = even(packed.Bytes())
	return s, nil
}

// pack makes a row of samples what is compressed: packed samples or differences.
func (s *strips) pack(dst, src []byte) {
	if s.Depth < 8 {
		pixel.PackGray(dst, src, s.Depth)
		return
	}
	copy(dst, src)
	difference(dst, s.PixelBytes(), s.Depth)
}

// group4 compresses a page of black and white by Group 4 fax, in one strip: the
// first row of a strip costs more than the others.
func group4(rows *pixel.Rows) *strips {
	s := &strips{Layout: rows.Layout, compression: compressionGroup4, rows: rows.Height}
	s.Depth = 1
	f := faxWriter{width: rows.Width}
	row := make([]byte, (rows.Width+7)/8)
	for y := range rows.Height {
		pixel.PackGray(row, rows.Row(y), 1)
		for i, b := range row {
			row[i] = ^b // in fax black is 1
		}
		f.writeRow(row)
	}
	data := f.end()
	s.counts, s.data = []int{len(data)}, even(data)
	return s
}

// even returns data of even length.
func even(data []byte) []byte {
	if len(data)%2 == 1 {
		return append(data, 0)
	}
	return data
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
func (s *strips) fields(start int) []meta.Field {
	offsets := make([]int, len(s.counts))
	for i, at := 0, start; i < len(offsets); i++ {
		offsets[i] = at
		at += s.counts[i]
	}
	photometric := photometricGray
	switch {
	case s.Channels >= 3:
		photometric = photometricRGB
	case s.compression == compressionGroup4:
		photometric = photometricWhiteIsZero
	}
	fields := []meta.Field{
		meta.LongField(meta.TagImageWidth, s.Width),
		meta.LongField(meta.TagImageLength, s.Height),
		meta.ShortField(tagBitsPerSample, slices.Repeat([]int{s.Depth}, s.Channels)...),
		meta.ShortField(tagCompression, s.compression),
		meta.ShortField(tagPhotometric, photometric),
		meta.LongField(tagStripOffsets, offsets...),
		meta.ShortField(tagSamplesPerPixel, s.Channels),
		meta.LongField(tagRowsPerStrip, s.rows),
		meta.LongField(tagStripByteCounts, s.counts...),
	}
	if s.Depth >= 8 {
		fields = append(fields, meta.ShortField(tagPredictor, predictorHorizontal))
	}
	if s.Channels%2 == 0 {
		fields = append(fields, meta.ShortField(tagExtraSamples, extraUnassociated))
	}
	return fields
}
