package pixel

import (
	"fmt"
	"image"
	"testing"
)

func TestOpaqueSeesEveryPixel(t *testing.T) {
	r := image.Rect(0, 0, 21, 2)
	gray, gray16, nrgba, nrgba64 := NewGrayAlpha(r), NewGrayAlpha16(r), image.NewNRGBA(r), image.NewNRGBA64(r)
	for _, c := range []struct {
		m       image.Image
		pix     []uint8
		size, n int // bytes of a pixel, and of its alpha
	}{{gray, gray.Pix, 2, 1}, {gray16, gray16.Pix, 4, 2}, {nrgba, nrgba.Pix, 4, 1}, {nrgba64, nrgba64.Pix, 8, 2}} {
		t.Run(fmt.Sprintf("%T", c.m), func(t *testing.T) {
			for i := range c.pix {
				if i%c.size >= c.size-c.n {
					c.pix[i] = 0xff
				}
			}
			if !Opaque(c.m) {
				t.Error("not opaque, though every alpha is 0xff")
			}
			for i := range c.pix {
				if i%c.size < c.size-c.n {
					continue
				}
				c.pix[i] = 0xfe
				if Opaque(c.m) {
					t.Errorf("opaque, though byte %d is 0xfe", i)
				}
				c.pix[i] = 0xff
			}
		})
	}
}
