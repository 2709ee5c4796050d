package codec

import (
	"image"
	"io"
	"time"

	"imgpipe/filters/animation"
	"imgpipe/filters/pixel"
	"imgpipe/filters/pngrow"
)

// readAPNG reads the animation of a PNG whose header r has read, and checks the
// limits before any pixels are read. It returns nil if there is none.
func readAPNG(data []byte, r *pngrow.Reader, l Limits) (*pngrow.Animation, error) {
	h := r.Header()
	if h.Frames == 0 {
		return nil, nil
	}
	a, err := pngrow.ReadAnimation(data, l.frames())
	if err != nil || len(a.Frames) == 0 || len(a.Frames) == 1 && a.Frames[0].Still {
		return nil, err
	}
	if err := l.CheckFrames(len(a.Frames)); err != nil {
		return nil, err
	}
	size := 2 * canvasLayout(r).ImageBytes() // and what a filter makes of it
	return a, l.checkImage(h.Width, h.Height, len(a.Frames), size)
}

// canvasLayout returns the layout of the frames of an animation: that of the pixels,
// with alpha.
func canvasLayout(r *pngrow.Reader) pixel.Layout {
	h := r.Header()
	return pixel.Layout{Width: h.Width, Height: h.Height, Channels: (r.Channels() + 1) / 2 * 2, Depth: r.Depth()}
}

// apngFrames makes each frame of an animation what is seen of it. The still image
// has been decoded.
func apngFrames(a *pngrow.Animation, still image.Image, l pixel.Layout) ([]Frame, error) {
	canvas := animation.NewCanvas(l)
	var frames []Frame
	var last, shown image.Image // what was seen; the same without an alpha that gray does not need
	for i := range a.Frames {
		f := &a.Frames[i]
		m := still
		if !f.Still {
			var err error
			if m, err = apngImage(a, i); err != nil {
				return nil, err
			}
		}
		disposal := animation.Keep
		switch f.Dispose {
		case pngrow.DisposeBackground:
			disposal = animation.Background
		case pngrow.DisposePrevious:
			disposal = animation.Previous
		}
		seen := canvas.Draw(animation.Patch{Image: pixel.WithAlpha(m), At: f.Rect.Min, Over: f.Over, Disposal: disposal})
		if seen != last {
			last, shown = seen, seen
			if l.Channels == 2 && pixel.Opaque(seen) {
				shown = pixel.Flatten(seen)
			}
		}
		denominator := time.Duration(f.DelayDen)
		if denominator == 0 {
			denominator = 100
		}
		frames = append(frames, Frame{Image: shown, Delay: time.Duration(f.DelayNum) * time.Second / denominator})
	}
	return frames, nil
}

// apngImage decodes the image of frame i.
func apngImage(a *pngrow.Animation, i int) (image.Image, error) {
	r, err := a.FrameReader(i)
	if err != nil {
		return nil, err
	}
	size := a.Frames[i].Rect.Size()
	m, err := pixel.Layout{Width: size.X, Height: size.Y, Channels: r.Channels(), Depth: r.Depth()}.Read(r.ReadRow)
	if err == nil {
		_, err = r.Finish()
	}
	return m, err
}

// encodeAPNG writes the first frame as a still image, and each other one as the
// rectangle that changes.
func encodeAPNG(w io.Writer, p *Picture, o EncodeOptions) error {
	u := newUniform(p)
	size := p.Frames[0].Image.Bounds().Size()
	const images = 3 // a frame, the one before, and what a frame is packed to
	if err := o.Limits.CheckMemory(int64(size.X) * int64(size.Y) * images * int64(u.bytes())); err != nil {
		return err
	}
	frame, err := u.frame(p.Frames[0].Image, size)
	if err != nil {
		return err
	}
	h := pngrow.Header{Width: size.X, Height: size.Y, BitDepth: u.depth, ColourType: pngColours[u.channels()]}
	h.Chunks = chunksBefore(&p.Frames[0], u.channels(), o)
	num, den := fraction(p.Frames[0].Delay)
	e, err := pngrow.NewAnimationWriter(w, h, len(p.Frames), p.Plays, pngrow.FrameControl{DelayNum: num, DelayDen: den})
	if err != nil {
		return err
	}
	row := u.rows(frame, image.Rectangle{Max: size})
	for y := range size.Y {
		if err := e.WriteRow(row(y)); err != nil {
			return err
		}
	}
	for _, f := range p.Frames[1:] {
		next, err := u.frame(f.Image, size)
		if err != nil {
			return err
		}
		c := pngrow.FrameControl{Rect: animation.Changed(frame, next)}
		if c.Rect.Empty() {
			c.Rect = image.Rect(0, 0, 1, 1)
		}
		c.DelayNum, c.DelayDen = fraction(f.Delay)
		if err := e.WriteFrame(c, u.rows(next, c.Rect)); err != nil {
			return err
		}
		frame = next
	}
	return e.Close()
}
