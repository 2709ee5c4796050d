package pngrow

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// A Writer encodes one PNG. [NewWriter] writes the header, [Writer.WriteRow] takes
// each row and [Writer.Close] writes the rest.
//
// A Writer compresses large images in goroutines. They only compute, and they end
// without Close: a caller may drop a Writer at any time.
type Writer struct {
	w        io.Writer
	header   Header
	rowBytes int
	filter   *rowFilter // nil for Indexed and less than 8 bits, which are not filtered (section 12.7)
	trial    filterTrial
	block    []byte // rows that have not been filtered yet
	pixels   *deflater
	y        int // rows taken
	err      error
}

// NewWriter writes the header: the palette, the transparency and the Chunks of h.
// The Chunks keep their order, except that chunks that must precede a palette do so
// (section 5.6).
//
// BitDepth must be 8 or 16, or for Gray 1, 2 or 4, and Interlaced false. NewWriter returns
// an error if a field of h is not valid, or if w fails.
func NewWriter(w io.Writer, h Header) (*Writer, error) {
	if err := h.validateForWriter(); err != nil {
		return nil, fmt.Errorf("pngrow: %w", err)
	}
	e := &Writer{w: w, header: h, rowBytes: h.rowBytes(h.Width)}
	if h.ColourType != Indexed && h.BitDepth >= 8 {
		e.filter = newRowFilter(e.rowBytes, h.filterUnit())
		e.block = make([]byte, 0, min(h.Height, blockSize/e.rowBytes+1)*e.rowBytes)
	}
	e.pixels = newDeflater(e.rowBytes+1, h.Height, func(data []byte) error { return e.writeChunk("IDAT", data) })

	if _, err := io.WriteString(w, signature); err != nil {
		return nil, err
	}
	e.writeChunk("IHDR", h.ihdr())
	e.writeChunks(beforePalette)
	if h.ColourType == Indexed {
		var colours []byte
		for _, c := range h.Palette {
			colours = append(colours, c[:]...)
		}
		e.writeChunk("PLTE", colours)
	}
	if h.Transparency != nil {
		e.writeChunk("tRNS", h.Transparency)
	}
	e.writeChunks(func(kind string) bool { return !beforePalette(kind) })
	if e.err != nil {
		return nil, e.err
	}
	return e, nil
}

// validateForWriter checks that a Writer can write such an image and that decoders
// can read it.
func (h *Header) validateForWriter() error {
	if err := h.validate(); err != nil {
		return err
	}
	if h.BitDepth < 8 && h.ColourType != Gray || h.Interlaced {
		return errors.New("only bit depths 8 and 16, or less for gray, not interlaced, can be written")
	}
	var maxLen, minLen int // of Transparency
	switch h.ColourType {
	case Gray:
		maxLen, minLen = 2, 2
	case RGB:
		maxLen, minLen = 6, 6
	case Indexed:
		maxLen, minLen = len(h.Palette), 1
		if maxLen < 1 || maxLen > 256 {
			return fmt.Errorf("invalid palette of %d colours", maxLen)
		}
	}
	if n := len(h.Transparency); h.Transparency != nil && (n < minLen || n > maxLen) {
		return fmt.Errorf("invalid transparency of %d bytes with colour type %d", n, h.ColourType)
	}
	for _, c := range h.Chunks {
		if err := c.validateForWriter(); err != nil {
			return err
		}
	}
	return nil
}

// validateForWriter checks that c may stand among the ancillary chunks.
func (c Chunk) validateForWriter() error {
	if len(c.Type) != 4 || c.Type[0] < 'a' || c.Type[0] > 'z' || c.Type == "tRNS" || len(c.Data) > 1<<31-1 {
		return fmt.Errorf("invalid ancillary chunk of type %q with %d bytes", c.Type, len(c.Data))
	}
	for _, letter := range []byte(c.Type) {
		if letter|0x20 < 'a' || letter|0x20 > 'z' {
			return fmt.Errorf("invalid chunk type %q", c.Type)
		}
	}
	return nil
}

// ihdr returns the data of the IHDR chunk (section 11.2.1).
func (h *Header) ihdr() []byte {
	data := binary.BigEndian.AppendUint32(nil, uint32(h.Width))
	data = binary.BigEndian.AppendUint32(data, uint32(h.Height))
	return append(data, byte(h.BitDepth), byte(h.ColourType), 0, 0, 0)
}

