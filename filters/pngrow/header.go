package pngrow

import (
	"encoding/binary"
	"io"
)

// readHeader reads all that stands before the first IDAT's data.
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
				return nil, corrupt("no palette")
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
				return nil, corrupt("%s chunk at byte %d", c.kind, c.offset)
			}
			h.Chunks, err = c.keep(h.Chunks)
		}
		if err != nil {
			return nil, err
		}
	}
}

// readIHDR is section 11.2.1.
func readIHDR(c *chunkReader) (*Header, error) {
	const length = 13
	if c.length != length {
		return nil, corrupt("IHDR chunk of %d bytes", c.length)
	}
	data, err := c.data(length)
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
	if err := h.check(); err != nil {
		return nil, corrupt("%v", err)
	}
	if data[10] != 0 || data[11] != 0 || data[12] > 1 {
		return nil, corrupt("compression method %d, filter method %d, interlace method %d", data[10], data[11], data[12])
	}
	return h, nil
}

// readPalette is section 11.2.2. What isn't there to be indexed is a suggestion
// for poor displays, or, with gray, a mistake that changes nothing.
func (h *Header) readPalette(c *chunkReader) error {
	if h.ColourType != Indexed {
		return c.finish()
	}
	if h.Palette != nil {
		return corrupt("second PLTE chunk at byte %d", c.offset)
	}
	data, err := c.data(3 * 256)
	if err != nil {
		return err
	}
	n := len(data) / 3
	if n == 0 || len(data)%3 != 0 || n > 1<<h.BitDepth {
		return corrupt("PLTE chunk of %d bytes with %d bits a sample", len(data), h.BitDepth)
	}
	h.Palette = make([][3]uint8, n)
	for i := range h.Palette {
		copy(h.Palette[i][:], data[3*i:])
	}
	return nil
}

// readTransparency is section 11.3.1.1. Where there is alpha already it says
// nothing.
func (h *Header) readTransparency(c *chunkReader) error {
	var want int
	switch h.ColourType {
	case Gray:
		want = 2
	case RGB:
		want = 6
	case Indexed:
		want = len(h.Palette)
	default:
		return c.finish()
	}
	if h.Transparency != nil {
		return corrupt("second tRNS chunk at byte %d", c.offset)
	}
	data, err := c.data(256)
	if err != nil {
		return err
	}
	if len(data) == 0 || len(data) > want || len(data) < want && h.ColourType != Indexed {
		return corrupt("tRNS chunk of %d bytes, where %d are the most", len(data), want)
	}
	h.Transparency = data
	return nil
}

// readAnimation is section 11.3.6.1.
func (h *Header) readAnimation(c *chunkReader) error {
	const length = 8
	if c.length != length {
		return corrupt("acTL chunk of %d bytes", c.length)
	}
	data, err := c.data(length)
	if err != nil {
		return err
	}
	h.Frames = int(binary.BigEndian.Uint32(data))
	return nil
}
