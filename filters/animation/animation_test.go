package animation

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"testing"

	"imgpipe/filters/pixel"
)

// TestDisposals draws three patches of one pixel each on a canvas of 3 x 1, and
// compares what is seen.
func TestDisposals(t *testing.T) {
	for _, c := range []struct {
		name  string
		first Disposal
		want  string
	}{
		{"keep", Keep, "a-- ab- abc"},
		{"background", Background, "a-- -b- -bc"},
		{"previous", Previous, "a-- -b- -bc"},
	} {
		canvas := NewCanvas(pixel.Layout{Width: 3, Height: 1, Channels: 2, Depth: 8})
		got := ""
		for i, d := range []Disposal{c.first, Keep, Keep} {
			seen := canvas.Draw(Patch{Image: grayAlpha(1, byte('a'+i), 255), At: image.Pt(i, 0), Disposal: d})
			if i > 0 {
				got += " "
			}
			for x := range 3 {
				if p := seen.(*pixel.GrayAlpha).Pix[2*x:]; p[1] > 0 {
					got += string(rune(p[0]))
				} else {
					got += "-"
				}
			}
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// grayAlpha returns a row of n pixels.
func grayAlpha(n int, gray, alpha byte) *pixel.GrayAlpha {
	m := pixel.NewGrayAlpha(image.Rect(0, 0, n, 1))
	for i := range n {
		m.Pix[2*i], m.Pix[2*i+1] = gray, alpha
	}
	return m
}

// TestPreviousBringsBack: what was under a patch comes back, not what is
// transparent.
func TestPreviousBringsBack(t *testing.T) {
	canvas := NewCanvas(pixel.Layout{Width: 2, Height: 1, Channels: 2, Depth: 8})
	first := canvas.Draw(Patch{Image: grayAlpha(2, 'a', 255)})
	canvas.Draw(Patch{Image: grayAlpha(2, 'b', 255), At: image.Pt(1, 0), Disposal: Previous})
	last := canvas.Draw(Patch{Image: grayAlpha(1, 'a', 255)})
	if !Changed(first, last).Empty() {
		t.Errorf("the canvas is %v, want %v", last, first)
	}
}

func TestSameFrameIsSameImage(t *testing.T) {
	canvas := NewCanvas(pixel.Layout{Width: 2, Height: 1, Channels: 2, Depth: 8})
	first := canvas.Draw(Patch{Image: grayAlpha(2, 'a', 255)})
	if again := canvas.Draw(Patch{Image: grayAlpha(1, 'a', 255), At: image.Pt(1, 0)}); again != first {
		t.Error("nothing changed, but there is a new image")
	}
	if other := canvas.Draw(Patch{Image: grayAlpha(1, 'b', 255)}); other == first {
		t.Error("a change is not seen")
	}
}

// TestOver compares with image/draw, which blends premultiplied colours.
func TestOver(t *testing.T) {
	values := []uint8{0, 1, 60, 128, 254, 255}
	for _, below := range values {
		for _, above := range values {
			s, d := color.NRGBA{200, 10, 90, above}, color.NRGBA{30, 220, 100, below}
			want := image.NewNRGBA(image.Rect(0, 0, 1, 1))
			want.SetNRGBA(0, 0, d)
			draw.Draw(want, want.Rect, image.NewUniform(s), image.Point{}, draw.Over)

			narrow := []byte{d.R, d.G, d.B, d.A}
			over(narrow, []byte{s.R, s.G, s.B, s.A}, 4, 8)
			two, wide := []byte{d.R, d.A}, widen(d.R, d.G, d.B, d.A)
			over(two, []byte{s.R, s.A}, 2, 8)
			over(wide, widen(s.R, s.G, s.B, s.A), 4, 16)
			for i, w := range want.Pix {
				// A dark transparent colour has few levels when it is premultiplied.
				tolerance := 2
				if want.Pix[3] < 64 {
					tolerance = 255 / (1 + int(want.Pix[3]))
				}
				for _, v := range []uint8{narrow[i], wide[2*i]} {
					if diff := int(v) - int(w); diff > tolerance || diff < -tolerance {
						t.Errorf("alpha %d over %d: sample %d is %d, want %d", above, below, i, v, w)
					}
				}
			}
			if !bytes.Equal(two, []byte{narrow[0], narrow[3]}) {
				t.Errorf("alpha %d over %d: gray %v, want %v", above, below, two, narrow)
			}
		}
	}
}

// widen returns samples of 16 bits.
func widen(samples ...uint8) (wide []byte) {
	for _, v := range samples {
		wide = append(wide, v, v)
	}
	return wide
}

func TestChanged(t *testing.T) {
	a := image.NewNRGBA(image.Rect(0, 0, 50, 40))
	for _, want := range []image.Rectangle{{}, image.Rect(0, 0, 1, 1), image.Rect(49, 39, 50, 40), image.Rect(7, 3, 31, 38), a.Rect} {
		b := image.NewNRGBA(a.Rect)
		if !want.Empty() {
			b.Pix[b.PixOffset(want.Min.X, want.Max.Y-1)+3] = 1
			b.Pix[b.PixOffset(want.Max.X-1, want.Min.Y)] = 1
		}
		if got := Changed(a, b); got != want {
			t.Errorf("changed %v, want %v", got, want)
		}
	}
	if got := Changed(a, image.NewGray(a.Rect)); got != a.Rect {
		t.Errorf("another type: changed %v, want all", got)
	}
}
