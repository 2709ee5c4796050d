package codec

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"io"

	"imgpipe/filters/pixel"
)

var gifFormat = format{
	name:    GIF,
	magic:   []string{"GIF87a", "GIF89a"},
	maxSide: 65535,
	frames:  true,
	decode:  decodeGIF,
	encode:  encodeGIF,
	end:     endOfGIF,
}

// Blocks of a GIF (GIF89a, appendix A).
const (
	gifHeader     = 13 // bytes of header and logical screen descriptor
	gifDescriptor = 10 // bytes of an image descriptor
	gifExtension  = 0x21
	gifImage      = 0x2c
	gifTrailer    = 0x3b
)

func decodeGIF(data []byte, o DecodeOptions) (*Picture, error) {
	l := o.Limits
	data, screen, frames, err := scanGIF(data)
	if err != nil {
		return nil, err
	}
	if err := l.CheckFrames(frames); err != nil {
		return nil, err
	}
	const size = 1 + 4 + 4 // of a pixel: its index, its colour, and what a filter makes of it
	if err := l.checkImage(screen.X, screen.Y, max(frames, 1), size); err != nil {
		return nil, err
	}
	r := &endReader{r: bytes.NewReader(data)}
	g, err := gif.DecodeAll(r)
	if err != nil {
		return nil, r.explain(err)
	}
	if whole := (image.Rectangle{Max: screen}); frames == 1 && g.Image[0].Rect == whole {
		return newPicture(g.Image[0]), nil
	}
	return composeFrames(g, screen), nil
}

// composeFrames makes each frame of an animation what is seen of it, on top of
// the frames before it.
func composeFrames(g *gif.GIF, screen image.Point) *Picture {
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
	return p
}

func cloneNRGBA(m *image.NRGBA) *image.NRGBA {
	return &image.NRGBA{Pix: bytes.Clone(m.Pix), Stride: m.Stride, Rect: m.Rect}
}

// scanGIF walks the blocks of a GIF without decompressing any (GIF89a, appendix
// B). It returns the size of the logical screen and the number of frames: a file
// of a few bytes can claim much of both. It also returns the file without the
// blocks that the decoder does not need, so that the decoder finds no other
// frames than those that were counted.
func scanGIF(data []byte) (plain []byte, screen image.Point, frames int, err error) {
	fail := func(err error) ([]byte, image.Point, int, error) { return nil, image.Point{}, 0, err }
	if len(data) < gifHeader {
		return fail(io.ErrUnexpectedEOF)
	}
	screen = image.Pt(int(data[6])|int(data[7])<<8, int(data[8])|int(data[9])<<8)
	pos := gifHeader + colourTableBytes(data[10])
	if pos > len(data) {
		return fail(io.ErrUnexpectedEOF)
	}
	plain = append(make([]byte, 0, len(data)), data[:pos]...)
	for pos < len(data) {
		begin, needed := pos, true
		switch data[pos] {
		case gifExtension: // label, sub-blocks
			// Well-formed extensions with timing or loops, and no others.
			needed = bytes.HasPrefix(data[pos:], []byte("\x21\xf9\x04")) || bytes.HasPrefix(data[pos:], []byte("\x21\xff\x0bNETSCAPE2.0\x03"))
			pos += 2
		case gifImage: // descriptor, colour table, code size, sub-blocks
			if pos+gifDescriptor > len(data) {
				return fail(io.ErrUnexpectedEOF)
			}
			frames++
			pos += gifDescriptor + colourTableBytes(data[pos+9]) + 1
		case gifTrailer:
			return append(plain, gifTrailer), screen, frames, nil
		default:
			return fail(errors.New("unknown block"))
		}
		for pos < len(data) && data[pos] != 0 {
			pos += 1 + int(data[pos])
		}
		pos++
		if needed {
			plain = append(plain, data[begin:min(pos, len(data))]...)
		}
	}
	return fail(io.ErrUnexpectedEOF)
}

// colourTableBytes returns the length of a colour table by a descriptor's packed
// field.
func colourTableBytes(packed byte) int {
	if packed&0x80 == 0 {
		return 0
	}
	return 3 << (packed&7 + 1)
}

// An endReader notices when more is read than there is, for decoders whose
// errors do not say it.
type endReader struct {
	r      *bytes.Reader
	ranOut bool
}

func (r *endReader) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	r.ranOut = r.ranOut || err == io.EOF
	return n, err
}

func (r *endReader) ReadByte() (byte, error) {
	b, err := r.r.ReadByte()
	r.ranOut = r.ranOut || err == io.EOF
	return b, err
}

// explain returns io.ErrUnexpectedEOF for an error of a decoder that has run out
// of data.
func (r *endReader) explain(err error) error {
	if r.ranOut {
		return io.ErrUnexpectedEOF
	}
	return err
}

func encodeGIF(w io.Writer, p *Picture, o EncodeOptions) error {
	need, colours := int64(0), int64(0)
	for _, f := range p.Frames {
		size := pixel.BytesPerPixel(f.Image)
		pixels := int64(f.Image.Bounds().Dx()) * int64(f.Image.Bounds().Dy())
		need += pixels * (size + 1)
		if size > 2 { // not gray
			colours = max(colours, min(pixels, 1<<24))
		}
	}
	if err := o.Limits.CheckMemory(need + pixel.QuantiseCost*colours); err != nil {
		return err
	}
	g := &gif.GIF{LoopCount: p.LoopCount}
	for _, f := range p.Frames { // the pages of a TIFF may differ in size
		g.Config.Width = max(g.Config.Width, f.Image.Bounds().Dx())
		g.Config.Height = max(g.Config.Height, f.Image.Bounds().Dy())
	}
	// Where frames have holes, each frame is wiped before the next is drawn. Where
	// not, each frame covers the frame before.
	disposal := byte(gif.DisposalNone)
	for _, f := range p.Frames {
		if !pixel.Opaque(f.Image) {
			disposal = gif.DisposalBackground
		}
	}
	for _, f := range p.Frames {
		m := pixel.Quantise(pixel.ToNRGBA(f.Image))
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