// writeChunks writes those of the header's Chunks whose type matches.
func (e *Writer) writeChunks(match func(kind string) bool) {
	for _, c := range e.header.Chunks {
		if match(c.Type) {
			e.writeChunk(c.Type, c.Data)
		}
	}
}

// writeChunk writes a chunk (section 5.3). It does nothing after an error.
func (e *Writer) writeChunk(kind string, data []byte) error {
	head, crc := chunkEnds(kind, data)
	for _, part := range [][]byte{head, data, crc} {
		if e.err == nil {
			_, e.err = e.w.Write(part)
		}
	}
	return e.err
}

// chunkEnds returns what stands before and behind a chunk's data.
func chunkEnds(kind string, data []byte) (head, crc []byte) {
	head = append(binary.BigEndian.AppendUint32(nil, uint32(len(data))), kind...)
	sum := crc32.Update(crc32.ChecksumIEEE(head[4:]), crc32.IEEETable, data)
	return head, binary.BigEndian.AppendUint32(nil, sum)
}

// WriteRow takes the next row: Width pixels of ColourType and BitDepth. The samples
// of a pixel stand together; samples of 16 bits are big-endian, and those of less than
// 8 bits are packed, the first in the high bits. WriteRow does not keep row.
//
// WriteRow returns an error if row has another length, holds an index beyond the
// palette or follows the last row, or if the destination fails. It holds back the
// end of the pixels for Close, so that an abandoned file never looks complete.
func (e *Writer) WriteRow(row []byte) error {
	if e.err != nil {
		return e.err
	}
	if len(row) != e.rowBytes || e.y == e.header.Height {
		return fmt.Errorf("pngrow: WriteRow of row %d with %d bytes, the image has %d rows of %d bytes", e.y, len(row), e.header.Height, e.rowBytes)
	}
	if e.filter == nil {
		if err := e.checkIndices(row); err != nil {
			return err
		}
		e.y++
		return e.writeFiltered(filterNone, row)
	}
	e.y++
	if e.block = append(e.block, row...); len(e.block) < blockSize && e.y < e.header.Height {
		return nil
	}
	return e.filterBlock()
}

// filterBlock filters and writes the rows of the block.
func (e *Writer) filterBlock() error {
	unit := e.header.filterUnit()
	unfiltered := e.trial.betterUnfiltered(e.block, e.rowBytes, unit)
	e.pixels.rgb = unit == 3 && e.trial.repetitive
	for rows := e.block; len(rows) > 0; rows = rows[e.rowBytes:] {
		row := rows[:e.rowBytes]
		kind, filtered := byte(filterNone), row
		if !unfiltered {
			kind, filtered = e.filter.best(row)
		} else if len(rows) == e.rowBytes { // the next block may be filtered
			e.filter.skip(row)
		}
		if err := e.writeFiltered(kind, filtered); err != nil {
			return err
		}
	}
	e.block = e.block[:0]
	return nil
}

// writeFiltered passes a filtered row on to the deflater.
func (e *Writer) writeFiltered(kind byte, row []byte) error {
	if e.err = e.pixels.write([]byte{kind}); e.err == nil {
		e.err = e.pixels.write(row)
	}
	return e.err
}

// checkIndices refuses indices beyond the palette.
func (e *Writer) checkIndices(row []byte) error {
	if e.header.ColourType != Indexed {
		return nil
	}
	for x, v := range row {
		if int(v) >= len(e.header.Palette) {
			return fmt.Errorf("pngrow: index %d beyond a palette of %d colours at column %d of row %d", v, len(e.header.Palette), x, e.y)
		}
	}
	return nil
}

// Close writes the rest of the pixels, then the chunks after, then IEND. If rows
// are missing or a chunk is invalid, Close writes nothing and returns an error.
// Close does not close the destination.
func (e *Writer) Close(after ...Chunk) error {
	if e.err != nil {
		return e.err
	}
	if e.y < e.header.Height {
		return fmt.Errorf("pngrow: Close after %d rows of %d", e.y, e.header.Height)
	}
	for _, c := range after {
		if err := c.validateForWriter(); err != nil {
			return fmt.Errorf("pngrow: %w", err)
		}
	}
	if e.err = e.pixels.close(); e.err != nil {
		return e.err
	}
	for _, c := range after {
		e.writeChunk(c.Type, c.Data)
	}
	if e.writeChunk("IEND", nil) != nil {
		return e.err
	}
	e.err = errClosed
	return nil
}

var errClosed = errors.New("pngrow: the Writer is closed")
