package filters

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"io"
	"math"
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
		directory := page.directory(pos, p.metaOf(i))
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

// directory is the page's directory for the place at in the file.
func (p tiffPage) directory(at int, m *Metadata) []byte {
	s := p.samples
	offsets := make([]int, len(p.counts))
	for i, at := 0, p.start; i < len(offsets); i++ {
		offsets[i] = at
		at += p.counts[i]
	}
	photometric := photometricBlackIsZero
	if s.channels >= 3 {
		photometric = photometricRGB
	}
	fields := []field{
		{tag: tagWidth, kind: typeLong, value: longs(s.width)},
		{tag: tagLength, kind: typeLong, value: longs(s.height)},
		{tag: tagBitsPerSample, kind: typeShort, value: shorts(slices.Repeat([]int{s.depth}, s.channels)...)},
		{tag: tagCompression, kind: typeShort, value: shorts(compressionDeflate)},
		{tag: tagPhotometric, kind: typeShort, value: shorts(photometric)},
		{tag: tagStripOffsets, kind: typeLong, value: longs(offsets...)},
		{tag: tagOrientation, kind: typeShort, value: shorts(max(m.Orientation, 1))},
		{tag: tagSamplesPerPixel, kind: typeShort, value: shorts(s.channels)},
		{tag: tagRowsPerStrip, kind: typeLong, value: longs(p.rows)},
		{tag: tagStripByteCounts, kind: typeLong, value: longs(p.counts...)},
		{tag: tagPredictor, kind: typeShort, value: shorts(predictorHorizontal)},
	}
	if s.channels%2 == 0 {
		fields = append(fields, field{tag: tagExtraSamples, kind: typeShort, value: shorts(extraUnassociated)})
	}
	return directory(at, append(fields, m.tiffFields()...))
}

// tiffFields are m's in a page's directory.
func (m *Metadata) tiffFields() []field {
	var all []field
	if m.EXIF.order() != nil {
		all = slices.DeleteFunc(m.EXIF.directoryAt(m.EXIF.ifd0()), func(f field) bool { return !f.describes() })
	}
	if m.subfile != 0 {
		all = append(all, field{tag: tagSubfile, kind: typeLong, value: longs(m.subfile)})
	}
	all = append(all, m.Density.fields()...)
	if len(m.XMP) > 0 {
		all = append(all, field{tag: tagXMP, kind: typeByte, value: m.XMP})
	}
	if len(m.ICC) > 0 {
		all = append(all, field{tag: tagICC, kind: typeUndefined, value: m.ICC})
	}
	return all
}

// fields are a density's in a directory; none if it's unknown.
func (d Density) fields() []field {
	if d.X <= 0 || d.Y <= 0 {
		return nil
	}
	return []field{
		{tag: tagXResolution, kind: typeRational, value: rational(d.X)},
		{tag: tagYResolution, kind: typeRational, value: rational(d.Y)},
		{tag: tagResolutionUnit, kind: typeShort, value: shorts(int(d.Unit) + 1)},
	}
}

// rational is a RATIONAL, exact to four decimals if it isn't too large for them.
func rational(v float64) []byte {
	if v == math.Trunc(v) || v*10000 >= math.MaxUint32 {
		return longs(int(v+0.5), 1)
	}
	return longs(int(v*10000+0.5), 10000)
}
