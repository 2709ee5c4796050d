package codec

import (
	"bufio"
	"encoding/binary"
	"errors"
	"image"
	"io"

	xbmp "golang.org/x/image/bmp"

	"imgpipe/filters/bmp"
	"imgpipe/filters/meta"
	"imgpipe/filters/pixel"
)

var bmpFormat = format{
	name:    BMP,
	magic:   []string{"BM"},
	maxSide: anySide,
	decode:  decodeBMP,
	encode:  encodeBMP,
	end:     endOfBMP,
	kind:    bmpErrorKind,
}

// bmpErrorKind knows package bmp's errors, which name the format.
func bmpErrorKind(err error) error {
	switch {
	case errors.Is(err, bmp.ErrCorrupt):
		return ErrCorrupt
	case errors.Is(err, bmp.ErrUnsupported):
		return ErrUnsupported
	case errors.Is(err, io.ErrUnexpectedEOF):
		return ErrTruncated
	}
	return nil
}

func decodeBMP(data []byte, o DecodeOptions) (*Picture, error) {
	l := o.Limits
	r, err := bmp.NewReader(data, bmp.ReaderOptions{Tolerate: o.Tolerate})
	if err != nil {
		return nil, err
	}
	h := r.Header()
	layout := pixel.Layout{Width: h.Width, Height: h.Height, Channels: r.Channels(), Depth: 8}
	if err := l.CheckSize(h.Width, h.Height, 1); err != nil {
		return nil, err
	}
	if err := l.CheckMemory(int64(h.Width)*int64(h.Height)*int64(layout.ImageBytes()) + r.WorkBytes()); err != nil {
		return nil, err
	}
	m, err := layout.Read(r.ReadRow)
	if err != nil {
		return nil, err
	}
	p := newPicture(m)
	metadata := &p.Frames[0].Meta
	metadata.ICC = h.Profile
	if h.XPixelsPerMetre > 0 && h.YPixelsPerMetre > 0 {
		const metre = 1 // the unit of pHYs
		metadata.Resolution = meta.ResolutionOfPNG(uint32(h.XPixelsPerMetre), uint32(h.YPixelsPerMetre), metre)
	}
	return p, nil
}

func encodeBMP(w io.Writer, p *Picture, _ EncodeOptions) error {
	m := pixel.ToRGB(pixel.To8(p.Frames[0].Image))
	if pixel.Opaque(m) {
		return xbmp.Encode(w, pixel.Flatten(m))
	}
	return encodeBMPAlpha(w, pixel.ToNRGBA(m))
}

// encodeBMPAlpha writes 32-bit pixels with a BITMAPV4HEADER, whose masks tell
// readers that the fourth byte is alpha. x/image/bmp writes an older header, by
// which readers ignore the fourth byte.
func encodeBMPAlpha(w io.Writer, m *image.NRGBA) error {
	const fileHeader, infoHeader, bitfields, sRGB = 14, 108, 3, 0x73524742
	width, height := m.Rect.Dx(), m.Rect.Dy()
	size := uint32(4 * width * height)
	head := []byte("BM")
	for _, v := range []uint32{
		fileHeader + infoHeader + size, 0, fileHeader + infoHeader,
		infoHeader, uint32(width), uint32(height), 1 | 32<<16, bitfields, size, 0, 0, 0, 0,
		0x00ff0000, 0x0000ff00, 0x000000ff, 0xff000000, sRGB,
	} {
		head = binary.LittleEndian.AppendUint32(head, v)
	}
	b := bufio.NewWriterSize(w, 1<<15)
	b.Write(head)
	b.Write(make([]byte, fileHeader+infoHeader-len(head))) // end points and gamma: not used
	for y := height - 1; y >= 0; y-- {
		row := m.Pix[y*m.Stride:][:4*width]
		for i := 0; i < len(row); i += 4 {
			b.Write([]byte{row[i+2], row[i+1], row[i], row[i+3]})
		}
	}
	return b.Flush()
}
