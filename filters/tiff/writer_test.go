package tiff

import (
	"image"
	"testing"

	"imgpipe/filters/meta"
	"imgpipe/filters/pixel"
)

// TestPackedGray: gray takes the fewest bits that hold it, and comes back as it was.
// Black and white is fax where that is smaller.
func TestPackedGray(t *testing.T) {
	dots := picture(pixel.Layout{Width: 61, Height: 41, Channels: 1, Depth: 8}).(*image.Gray)
	lines := image.NewGray(image.Rect(0, 0, 3000, 41)) // with runs of more than 2560 pixels
	for i := range lines.Pix {
		if x, y := i%3000, i/3000; x < 2700+y%5 && x > 3*y%7 {
			lines.Pix[i] = 255
		}
	}
	levels := func(n uint8) *image.Gray {
		m := image.NewGray(dots.Rect)
		for i, v := range dots.Pix {
			m.Pix[i] = v / (255/n + 1) * (255 / (n - 1))
		}
		return m
	}
	for _, c := range []struct {
		name              string
		m                 *image.Gray
		bits, compression int
	}{
		{"lines", lines, 1, compressionGroup4},
		{"black", image.NewGray(image.Rect(0, 0, 1, 1)), 1, compressionGroup4},
		{"dots", levels(2), 1, compressionDeflate},
		{"4 levels", levels(4), 2, compressionDeflate},
		{"16 levels", levels(16), 4, compressionDeflate},
		{"256 levels", dots, 8, compressionDeflate},
	} {
		data := written(t, c.m)
		d := meta.TIFF(data)
		for e := range d.Entries(d.FirstIFD()) {
			if e.Tag() == tagBitsPerSample && e.Int() != c.bits || e.Tag() == tagCompression && e.Int() != c.compression {
				t.Errorf("%s: tag %d is %d", c.name, e.Tag(), e.Int())
			}
		}
		got, err := decode(data)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		} else if !same(got, c.m) {
			t.Errorf("%s: other pixels", c.name)
		}
	}
}
