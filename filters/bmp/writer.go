package bmp

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
)

// Encode writes a BMP. Row returns row y of the image, 0 being the top. With 1, 4 or 8
// Bits a row has an index into the Palette for each pixel; with 24 Bits it has red,
// green and blue, with 32 Bits and Alpha alpha besides. The row must be valid until the
// next call; Encode does not change it.
//
// The header is a BITMAPINFOHEADER, with alpha a BITMAPV4HEADER. The Profile is not
// written. Encode returns an error if h has other values, an image of 4 GiB or more, or
// if w fails.
func Encode(w io.Writer, h Header, row func(y int) []byte) error {
	stride := (int64(h.Width)*int64(h.Bits) + 31) / 32 * 4
	size := h.Height * int(stride)
	if err := h.validateForWriter(int64(h.Height) * stride); err != nil {
		return fmt.Errorf("bmp: %w", err)
	}
	b := bufio.NewWriterSize(w, 32<<10)
	b.Write(h.headers(size)) // an error is kept for Flush
	stored := make([]byte, stride)
	for y := h.Height - 1; y >= 0; y-- {
		h.store(stored, row(y))
		if _, err := b.Write(stored); err != nil {
			return err
		}
	}
	return b.Flush()
}

// validateForWriter checks that Encode can write an image with size bytes of pixels.
func (h *Header) validateForWriter(size int64) error {
	const maxSide, maxSize = 1<<31 - 1, 1<<32 - 1<<20 // the headers and the palette take less than 1 MiB
	if h.Width < 1 || h.Height < 1 || h.Width > maxSide || h.Height > maxSide {
		return fmt.Errorf("invalid image size %dx%d", h.Width, h.Height)
	}
	if size > maxSize {
		return fmt.Errorf("%dx%d pixels of %d bits are more than a file can hold", h.Width, h.Height, h.Bits)
	}
	switch {
	case h.Bits == 24 && !h.Alpha, h.Bits == 32 && h.Alpha:
		return nil
	case h.Bits != 1 && h.Bits != 4 && h.Bits != 8 || h.Alpha:
		return fmt.Errorf("writing %d bits a pixel is not supported", h.Bits)
	case len(h.Palette) < 1 || len(h.Palette) > 1<<h.Bits:
		return fmt.Errorf("invalid palette of %d colours with %d bits", len(h.Palette), h.Bits)
	}
	return nil
}

// headers returns all that precedes size bytes of pixels.
func (h *Header) headers(size int) []byte {
	length, compression := infoHeader, uint32(compressionRGB)
	if h.Alpha {
		length, compression = v4Header, compressionBitFields
	}
	info := make([]byte, length)
	put := func(at int, values ...uint32) {
		for i, v := range values {
			binary.LittleEndian.PutUint32(info[at+4*i:], v)
		}
	}
	if h.Alpha {
		const sRGB = 0x73524742
		put(40, 0xff0000, 0xff00, 0xff, 0xff000000, sRGB)
	}
	colours := 0
	if len(h.Palette) < 1<<h.Bits {
		colours = len(h.Palette)
	}
	put(0, uint32(length), uint32(h.Width), uint32(h.Height), 1|uint32(h.Bits)<<16, compression, uint32(size),
		uint32(h.XPixelsPerMetre), uint32(h.YPixelsPerMetre), uint32(colours))
	before := length + 4*len(h.Palette)
	head := []byte("BM")
	for _, v := range []uint32{uint32(fileHeader + before + size), 0, uint32(fileHeader + before)} {
		head = binary.LittleEndian.AppendUint32(head, v)
	}
	head = append(head, info...)
	for _, c := range h.Palette {
		head = append(head, c[2], c[1], c[0], 0xff) // the fourth byte means nothing
	}
	return head
}

// store converts a row to its form in the file.
func (h *Header) store(dst, row []byte) {
	switch h.Bits {
	case 24:
		expand24(dst[:len(row)], row)
	case 32:
		for i := 0; i+4 <= len(row); i += 4 {
			s, d := row[i:i+4:i+4], dst[i:i+4:i+4]
			d[0], d[1], d[2], d[3] = s[2], s[1], s[0], s[3]
		}
	case 8:
		copy(dst, row)
	default:
		perByte := 8 / h.Bits
		clear(dst)
		for x, index := range row {
			dst[x/perByte] |= index << (8 - h.Bits - x%perByte*h.Bits)
		}
	}
}
