package pngrow

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// A Writer writes one PNG: [NewWriter], then WriteRow for each row, then Close.
// It starts goroutines for large images, but they neither read nor write and
// end by themselves: a Writer may be abandoned at any time.
type Writer struct {
	w      io.Writer
	header Header
	row    int        // bytes of a row
	filter *rowFilter // nil: none
	flat   flatFinder
	block  []byte // rows to be filtered
	pixels *deflater
	y      int // rows taken
	err    error
}

// NewWriter writes what stands before the pixels: h's palette and transparency,
// and its Chunks, in their order but that those which must stand before a
// palette do. BitDepth must be 8 or 16. Interlaced images aren't written.
func NewWriter(w io.Writer, h Header) (*Writer, error) {
	if err := h.writable(); err != nil {
		return nil, fmt.Errorf("pngrow: %w", err)
	}
	e := &Writer{w: w, header: h, row: h.rowBytes(h.Width)}
	if h.ColourType != Indexed {
		e.filter = newRowFilter(e.row, h.filterUnit())
		e.block = make([]byte, 0, min(h.Height, blockSize/e.row+1)*e.row)
	}
	e.pixels = newDeflater(e.row+1, h.Height, func(data []byte) error { return e.chunk("IDAT", data) })

	if _, err := io.WriteString(w, signature); err != nil {
		return nil, err
	}
	e.chunk("IHDR", h.ihdr())
	e.chunks(beforePalette)
	if h.ColourType == Indexed {
		var colours []byte
		for _, c := range h.Palette {
			colours = append(colours, c[:]...)
		}
		e.chunk("PLTE", colours)
	}
	if h.Transparency != nil {
		e.chunk("tRNS", h.Transparency)
	}
	e.chunks(func(kind string) bool { return !beforePalette(kind) })
	if e.err != nil {
		return nil, e.err
	}
	return e, nil
}

// writable refuses what NewWriter can't write, or no decoder could read.
func (h *Header) writable() error {
	if err := h.check(); err != nil {
		return err
	}
	if h.BitDepth < 8 || h.Interlaced {
		return errors.New("writing is for 8 or 16 bits a sample, not interlaced")
	}
	var most, least int
	switch h.ColourType {
	case Gray:
		most, least = 2, 2
	case RGB:
		most, least = 6, 6
	case Indexed:
		most, least = len(h.Palette), 1
		if most < 1 || most > 256 {
			return fmt.Errorf("palette of %d colours", most)
		}
	}
	if n := len(h.Transparency); h.Transparency != nil && (n < least || n > most) {
		return fmt.Errorf("transparency of %d bytes with colour type %d", n, h.ColourType)
	}
	for _, c := range h.Chunks {
		if err := c.writable(); err != nil {
			return err
		}
	}
	return nil
}

func (c Chunk) writable() error {
	if len(c.Type) != 4 || c.Type[0] < 'a' || c.Type[0] > 'z' || c.Type == "tRNS" || len(c.Data) > 1<<31-1 {
		return fmt.Errorf("%q chunk of %d bytes among the ancillary ones", c.Type, len(c.Data))
	}
	for _, letter := range []byte(c.Type) {
		if letter|0x20 < 'a' || letter|0x20 > 'z' {
			return fmt.Errorf("chunk type %q", c.Type)
		}
	}
	return nil
}

// beforePalette is table 7 of section 5.6.
func beforePalette(kind string) bool {
	switch kind {
	case "cHRM", "cICP", "gAMA", "iCCP", "mDCV", "cLLI", "sBIT", "sRGB":
		return true
	}
	return false
}

// ihdr is section 11.2.1.
func (h *Header) ihdr() []byte {
	data := binary.BigEndian.AppendUint32(nil, uint32(h.Width))
	data = binary.BigEndian.AppendUint32(data, uint32(h.Height))
	return append(data, byte(h.BitDepth), byte(h.ColourType), 0, 0, 0)
}

// chunks writes those of the header's chunks that which says.
func (e *Writer) chunks(which func(kind string) bool) {
	for _, c := range e.header.Chunks {
		if which(c.Type) {
			e.chunk(c.Type, c.Data)
		}
	}
}

// chunk writes a chunk: section 5.3. The first error stays.
func (e *Writer) chunk(kind string, data []byte) error {
	head := append(binary.BigEndian.AppendUint32(nil, uint32(len(data))), kind...)
	crc := crc32.Update(crc32.ChecksumIEEE(head[4:]), crc32.IEEETable, data)
	for _, part := range [][]byte{head, data, binary.BigEndian.AppendUint32(nil, crc)} {
		if e.err == nil {
			_, e.err = e.w.Write(part)
		}
	}
	return e.err
}

// WriteRow takes the next row: Width pixels of interleaved samples as they are
// stored, those of 16 bits big-endian. It doesn't keep row.
//
// What it writes is never the end of an image: that is Close's.
func (e *Writer) WriteRow(row []byte) error {
	if e.err != nil {
		return e.err
	}
	if len(row) != e.row || e.y == e.header.Height {
		return fmt.Errorf("pngrow: row %d of %d bytes, in an image of %d rows of %d", e.y, len(row), e.header.Height, e.row)
	}
	if e.filter == nil {
		if err := e.checkIndices(row); err != nil {
			return err
		}
		e.y++
		return e.put(filterNone, row)
	}
	e.y++
	if e.block = append(e.block, row...); len(e.block) < blockSize && e.y < e.header.Height {
		return nil
	}
	return e.filterBlock()
}

// filterBlock filters what rows there are.
func (e *Writer) filterBlock() error {
	unit := e.header.filterUnit()
	flat := e.flat.flat(e.block, e.row, unit)
	e.pixels.rgb = unit == 3 && e.flat.repetitive
	for rows := e.block; len(rows) > 0; rows = rows[e.row:] {
		row := rows[:e.row]
		kind, filtered := byte(filterNone), row
		if !flat {
			kind, filtered = e.filter.best(row)
		} else if len(rows) == e.row {
			e.filter.pass(row)
		}
		if err := e.put(kind, filtered); err != nil {
			return err
		}
	}
	e.block = e.block[:0]
	return nil
}

// put writes a filtered row.
func (e *Writer) put(kind byte, row []byte) error {
	if e.err = e.pixels.write([]byte{kind}); e.err == nil {
		e.err = e.pixels.write(row)
	}
	return e.err
}

func (e *Writer) checkIndices(row []byte) error {
	for x, v := range row {
		if int(v) >= len(e.header.Palette) {
			return fmt.Errorf("pngrow: colour %d of %d at column %d of row %d", v, len(e.header.Palette), x, e.y)
		}
	}
	return nil
}

// Close writes the rest of the pixels, the chunks that are to stand after them,
// and IEND. If rows are missing it writes nothing and gives an error.
func (e *Writer) Close(after ...Chunk) error {
	if e.err != nil {
		return e.err
	}
	if e.y < e.header.Height {
		return fmt.Errorf("pngrow: closed after %d rows of %d", e.y, e.header.Height)
	}
	for _, c := range after {
		if err := c.writable(); err != nil {
			return fmt.Errorf("pngrow: %w", err)
		}
	}
	if e.err = e.pixels.close(); e.err != nil {
		return e.err
	}
	for _, c := range after {
		e.chunk(c.Type, c.Data)
	}
	if e.chunk("IEND", nil) != nil {
		return e.err
	}
	e.err = errClosed
	return nil
}

var errClosed = errors.New("pngrow: the Writer is closed")
