package pixel_test

import (
	"bytes"
	"image"
	"testing"

	"github.com/disintegration/imaging"

	"imgpipe/filters/internal/imagetest"
	"imgpipe/filters/pixel"
)

// TestOrientKeepsSampling: luma and chroma stay apart where that is possible.
func TestOrientKeepsSampling(t *testing.T) {
	for _, c := range []struct {
		w, h     int
		in, want image.YCbCrSubsampleRatio
		apart    bool
	}{
		{16, 8, image.YCbCrSubsampleRatio420, image.YCbCrSubsampleRatio420, true},
		{16, 8, image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio440, true},
		{16, 8, image.YCbCrSubsampleRatio444, image.YCbCrSubsampleRatio444, true},
		{15, 8, image.YCbCrSubsampleRatio420, 0, false},
		{16, 8, image.YCbCrSubsampleRatio411, 0, false},
	} {
		m := imagetest.Noise(image.NewYCbCr(image.Rect(0, 0, c.w, c.h), c.in))
		got := pixel.Orient(m, 6)
		y, apart := got.(*image.YCbCr)
		if apart != c.apart || apart && y.SubsampleRatio != c.want {
			t.Errorf("%v of %d x %d turned: %T", c.in, c.w, c.h, got)
		}
		if most, psnr := imagetest.Compare(t, pixel.ToRGB(got), pixel.Orient(pixel.ToRGB(m), 6)); psnr < 45 {
			t.Errorf("%v of %d x %d turned: differs by up to %d, PSNR %.1f dB", c.in, c.w, c.h, most, psnr)
		}
	}
}

func TestOrientIsImagings(t *testing.T) {
	m := imagetest.Noise(image.NewNRGBA(image.Rect(0, 0, 5, 3)))
	for o, want := range map[int]func(image.Image) *image.NRGBA{
		2: imaging.FlipH, 3: imaging.Rotate180, 4: imaging.FlipV, 5: imaging.Transpose,
		6: imaging.Rotate270, 7: imaging.Transverse, 8: imaging.Rotate90,
	} {
		got := pixel.Orient(m, o).(*image.NRGBA)
		if w := want(m); got.Rect != w.Rect || !bytes.Equal(got.Pix, w.Pix) {
			t.Errorf("orientation %d: not what imaging makes of it", o)
		}
	}
}
