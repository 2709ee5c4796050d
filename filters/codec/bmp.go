package codec

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"

	"golang.org/x/image/bmp"

	"imgpipe/filters/pixel"
)

var bmpFormat = format{
	name:    BMP,
	magic:   []string{"BM"},
	maxSide: anySide,
	decode:  decodeBMP,
	encode:  encodeBMP,
	end:     endOfBMP,
}

func decodeBMP(data []byte, o DecodeOptions) (*Picture, error) {
	l := o.Limits
	c, err := bmp.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, bmpError(err)
	}
	if err := l.checkImage(c.Width, c.Height, 1, 4); err != nil {
		return nil, err
	}
	m, err := bmp.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, bmpError(err)
	}
	// x/image/bmp takes the fourth byte of a pixel for alpha where the header is longer
	// than 40 bytes. It is alpha only if a mask says so, which BI_RGB has not.
	const compressionAt, biRGB = 30, 0
	if rgba, ok := m.(*image.NRGBA); ok && binary.LittleEndian.Uint32(data[compressionAt:]) == biRGB {
		for i := 3; i < len(rgba.Pix); i += 4 {
			rgba.Pix[i] = 255
		}
	}
	return newPicture(m), nil
}

// bmpError marks what x/image/bmp does not read.
func bmpError(err error) error {
	if errors.Is(err, bmp.ErrUnsupported) {
		return &kindError{fmt.Errorf("bad BMP: %w", err), ErrUnsupported}
	}
	return err
}

func encodeBMP(w io.Writer, p *Picture, _ EncodeOptions) error {
	m := pixel.ToRGB(pixel.To8(p.Frames[0].Image))
	if pixel.Opaque(m) {
		return bmp.Encode(w, pixel.Flatten(m))
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
