package filters

import (
	"bytes"
	"errors"
	"image"
	"image/draw"
	"image/gif"
	"io"
)

func decodeGIF(data []byte, l Limits) (*Picture, error) {
	screen, frames, err := gifExtent(data)
	if err != nil {
		return nil, err
	}
	if err := l.check(screen.X, screen.Y, max(frames, 1)); err != nil {
		return nil, err
	}
	g, err := gif.DecodeAll(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	if whole := (image.Rectangle{Max: screen}); frames == 1 && g.Image[0].Rect == whole {
		return still(g.Image[0], Metadata{}), nil
	}
	p := &Picture{LoopCount: g.LoopCount}
	canvas := image.NewNRGBA(image.Rect(0, 0, screen.X, screen.Y))
	for i, m := range g.Image {
		before := canvas
		if g.Disposal[i] == gif.DisposalPrevious {
			before = cloneNRGBA(canvas)
		}
		draw.Draw(canvas, m.Rect, m, m.Rect.Min, draw.Over)
		p.Frames = append(p.Frames, Frame{Image: cloneNRGBA(canvas), Delay: g.Delay[i]})
		switch g.Disposal[i] {
		case gif.DisposalBackground:
			draw.Draw(canvas, m.Rect, image.Transparent, image.Point{}, draw.Src)
		case gif.DisposalPrevious:
			canvas = before
		}
	}
	return p, nil
}

func cloneNRGBA(m *image.NRGBA) *image.NRGBA {
	return &image.NRGBA{Pix: bytes.Clone(m.Pix), Stride: m.Stride, Rect: m.Rect}
}

// gifExtent walks the blocks of a GIF without unpacking any (GIF89a, appendix
// B): the size of the logical screen, and how many frames there are. A file of
// a few bytes can claim much of both.
func gifExtent(data []byte) (screen image.Point, frames int, err error) {
	const header, descriptor = 13, 10
	if len(data) < header {
		return screen, 0, io.ErrUnexpectedEOF
	}
	screen = image.Pt(int(data[6])|int(data[7])<<8, int(data[8])|int(data[9])<<8)
	pos := header + colourTableSize(data[10])
	for pos < len(data) {
		switch data[pos] {
		case 0x21: // extension: label, sub-blocks
			pos += 2
		case 0x2c: // image: descriptor, colour table, code size, sub-blocks
			if pos+descriptor > len(data) {
				return screen, 0, io.ErrUnexpectedEOF
			}
			frames++
			pos += descriptor + colourTableSize(data[pos+9]) + 1
		case 0x3b:
			return screen, frames, nil
		default:
			return screen, 0, errors.New("unknown block")
		}
		for pos < len(data) && data[pos] != 0 {
			pos += 1 + int(data[pos])
		}
		pos++
	}
	return screen, 0, io.ErrUnexpectedEOF
}

// colourTableSize is in bytes, by a packed field.
func colourTableSize(packed byte) int {
	if packed&0x80 == 0 {
		return 0
	}
	return 3 << (packed&7 + 1)
}

func encodeGIF(w io.Writer, p *Picture, _ Options) error {
	first := p.Frames[0].Image.Bounds()
	g := &gif.GIF{LoopCount: p.LoopCount, Config: image.Config{Width: first.Dx(), Height: first.Dy()}}
	// Where frames have holes, each is wiped before the next is drawn; where not,
	// each covers the one before.
	disposal := byte(gif.DisposalNone)
	for _, f := range p.Frames {
		if !opaque(f.Image) {
			disposal = gif.DisposalBackground
		}
	}
	for _, f := range p.Frames {
		g.Image = append(g.Image, paletted(toRGB(to8(f.Image))))
		g.Delay = append(g.Delay, f.Delay)
		g.Disposal = append(g.Disposal, disposal)
	}
	return gif.EncodeAll(w, g)
}

// paletted gives an image of at most 256 colours, one of which may be
// transparent: without loss where that's possible.
func paletted(m image.Image) *image.Paletted {
	switch m := m.(type) {
	case *image.Gray:
		return quantise(drawOpaque(m))
	case *GrayAlpha:
		return quantise(withColour(m))
	}
	return quantise(m.(*image.NRGBA))
}
