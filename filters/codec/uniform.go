package codec

import (
	"errors"
	"image"

	"imgpipe/filters/pixel"
)

// A uniform is the layout in which all frames of an animation can be written.
type uniform struct {
	colour, alpha bool
	depth         int
}

func newUniform(p *Picture) uniform {
	u := uniform{depth: 16}
	var last image.Image
	deepGray, deepColour := false, false
	for _, f := range p.Frames {
		if f.Image == last {
			continue
		}
		last = f.Image
		u.alpha = u.alpha || !pixel.Opaque(f.Image)
		switch f.Image.(type) {
		case *image.Gray, *pixel.GrayAlpha:
			u.depth = 8
		case *image.Gray16, *pixel.GrayAlpha16:
			deepGray = true
		case *image.NRGBA64:
			u.colour, deepColour = true, true
		default:
			u.colour, u.depth = true, 8
		}
	}
	if deepGray && deepColour {
		u.depth = 8
	}
	return u
}

// channels returns the samples of a pixel in the file.
func (u uniform) channels() int {
	n := 1
	if u.colour {
		n = 3
	}
	if u.alpha {
		n++
	}
	return n
}

// bytes returns the bytes of a pixel in memory, where there is always alpha.
func (u uniform) bytes() int { return (u.channels() + 1) / 2 * 2 * u.depth / 8 }

// frame converts an image to the layout, with alpha. All images must have one size.
func (u uniform) frame(m image.Image, size image.Point) (image.Image, error) {
	if m.Bounds().Size() != size {
		return nil, errDifferentSizes
	}
	switch {
	case u.depth == 16:
	case u.colour:
		m = pixel.ToNRGBA(m)
	default:
		m = pixel.To8(m)
	}
	return pixel.WithAlpha(m), nil
}

// rows returns a function that returns row y of a rectangle of a frame, as it is
// written. The row is valid until the next call.
func (u uniform) rows(m image.Image, r image.Rectangle) func(y int) []byte {
	from := pixel.StorageOf(m)
	size, n := from.PixelBytes(), u.channels()*u.depth/8
	packed := make([]byte, n*r.Dx())
	return func(y int) []byte {
		src := from.Row(r.Min.Y+y, r.Max.X)[r.Min.X*size:]
		if n == size {
			return src
		}
		for i, j := 0, 0; j < len(packed); i, j = i+size, j+n {
			copy(packed[j:j+n], src[i:])
		}
		return packed
	}
}

var errDifferentSizes = errors.New("frames of different sizes don't fit into an animation")
