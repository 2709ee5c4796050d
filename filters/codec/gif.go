package codec

import (
	"errors"
	"image"
	"image/color"
	"time"

	"imgpipe/filters/animation"
	"imgpipe/filters/gif"
	"imgpipe/filters/pixel"
)

var gifFormat = format{
	name:    GIF,
	endings: []string{"gif"},
	magic:   []string{"GIF87a", "GIF89a"},
	maxSide: 65535,
	frames:  animationsAndPages,
	decode:  decodeGIF,
	encode:  encodeGIF,
	end:     endOfGIF,
	kind:    gifErrorKind,
}

// gifErrorKind returns the kind of an error of package gif, whose text names the format;
// nil for any other error.
func gifErrorKind(err error) error {
	switch {
	case errors.Is(err, gif.ErrTruncated):
		return ErrTruncated
	case errors.Is(err, gif.ErrCorrupt):
		return ErrCorrupt
	}
	return nil
}

// gifTick is the unit of a GIF's delays.
const gifTick = 10 * time.Millisecond

// decodeGIF makes each frame of an animation what is seen of it, on top of the
// frames before it.
func decodeGIF(data []byte, o DecodeOptions) (*Picture, error) {
	r, err := gif.NewReader(data, gif.ReaderOptions{Tolerate: o.Tolerate, MaxFrames: o.Limits.frames()})
	if err != nil {
		return nil, err
	}
	g := r.File()
	if err := checkGIF(g, o.Limits); err != nil {
		return nil, err
	}
	if screen := image.Rect(0, 0, g.Width, g.Height); len(g.Frames) == 1 && g.Frames[0].Rect == screen {
		return stillGIF(r, screen)
	}
	p := &Picture{Plays: g.Plays}
	canvas := animation.NewCanvas(pixel.Layout{Width: g.Width, Height: g.Height, Channels: 4, Depth: 8})
	visible := &image.NRGBA{} // its memory is used for all frames
	for i := range g.Frames {
		f := &g.Frames[i]
		indices, err := r.Indices(i)
		if err != nil {
			return nil, err
		}
		drawIndices(visible, f, indices, image.Pt(g.Width, g.Height))
		seen := canvas.Draw(animation.Patch{Image: visible, At: f.Rect.Min, Over: true, Disposal: gifDisposal(f.Disposal)})
		p.Frames = append(p.Frames, Frame{Image: seen, Delay: time.Duration(f.Delay) * gifTick})
	}
	return p, nil
}

// gifDisposal returns package animation's name of a disposal.
func gifDisposal(d gif.Disposal) animation.Disposal {
	switch d {
	case gif.Background:
		return animation.Background
	case gif.Previous:
		return animation.Previous
	}
	return animation.Keep
}

// checkGIF checks the limits by what is known before pixels are unpacked.
func checkGIF(g *gif.File, l Limits) error {
	if err := l.CheckFrames(len(g.Frames)); err != nil {
		return err
	}
	const size = 1 + 4 + 4 // of a pixel: its index, its colour, and what a filter makes of it
	if err := l.checkImage(g.Width, g.Height, max(len(g.Frames), 1), size); err != nil {
		return err
	}
	if len(g.Frames) == 0 {
		return errors.New("no frame")
	}
	stored := int64(0)
	for _, f := range g.Frames {
		pixels := int64(f.Rect.Dx()) * int64(f.Rect.Dy())
		if stored += pixels; stored > l.pixels() {
			return beyond(MaxPixels, "frames of more pixels than the limit of %d", l.pixels())
		}
		if err := l.CheckMemory(2 * pixels); err != nil {
			return err
		}
	}
	return nil
}

// stillGIF decodes a picture whose only frame fills the screen.
func stillGIF(r *gif.Reader, screen image.Rectangle) (*Picture, error) {
	indices, err := r.Indices(0)
	if err != nil {
		return nil, err
	}
	m := &image.Paletted{Pix: indices, Stride: screen.Dx(), Rect: screen}
	for _, c := range r.File().Frames[0].Colours() {
		m.Palette = append(m.Palette, color.NRGBA{c[0], c[1], c[2], c[3]})
	}
	return newPicture(m), nil
}

// drawIndices makes m the part of a frame that lies on the screen, in m's memory if
// that is enough.
func drawIndices(m *image.NRGBA, f *gif.Frame, indices []uint8, screen image.Point) {
	size := f.Rect.Intersect(image.Rectangle{Max: screen}).Size()
	if n := 4 * size.X * size.Y; n > cap(m.Pix) {
		m.Pix = make([]uint8, n)
	} else {
		m.Pix = m.Pix[:n]
	}
	m.Stride, m.Rect = 4*size.X, image.Rectangle{Max: size}
	colours := f.Colours()
	for y := range size.Y {
		row := m.Pix[y*m.Stride:][:m.Stride]
		for x, v := range indices[y*f.Rect.Dx():][:size.X] {
			*(*[4]uint8)(row[4*x:]) = colours[v]
		}
	}
}
