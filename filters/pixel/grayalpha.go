package pixel

import (
	"image"
	"image/color"
)

// A GrayAlpha is an image of 8-bit gray values, each followed by its alpha, not
// premultiplied. The standard library has no such image.
type GrayAlpha struct {
	Pix    []uint8 // gray, alpha, gray, alpha, …
	Stride int     // bytes from one row to the next
	Rect   image.Rectangle
}

// NewGrayAlpha returns a transparent GrayAlpha of the given bounds.
func NewGrayAlpha(r image.Rectangle) *GrayAlpha {
	return &GrayAlpha{make([]uint8, 2*r.Dx()*r.Dy()), 2 * r.Dx(), r}
}

// ColorModel returns color.NRGBAModel.
func (p *GrayAlpha) ColorModel() color.Model { return color.NRGBAModel }

// Bounds returns p.Rect.
func (p *GrayAlpha) Bounds() image.Rectangle { return p.Rect }

// At returns the pixel at (x, y) as a color.NRGBA.
func (p *GrayAlpha) At(x, y int) color.Color {
	if !(image.Point{X: x, Y: y}).In(p.Rect) {
		return color.NRGBA{}
	}
	i := (y-p.Rect.Min.Y)*p.Stride + (x-p.Rect.Min.X)*2
	v := p.Pix[i]
	return color.NRGBA{v, v, v, p.Pix[i+1]}
}

// A GrayAlpha16 is a GrayAlpha with big-endian values of 16 bits.
type GrayAlpha16 struct {
	Pix    []uint8 // gray (2 bytes), alpha (2 bytes), …
	Stride int     // bytes from one row to the next
	Rect   image.Rectangle
}

// NewGrayAlpha16 returns a transparent GrayAlpha16 of the given bounds.
func NewGrayAlpha16(r image.Rectangle) *GrayAlpha16 {
	return &GrayAlpha16{make([]uint8, 4*r.Dx()*r.Dy()), 4 * r.Dx(), r}
}

// ColorModel returns color.NRGBA64Model.
func (p *GrayAlpha16) ColorModel() color.Model { return color.NRGBA64Model }

// Bounds returns p.Rect.
func (p *GrayAlpha16) Bounds() image.Rectangle { return p.Rect }

// At returns the pixel at (x, y) as a color.NRGBA64.
func (p *GrayAlpha16) At(x, y int) color.Color {
	if !(image.Point{X: x, Y: y}).In(p.Rect) {
		return color.NRGBA64{}
	}
	i := (y-p.Rect.Min.Y)*p.Stride + (x-p.Rect.Min.X)*4
	v := uint16(p.Pix[i])<<8 | uint16(p.Pix[i+1])
	return color.NRGBA64{v, v, v, uint16(p.Pix[i+2])<<8 | uint16(p.Pix[i+3])}
}

// WithAlpha converts gray to gray and alpha, which is opaque. An image that has alpha
// is returned as it is.
func WithAlpha(m image.Image) image.Image {
	from := StorageOf(m)
	if from.Samples != 1 {
		return m
	}
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	out := Layout{Width: w, Height: h, Channels: 2, Depth: from.Depth}.NewImage()
	to, size := StorageOf(out), from.Depth/8
	for y := range h {
		src, dst := from.Row(y, w), to.Row(y, w)
		for i := 0; i < len(src); i += size {
			copy(dst[2*i:], src[i:i+size])
			for k := range size {
				dst[2*i+size+k] = 0xff
			}
		}
	}
	return out
}
