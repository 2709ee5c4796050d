package filters

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"image"
	"io"

	"golang.org/x/image/bmp"
)

func decodeBMP(data []byte, l Limits) (*Picture, error) {
	c, err := bmp.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	if err := l.admit(c.Width, c.Height, 1, 4); err != nil {
		return nil, err
	}
	m, err := bmp.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return still(m, Metadata{}), nil
}

func encodeBMP(w io.Writer, p *Picture, _ Options) error {
	m := toRGB(to8(p.Frames[0].Image))
	if opaque(m) {
		return bmp.Encode(w, flatten(m))
	}
	if g, ok := m.(*GrayAlpha); ok {
		m = withColour(g)
	}
	return writeBMPAlpha(w, m.(*image.NRGBA))
}

// withColour gives a gray picture with alpha equal red, green and blue, for
// formats whose alpha comes only with colour.
func withColour(g *GrayAlpha) *image.NRGBA {
	out := image.NewNRGBA(g.Rect)
	for y := range g.Rect.Dy() {
		src, dst := g.Pix[y*g.Stride:], out.Pix[y*out.Stride:]
		for x := range g.Rect.Dx() {
			v := src[2*x]
			copy(dst[4*x:], []uint8{v, v, v, src[2*x+1]})
		}
	}
	return out
}

// writeBMPAlpha writes 32-bit pixels with a BITMAPV4HEADER, whose masks are what
// makes readers take the fourth byte for alpha; x/image/bmp writes an older
// header, by which they ignore it.
func writeBMPAlpha(w io.Writer, m *image.NRGBA) error {
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
