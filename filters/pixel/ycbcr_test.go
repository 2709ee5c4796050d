package pixel

import (
	"image"
	"image/color"
	"testing"
)

// TestColoursAreGos compares the conversions with those of the standard library,
// which round at another step.
func TestColoursAreGos(t *testing.T) {
	near := func(a, b uint8) bool { return max(a, b)-min(a, b) <= 1 }
	for i := range 1 << 18 {
		y, cb, cr := uint8(i), uint8(i>>8)*7, uint8(i>>10)
		r, g, b := YCbCrToRGB(int32(y), int32(cb), int32(cr))
		wantR, wantG, wantB := color.YCbCrToRGB(y, cb, cr)
		if !near(r, wantR) || !near(g, wantG) || !near(b, wantB) {
			t.Fatalf("YCbCr %d %d %d is RGB %d %d %d, want %d %d %d", y, cb, cr, r, g, b, wantR, wantG, wantB)
		}
	}
	m := image.NewNRGBA(image.Rect(0, 0, 3, 3))
	for i := range 1 << 12 {
		c := color.NRGBA{uint8(i), uint8(i >> 2), uint8(i >> 4), 255}
		for j := range 9 {
			m.SetNRGBA(j%3, j/3, c)
		}
		got := ToYCbCr(m, image.YCbCrSubsampleRatio420).YCbCrAt(2, 2)
		y, cb, cr := color.RGBToYCbCr(c.R, c.G, c.B)
		if !near(got.Y, y) || !near(got.Cb, cb) || !near(got.Cr, cr) {
			t.Fatalf("%v is YCbCr %v, want %d %d %d", c, got, y, cb, cr)
		}
	}
}
