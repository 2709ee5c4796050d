package filters

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"io"
	"slices"
)

// stripBytes is about what a strip holds before it's packed.
const stripBytes = 1 << 18

// encodeTIFF writes every frame as a page, big-endian, packed by Deflate with
// the horizontal predictor. x/image/tiff writes one page, and no gray with
// alpha, hence this.
func encodeTIFF(w io.Writer, p *Picture, _ Options) error {
	page, err := packPage(samplesOf(p.Frames[0].Image))
	if err != nil {
		return err
	}
	pos := 8 + len(page.data)
	if _, err := w.Write(binary.BigEndian.AppendUint32([]byte("MM\x00*"), uint32(pos))); err != nil {
		return err
	}
	for i := range p.Frames {
		if _, err := w.Write(page.data); err != nil {
			return err
		}
		directory := page.directory(pos, p.Meta)
		pos += len(directory)
		if i+1 < len(p.Frames) {
			if page, err = packPage(samplesOf(p.Frames[i+1].Image)); err != nil {
				return err
			}
			page.start = pos
			pos += len(page.data)
			binary.BigEndian.PutUint32(directory[nextLink(directory):], uint32(pos))
		}
		if _, err := w.Write(directory); err != nil {
			return err
		}
	}
	return nil
}

// nextLink is where in a directory the offset of the next one is.
func nextLink(directory []byte) int { return 2 + 12*int(binary.BigEndian.Uint16(directory)) }

// A tiffPage is one page's pixels, packed; data's length is even, so that what
// follows begins at a word, as section 2 wants it.
type tiffPage struct {
	samples samples
	rows    int    // of a strip
	data    []byte // the strips
	counts  []int  // each strip's bytes
	start   int    // where in the file data is
}

func packPage(s samples) (tiffPage, error) {
	rowBytes := s.width * s.pixelSize()
	page := tiffPage{samples: s, rows: max(1, min(stripBytes/rowBytes, s.height)), start: 8}
	var packed bytes.Buffer
	row := make([]byte, rowBytes)
	for top := 0; top < s.height; top += page.rows {
		before := packed.Len()
		z := zlib.NewWriter(&packed)
		for y := top; y < min(top+page.rows, s.height); y++ {
			copy(row, s.row(y))
			s.difference(row)
			if _, err := z.Write(row); err != nil {
				return page, err
			}
		}
		if err := z.Close(); err != nil {
			return page, err
		}
		page.counts = append(page.counts, packed.Len()-before)
	}
	if packed.Len()%2 == 1 {
		packed.WriteByte(0)
	}
	page.data = packed.Bytes()
	return page, nil
}

// difference applies the horizontal predictor to a row (section 14).
func (s samples) difference(row []byte) {
	size := s.pixelSize()
	if s.depth == 8 {
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

// directory is the page's directory for the place pos in the file, with the
// values that don't fit into an entry behind it. Its link says "no next page".
func (p tiffPage) directory(pos int, m Metadata) []byte {
	const typeUndefined, typeRational = 7, 5
	be := binary.BigEndian
	s := p.samples
	shorts := func(v ...int) (b []byte) {
		for _, n := range v {
			b = be.AppendUint16(b, uint16(n))
		}
		return b
	}
	longs := func(v ...int) (b []byte) {
		for _, n := range v {
			b = be.AppendUint32(b, uint32(n))
		}
		return b
	}
	offsets := make([]int, len(p.counts))
	for i, at := 0, p.start; i < len(offsets); i++ {
		offsets[i] = at
		at += p.counts[i]
	}
	type entry struct {
		tag, kind, count int
		value            []byte
	}
	photometric, extra := photometricBlackIsZero, s.channels%2 == 0
	if s.channels >= 3 {
		photometric = photometricRGB
	}
	entries := []entry{
		{tagWidth, typeLong, 1, longs(s.width)},
		{tagLength, typeLong, 1, longs(s.height)},
		{tagBitsPerSample, typeShort, s.channels, shorts(slices.Repeat([]int{s.depth}, s.channels)...)},
		{tagCompression, typeShort, 1, shorts(compressionDeflate)},
		{tagPhotometric, typeShort, 1, shorts(photometric)},
		{tagStripOffsets, typeLong, len(offsets), longs(offsets...)},
		{tagOrientation, typeShort, 1, shorts(max(m.Orientation, 1))},
		{tagSamplesPerPixel, typeShort, 1, shorts(s.channels)},
		{tagRowsPerStrip, typeLong, 1, longs(p.rows)},
		{tagStripByteCounts, typeLong, len(p.counts), longs(p.counts...)},
	}
	if d := m.Density; d.X != 0 && d.Y != 0 {
		entries = append(entries,
			entry{tagXResolution, typeRational, 1, longs(int(d.X), 1)},
			entry{tagYResolution, typeRational, 1, longs(int(d.Y), 1)},
			entry{tagResolutionUnit, typeShort, 1, shorts(int(d.Unit) + 1)})
	}
	entries = append(entries, entry{tagPredictor, typeShort, 1, shorts(predictorHorizontal)})
	if extra {
		entries = append(entries, entry{tagExtraSamples, typeShort, 1, shorts(extraUnassociated)})
	}
	if len(m.ICC) > 0 {
		entries = append(entries, entry{tagICC, typeUndefined, len(m.ICC), m.ICC})
	}
	out := shorts(len(entries))
	var far []byte
	behind := pos + 2 + 12*len(entries) + 4
	for _, e := range entries {
		out = append(out, shorts(e.tag, e.kind)...)
		out = append(out, longs(e.count)...)
		if len(e.value) <= 4 {
			out = append(append(out, e.value...), make([]byte, 4-len(e.value))...)
			continue
		}
		out = append(out, longs(behind+len(far))...)
		far = append(far, e.value...)
		if len(far)%2 == 1 {
			far = append(far, 0)
		}
	}
	out = append(out, 0, 0, 0, 0)
	return append(out, far...)
}
