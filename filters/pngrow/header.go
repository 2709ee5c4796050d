package pngrow

import (
	"encoding/binary"
	"io"
)

// readHeader reads from the signature to the length and type of the first IDAT
// chunk.
func readHeader(c *chunkReader) (*Header, error) {
	var magic [len(signature)]byte
	n, err := io.ReadFull(c.r, magic[:])
	if string(magic[:n]) != signature[:n] {
		return nil, corrupt("no PNG signature")
	}
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return nil, truncated("end of file in the signature")
	}
	if err != nil {
		return nil, err
	}
	if err := c.next(); err != nil {
		return nil, err
	}
	if c.kind != "IHDR" {
		return nil, corrupt("the first chunk is %s, not IHDR", c.kind)
	}
	h, err := readIHDR(c)
	if err != nil {
		return nil, err
	}
	for {
		if err := c.next(); err != nil {
			return nil, err
		}
		switch c.kind {
		case "IDAT":
			if h.ColourType == Indexed && h.Palette == nil {
				return nil, corrupt("no PLTE chunk before the image data")
			}
			return h, nil
		case "PLTE":
			err = h.readPalette(c)
		case "tRNS":
			err = h.readTransparency(c)
		case "acTL":
			err = h.readAnimation(c)
		default:
			if !c.ancillary() {
				return nil, corrupt("unexpected critical chunk %s at byte %d", c.kind, c.offset)
			}
			h.Chunks, err = c.appendAncillary(h.Chunks)
		}
		if err != nil {
			return nil, err
		}
	}
}

// readIHDR reads and validates the IHDR chunk (section 11.2.1).
func readIHDR(c *chunkReader) (*Header, error) {
	const length = 13
	if c.length != length {
		return nil, corrupt("invalid length %d of the IHDR chunk", c.length)
	}
	data, err := c.readData(length)
	if err != nil {
		return nil, err
	}
	width, height := binary.BigEndian.Uint32(data), binary.BigEndian.Uint32(data[4:])
	h := &Header{
		Width:      int(width),
		Height:     int(height),
		BitDepth:   int(data[8]),
		ColourType: ColourType(data[9]),
		Interlaced: data[12] == 1,
	}
	if err := h.validate(); err != nil {
		return nil, corrupt("%v", err)
	}
	if data[10] != 0 || data[11] != 0 || data[12] > 1 {
		return nil, corrupt("unknown compression method %d, filter method %d or interlace method %d", data[10], data[11], data[12])
	}
	return h, nil
}

// readPalette reads the PLTE chunk (section 11.2.2). It cuts off what BitDepth bits
// cannot index. It skips a palette that no pixel indexes: with RGB the palette is a
// suggestion for displays of few colours, with gray a harmless mistake.
func (h *Header) readPalette(c *chunkReader) error {
	c.part = afterPLTE
	switch {
	case h.ColourType == Gray || h.ColourType == GrayAlpha:
		return c.skip(corrupt("PLTE chunk at byte %d with gray", c.offset))
	case h.ColourType != Indexed:
		return c.finish()
	case h.Palette != nil:
		return corrupt("second PLTE chunk at byte %d", c.offset)
	}
	data, err := c.readData(3 * 256)
	if err != nil {
		return err
	}
	n := len(data) / 3
	if n == 0 || len(data)%3 != 0 {
		return corrupt("invalid length %d of the PLTE chunk", len(data))
	}
	if most := 1 << h.BitDepth; n > most {
		if err := c.tolerate.Handle(corrupt("palette of %d colours with bit depth %d", n, h.BitDepth)); err != nil {
			return err
		}
		n = most
	}
	h.Palette = make([][3]uint8, n)
	for i := range h.Palette {
		copy(h.Palette[i][:], data[3*i:])
	}
	return nil
}

// readTransparency reads the tRNS chunk (section 11.3.1.1). It skips the chunk where
// libpng does.
func (h *Header) readTransparency(c *chunkReader) error {
	least, most := 1, len(h.Palette)
	switch h.ColourType {
	case Gray:
		least, most = 2, 2
	case RGB:
		least, most = 6, 6
	case GrayAlpha, RGBA:
		return c.skip(corrupt("tRNS chunk at byte %d with alpha", c.offset))
	}
	switch {
	case c.seen["tRNS"]:
		return c.skip(corrupt("second tRNS chunk at byte %d", c.offset))
	case h.ColourType == Indexed && h.Palette == nil:
		return c.skip(corrupt("tRNS chunk at byte %d before the PLTE chunk", c.offset))
	case c.length < least || c.length > most:
		return c.skip(corrupt("invalid length %d of the tRNS chunk, expected %d to %d", c.length, least, most))
	}
	data, err := c.readData(most)
	if err != nil || c.damaged {
		return err
	}
	c.seen["tRNS"] = true
	h.Transparency = data
	return nil
}

// readAnimation reads the number of frames from the acTL chunk (section 11.3.6.1).
func (h *Header) readAnimation(c *chunkReader) error {
	const length = 8
	if c.length != length {
		return c.skip(corrupt("invalid length %d of the acTL chunk", c.length))
	}
	data, err := c.readData(length)
	if err != nil || c.damaged {
		return err
	}
	h.Frames = int(binary.BigEndian.Uint32(data))
	return nil
}
