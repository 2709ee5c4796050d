package filters

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"io"
)

// Colour types of PNG (third edition), section 11.2.1.
const (
	pngGray      = 0
	pngRGB       = 2
	pngGrayAlpha = 4
	pngRGBA      = 6
)

// writePNG writes an image a row at a time. image/png has no gray with alpha
// and writes no metadata, hence this.
func writePNG(w io.Writer, s samples, m Metadata) error {
	e := pngWriter{w: bufio.NewWriterSize(w, 1<<15)}
	e.w.WriteString(pngMagic)
	e.header(s)
	e.metadata(m)
	e.image(s)
	e.chunk("IEND", nil)
	if e.err != nil {
		return e.err
	}
	return e.w.Flush()
}

// A pngWriter writes chunks; the first error stays.
type pngWriter struct {
	w   *bufio.Writer
	err error
}

// chunk writes one chunk: section 5.3.
func (e *pngWriter) chunk(kind string, body []byte) {
	if e.err != nil {
		return
	}
	head := append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), kind...)
	crc := crc32.Update(crc32.ChecksumIEEE(head[4:]), crc32.IEEETable, body)
	for _, part := range [][]byte{head, body, binary.BigEndian.AppendUint32(nil, crc)} {
		if _, err := e.w.Write(part); err != nil {
			e.err = err
			return
		}
	}
}

func (e *pngWriter) header(s samples) {
	body := binary.BigEndian.AppendUint32(nil, uint32(s.width))
	body = binary.BigEndian.AppendUint32(body, uint32(s.height))
	colourType := [...]byte{1: pngGray, 2: pngGrayAlpha, 3: pngRGB, 4: pngRGBA}[s.channels]
	e.chunk("IHDR", append(body, byte(s.depth), colourType, 0, 0, 0))
}

func (e *pngWriter) metadata(m Metadata) {
	if m.ICC != nil {
		var body bytes.Buffer
		body.WriteString("icc\x00\x00")
		z := zlib.NewWriter(&body)
		z.Write(m.ICC)
		z.Close()
		e.chunk("iCCP", body.Bytes())
	}
	if d := m.Density; d.X != 0 && d.Y != 0 {
		x, y, unit := d.metre()
		body := binary.BigEndian.AppendUint32(nil, x)
		e.chunk("pHYs", append(binary.BigEndian.AppendUint32(body, y), unit))
	}
	if m.EXIF != nil {
		e.chunk("eXIf", m.EXIF)
	}
}

// metre is a density as pHYs has it: pixels per metre, or an aspect ratio.
func (d Density) metre() (x, y uint32, unit byte) {
	x, y = uint32(d.X), uint32(d.Y)
	switch d.Unit {
	case 1: // per inch
		return (x*10000 + 127) / 254, (y*10000 + 127) / 254, 1
	case 2: // per cm
		return x * 100, y * 100, 1
	}
	return x, y, 0
}

// image writes the rows, filtered and packed, as IDAT chunks.
func (e *pngWriter) image(s samples) {
	chunks := bufio.NewWriterSize(idatWriter{e}, 1<<15)
	z := zlib.NewWriter(chunks)
	f := newRowFilter(s.width*s.pixelSize(), s.pixelSize())
	for y := 0; y < s.height && e.err == nil; y++ {
		z.Write(f.best(s.row(y)))
	}
	z.Close()
	chunks.Flush()
}

type idatWriter struct{ e *pngWriter }

func (w idatWriter) Write(p []byte) (int, error) {
	w.e.chunk("IDAT", p)
	return len(p), w.e.err
}

// A rowFilter chooses for each row the filter type (PNG, section 9) whose
// output, as signed bytes, has the least sum of magnitudes: section 12.7.
type rowFilter struct {
	size     int       // bytes of a pixel
	previous []byte    // row above, with a pixel of zeros before it
	current  []byte    // likewise
	tried    [5][]byte // the type, then the filtered row
}

func newRowFilter(rowBytes, pixelSize int) *rowFilter {
	f := &rowFilter{size: pixelSize, previous: make([]byte, pixelSize+rowBytes), current: make([]byte, pixelSize+rowBytes)}
	for i := range f.tried {
		f.tried[i] = make([]byte, 1+rowBytes)
		f.tried[i][0] = byte(i)
	}
	return f
}

// best returns the filter type and the filtered row; valid until the next call.
func (f *rowFilter) best(row []byte) []byte {
	f.previous, f.current = f.current, f.previous
	copy(f.current[f.size:], row)
	n := len(row)
	x := f.current[f.size:][:n]   // Orig(x)
	a := f.current[:n]            // Orig(a), to the left
	b := f.previous[f.size:][:n]  // Orig(b), above
	c := f.previous[:n]           // Orig(c), above to the left
	copy(f.tried[0][1:], x)       // None
	sub := f.tried[1][1:][:n]     // Sub
	up := f.tried[2][1:][:n]      // Up
	average := f.tried[3][1:][:n] // Average
	paeth := f.tried[4][1:][:n]   // Paeth
	var sums [5]int
	for i, v := range x {
		sub[i] = v - a[i]
		up[i] = v - b[i]
		average[i] = v - byte((int(a[i])+int(b[i]))/2)
		paeth[i] = v - paethPredictor(a[i], b[i], c[i])
		sums[0] += magnitude(v)
		sums[1] += magnitude(sub[i])
		sums[2] += magnitude(up[i])
		sums[3] += magnitude(average[i])
		sums[4] += magnitude(paeth[i])
	}
	best := 0
	for i, sum := range sums {
		if sum < sums[best] {
			best = i
		}
	}
	return f.tried[best]
}

func magnitude(v byte) int {
	s := int(int8(v))
	return max(s, -s)
}

// paethPredictor is section 9.4's.
func paethPredictor(a, b, c byte) byte {
	p := int(a) + int(b) - int(c)
	pa, pb, pc := p-int(a), p-int(b), p-int(c)
	pa, pb, pc = max(pa, -pa), max(pb, -pb), max(pc, -pc)
	switch {
	case pa <= pb && pa <= pc:
		return a
	case pb <= pc:
		return b
	}
	return c
}
