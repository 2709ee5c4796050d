package filters

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"io"
)

func decodeGIF(data []byte, l Limits) (*Picture, error) {
	data, screen, frames, err := gifWalk(data)
	if err != nil {
		return nil, err
	}
	// Of each frame there are its indices, its pixels, and what a filter makes of
	// them.
	if err := l.checkFrames(frames); err != nil {
		return nil, err
	}
	if err := l.admit(screen.X, screen.Y, max(frames, 1), 1+4+4); err != nil {
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

// gifWalk walks the blocks of a GIF without unpacking any (GIF89a, appendix B):
// the size of the logical screen, and how many frames there are. A file of a
// few bytes can claim much of both. It returns the file without all that isn't
// needed, so that the decoder sees just the frames that were counted.
func gifWalk(data []byte) (plain []byte, screen image.Point, frames int, err error) {
	const header, descriptor = 13, 10
	fail := func(err error) ([]byte, image.Point, int, error) { return nil, image.Point{}, 0, err }
	if len(data) < header {
		return fail(io.ErrUnexpectedEOF)
	}
	screen = image.Pt(int(data[6])|int(data[7])<<8, int(data[8])|int(data[9])<<8)
	pos := header + colourTableSize(data[10])
	if pos > len(data) {
		return fail(io.ErrUnexpectedEOF)
	}
	plain = append(make([]byte, 0, len(data)), data[:pos]...)
	for pos < len(data) {
		begin, wanted := pos, true
		switch data[pos] {
		case 0x21: // extension: label, sub-blocks
			// Of timing and loops, as they have to be, and of nothing else.
			wanted = bytes.HasPrefix(data[pos:], []byte("\x21\xf9\x04")) || bytes.HasPrefix(data[pos:], []byte("\x21\xff\x0bNETSCAPE2.0\x03"))
			pos += 2
		case 0x2c: // image: descriptor, colour table, code size, sub-blocks
			if pos+descriptor > len(data) {
				return fail(io.ErrUnexpectedEOF)
			}
			frames++
			pos += descriptor + colourTableSize(data[pos+9]) + 1
		case 0x3b:
			return append(plain, 0x3b), screen, frames, nil
		default:
			return fail(errors.New("unknown block"))
		}
		for pos < len(data) && data[pos] != 0 {
			pos += 1 + int(data[pos])
		}
		pos++
		if wanted {
			plain = append(plain, data[begin:min(pos, len(data))]...)
		}
	}
	return fail(io.ErrUnexpectedEOF)
}

// colourTableSize is in bytes, by a packed field.
func colourTableSize(packed byte) int {
	if packed&0x80 == 0 {
		return 0
	}
	return 3 << (packed&7 + 1)
}

func encodeGIF(w io.Writer, p *Picture, o Options) error {
	need, colours := int64(0), int64(0)
	for _, f := range p.Frames {
		pixels := int64(f.Image.Bounds().Dx()) * int64(f.Image.Bounds().Dy())
		need += pixels * (pixelSize(f.Image) + 1)
		if pixelSize(f.Image) > 2 { // not gray
			colours = max(colours, min(pixels, 1<<24))
		}
	}
	if err := o.Limits.allow(need + colourCost*colours); err != nil {
		return err
	}
	g := &gif.GIF{LoopCount: p.LoopCount}
	for _, f := range p.Frames { // a TIFF's pages may differ
		g.Config.Width = max(g.Config.Width, f.Image.Bounds().Dx())
		g.Config.Height = max(g.Config.Height, f.Image.Bounds().Dy())
	}
	// Where frames have holes, each is wiped before the next is drawn; where not,
	// each covers the one before.
	disposal := byte(gif.DisposalNone)
	for _, f := range p.Frames {
		if !opaque(f.Image) {
			disposal = gif.DisposalBackground
		}
	}
	for _, f := range p.Frames {
		m := paletted(toRGB(to8(f.Image)))
		if _, _, _, a := m.Palette[len(m.Palette)-1].RGBA(); disposal == gif.DisposalBackground && a > 0 && len(m.Palette) < 256 {
			// Some viewers wipe to a colour where a frame has no transparent one.
			m.Palette = append(m.Palette, color.NRGBA{})
		}
		g.Image = append(g.Image, m)
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
