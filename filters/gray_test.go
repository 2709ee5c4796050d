package filters

import (
	"fmt"
	"image"
	"image/color"
	"testing"

	"imgpipe/filters/codec"
	"imgpipe/filters/internal/imagetest"
)

func TestGrayIsGosColorGray(t *testing.T) {
	for name, m := range imagetest.EveryType(33, 130) {
		t.Run(name, func(t *testing.T) {
			p := &codec.Picture{Frames: []codec.Frame{{Image: m}}}
			if err := (Gray{}).Apply(p, codec.Limits{}); err != nil {
				t.Fatal(err)
			}
			got := p.Frames[0].Image
			for y := range 130 {
				for x := range 33 {
					want, alpha := grayOf(m.At(x, y))
					v, a := grayOf(got.At(x, y))
					if v != want || a != alpha {
						t.Fatalf("pixel %d,%d is %d with alpha %d, want %d with %d", x, y, v, a, want, alpha)
					}
				}
			}
			switch got.(type) {
			case *image.NRGBA, *image.NRGBA64, *image.YCbCr:
				t.Errorf("a %T is not gray", got)
			}
		})
	}
}

// grayOf returns BT.601 luma and alpha in the colour's own depth; luma is not
// premultiplied.
func grayOf(c color.Color) (v, alpha uint32) {
	switch c := c.(type) {
	case color.YCbCr:
		return uint32(c.Y), 255
	case color.NRGBA:
		g := color.GrayModel.Convert(color.NRGBA{c.R, c.G, c.B, 255}).(color.Gray)
		return uint32(g.Y), uint32(c.A)
	case color.NRGBA64:
		g := color.Gray16Model.Convert(color.NRGBA64{c.R, c.G, c.B, 65535}).(color.Gray16)
		return uint32(g.Y), uint32(c.A)
	case color.Gray:
		return uint32(c.Y), 255
	case color.Gray16:
		return uint32(c.Y), 65535
	}
	panic(fmt.Sprintf("%T", c))
}
