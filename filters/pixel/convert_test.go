package pixel_test

import (
	"bytes"
	"image"
	"image/color"
	"testing"

	"imgpipe/filters/internal/imagetest"
	"imgpipe/filters/pixel"
)

// TestCMYKIsGos compares with the standard library, which rounds at another step.
func TestCMYKIsGos(t *testing.T) {
	for i := range 1 << 16 {
		c, m, y, k := uint8(i), uint8(i>>3)*5, uint8(i>>6), uint8(i>>8)
		r, g, b := pixel.CMYKToRGB(c, m, y, k)
		wantR, wantG, wantB := color.CMYKToRGB(c, m, y, k)
		for _, pair := range [][2]uint8{{r, wantR}, {g, wantG}, {b, wantB}} {
			if d := int(pair[0]) - int(pair[1]); d < -1 || d > 1 {
				t.Fatalf("CMYK %d %d %d %d is RGB %d %d %d, want %d %d %d", c, m, y, k, r, g, b, wantR, wantG, wantB)
			}
		}
		row := []uint8{c, c, m, m, y, y, k, k} // the same values in 16 bits
		pixel.CMYKRowToRGB(row, 16)
		for j, v := range []uint8{r, g, b} {
			if d := int(row[2*j]) - int(v); d < -1 || d > 1 {
				t.Fatalf("CMYK %d %d %d %d is RGB % x in 16 bits, want %d %d %d", c, m, y, k, row, r, g, b)
			}
		}
	}
}

// TestUnpremultiplyIsGos compares with the standard library, which rounds at another
// step.
func TestUnpremultiplyIsGos(t *testing.T) {
	for a := range 256 {
		for v := range a + 1 {
			row := []uint8{uint8(v), uint8(v), uint8(v), uint8(a)}
			pixel.Unpremultiply(row, 4, 8)
			want := color.NRGBAModel.Convert(color.RGBA{uint8(v), uint8(v), uint8(v), uint8(a)}).(color.NRGBA)
			if d := int(row[0]) - int(want.R); d < -1 || d > 1 || row[1] != row[0] || row[2] != row[0] || row[3] != uint8(a) {
				t.Fatalf("%d with alpha %d is %d, want about %d", v, a, row, want.R)
			}
		}
	}
}

// TestFlattenIsOver compares with the plain formula of Porter and Duff's "over".
func TestFlattenIsOver(t *testing.T) {
	for name, m := range imagetest.EveryType(9, 5) {
		got := pixel.Flatten(m)
		if !pixel.Opaque(got) {
			t.Errorf("%s: the result is not opaque", name)
		}
		if _, ok := m.(*image.YCbCr); ok {
			continue
		}
		for y := range 5 {
			for x := range 9 {
				r, g, b, a := m.At(x, y).RGBA() // premultiplied
				gotR, gotG, gotB, _ := got.At(x, y).RGBA()
				for _, pair := range [][2]uint32{{gotR, r}, {gotG, g}, {gotB, b}} {
					const step = 257 // of 8 bits
					if d := int(pair[0]) - int(pair[1]+0xffff-a); d < -step || d > step {
						t.Fatalf("%s: pixel %d,%d is %v on white, and was %v", name, x, y, got.At(x, y), m.At(x, y))
					}
				}
			}
		}
	}
}

// TestRowsLeaveOutOpaqueAlpha: rows read again are the image.
func TestRowsLeaveOutOpaqueAlpha(t *testing.T) {
	for name, m := range imagetest.EveryType(9, 5) {
		rows := pixel.RowsOf(m)
		if pixel.Opaque(m) != (rows.Channels%2 == 1) {
			t.Errorf("%s: %d channels", name, rows.Channels)
		}
		y := 0
		again, err := rows.Read(func(row []byte) error {
			copy(row, rows.Row(y))
			y++
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := pixel.RasterOf(again).Pix, pixel.RasterOf(pixel.ToRGB(m)).Pix; !bytes.Equal(got, want) {
			t.Errorf("%s: the rows are % x..., want % x...", name, got[:8], want[:8])
		}
	}
}
