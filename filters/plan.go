package filters

import (
	"image"

	"imgpipe/filters/resample"
)

// A plan says which part of an image becomes how many pixels.
type plan struct {
	window        resample.Window
	width, height int
}

// keepSize is the plan that leaves an image as it is.
func keepSize(size image.Point) plan { return wholeTo(size, size) }

// wholeTo is the plan that makes all of an image of the size from into one of
// the size to.
func wholeTo(from, to image.Point) plan {
	return plan{resample.Window{Width: float64(from.X), Height: float64(from.Y)}, to.X, to.Y}
}

// plan returns the plan for an image of the given stored size. Sideways means
// that its width is seen as its height.
func (s Scale) plan(size image.Point, sideways bool) plan {
	scaled := keepSize(size)
	if s.Size == (Size{}) {
		f := s.Factor.orHalf()
		scaled.width, scaled.height = f.scale(size.X), f.scale(size.Y)
	} else {
		wanted := s.Size
		if sideways {
			wanted.Width, wanted.Height = wanted.Height, wanted.Width
		}
		scaled = wanted.plan(size)
	}
	if s.NoEnlarge && (scaled.width > size.X || scaled.height > size.Y) {
		if s.Size.Mode != Fill {
			return keepSize(size)
		}
		// The image is cropped but not enlarged.
		scaled.width, scaled.height = int(scaled.window.Width+0.5), int(scaled.window.Height+0.5)
	}
	return scaled
}

// plan returns the plan for an image of the size from, as it is stored.
func (s Size) plan(from image.Point) plan {
	w, h := int64(from.X), int64(from.Y)
	sw, sh := int64(s.Width), int64(s.Height)
	p := keepSize(from)
	switch {
	case s.Mode == Stretch && sw*sh != 0:
		p.width, p.height = s.Width, s.Height
	case s.Mode == Fill && sw*sh != 0:
		p.width, p.height = s.Width, s.Height
		if sw*h > sh*w { // the size is wider than the image: crop above and below
			p.window.Height = float64(w) * float64(sh) / float64(sw)
			p.window.Y = (float64(h) - p.window.Height) / 2
		} else {
			p.window.Width = float64(h) * float64(sw) / float64(sh)
			p.window.X = (float64(w) - p.window.Width) / 2
		}
	case sh == 0 || sw != 0 && (sw*h <= sh*w) != (s.Mode == Cover): // the width decides
		p.width, p.height = s.Width, int(roundedQuotient(h*sw, w))
	default:
		p.width, p.height = int(roundedQuotient(w*sh, h)), s.Height
	}
	return p
}

// reduced returns the plan for an image that was decoded at eighths / 8 of its
// size. The last column and row of such an image may lie partly outside of the
// window.
func (p plan) reduced(eighths int) plan {
	f := float64(eighths) / 8
	p.window = resample.Window{X: p.window.X * f, Y: p.window.Y * f, Width: p.window.Width * f, Height: p.window.Height * f}
	return p
}
