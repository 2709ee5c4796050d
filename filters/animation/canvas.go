// Package animation composes the frames of animations, and finds what changes
// from one frame to the next. It knows no file format.
package animation

import (
	"image"

	"imgpipe/filters/pixel"
)

// A Disposal says what becomes of a patch before the next one is drawn.
type Disposal int

// The disposals.
const (
	Keep       Disposal = iota
	Background          // the patch's rectangle becomes transparent
	Previous            // what was there before the patch comes back
)

// A Patch is what a file stores of a frame.
type Patch struct {
	Image    image.Image // of the canvas's layout
	At       image.Point // of the patch's upper left corner on the canvas, beyond which it may reach
	Over     bool        // the patch is blended with the canvas; if not, it replaces what is there
	Disposal Disposal
}

// A Canvas is what is seen of an animation.
type Canvas struct {
	image  image.Image
	raster pixel.Raster
	frame  image.Image // as Draw returned it last

	disposal Disposal // of the last patch
	rect     image.Rectangle
	saved    []byte // what was in rect, if disposal is Previous
}

// NewCanvas returns a transparent canvas. The layout must have alpha: 2 or 4
// channels.
func NewCanvas(l pixel.Layout) *Canvas {
	m := l.NewImage()
	return &Canvas{image: m, raster: pixel.StorageOf(m)}
}

// Draw draws a patch and returns what is seen then, an image of the canvas's
// layout that must not be changed. It is the same image as the last one if nothing
// has changed.
func (c *Canvas) Draw(p Patch) image.Image {
	c.dispose()
	c.rect = p.Image.Bounds().Sub(p.Image.Bounds().Min).Add(p.At).Intersect(c.image.Bounds())
	c.disposal = p.Disposal
	if p.Disposal == Previous {
		c.saved = c.saved[:0]
		c.eachRow(func(row []byte) { c.saved = append(c.saved, row...) })
	}
	from := pixel.StorageOf(p.Image)
	y, size := c.rect.Min.Y-p.At.Y, from.PixelBytes()
	c.eachRow(func(row []byte) {
		src := from.Row(y, p.Image.Bounds().Dx())[(c.rect.Min.X-p.At.X)*size:][:len(row)]
		if y++; p.Over {
			over(row, src, from.Samples, from.Depth)
		} else {
			copy(row, src)
		}
	})
	if c.frame == nil || !Changed(c.frame, c.image).Empty() {
		size := c.image.Bounds().Size()
		copied, to := c.raster.New(size.X, size.Y)
		copy(to.Pix, c.raster.Pix)
		c.frame = copied
	}
	return c.frame
}

// dispose does what the last patch asked for.
func (c *Canvas) dispose() {
	switch c.disposal {
	case Background:
		c.eachRow(func(row []byte) { clear(row) })
	case Previous:
		saved := c.saved
		c.eachRow(func(row []byte) { saved = saved[copy(row, saved):] })
	}
}

// eachRow calls f for the part of each row that is in rect, from top to bottom.
func (c *Canvas) eachRow(f func(row []byte)) {
	size := c.raster.PixelBytes()
	for y := c.rect.Min.Y; y < c.rect.Max.Y; y++ {
		f(c.raster.Row(y, c.rect.Max.X)[c.rect.Min.X*size:])
	}
}
