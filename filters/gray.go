package filters

import (
	"image"

	"imgpipe/filters/codec"
	"imgpipe/filters/pixel"
)

// Gray makes a picture gray: BT.601 luma of the gamma-encoded values, which is
// a JPEG's Y component and Go's color.Gray. The result has one channel, and alpha
// only where some pixel is not opaque.
type Gray struct{}

// Apply makes p gray.
func (Gray) Apply(p *codec.Picture, l codec.Limits) error {
	need := int64(0)
	for _, f := range p.Frames {
		b := f.Image.Bounds()
		need += int64(b.Dx()) * int64(b.Dy()) * pixel.BytesPerPixel(f.Image) * 5 / 4 // with the gray beside it
	}
	if err := l.CheckMemory(need); err != nil {
		return err
	}
	var source, gray image.Image // of the last frame: an animation's frames may share an image
	for i := range p.Frames {
		f := &p.Frames[i]
		if f.Image != source {
			source, gray = f.Image, pixel.ToGray(f.Image)
		}
		f.Image = gray
	}
	return nil
}
