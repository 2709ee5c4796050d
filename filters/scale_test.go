package filters

import (
	"fmt"
	"image"
	"image/color"
	"testing"

	"github.com/disintegration/imaging"

	"imgpipe/filters/codec"
	"imgpipe/filters/internal/imagetest"
)

func TestScaleKeepsTheType(t *testing.T) {
	for name, m := range imagetest.EveryType(33, 130) {
		t.Run(name, func(t *testing.T) {
			p := &codec.Picture{Frames: []codec.Frame{{Image: m}}}
			if err := (Scale{}).Apply(p, codec.Limits{}); err != nil {
				t.Fatal(err)
			}
			got := p.Frames[0].Image
			if fmt.Sprintf("%T", got) != fmt.Sprintf("%T", m) || got.Bounds() != image.Rect(0, 0, 17, 65) {
				t.Errorf("half is a %T with bounds %v, want a %T of 17x65", got, got.Bounds(), m)
			}
		})
	}
}

// TestScaleIsImagings compares 8-bit results with imaging's, for every kernel.
// imaging rounds and clamps between its two passes, which cuts overshoots off.
func TestScaleIsImagings(t *testing.T) {
	for _, in := range []string{"rgb8.png", "alpha8.png"} {
		m := decode(t, imagetest.Input(t, in))
		for _, size := range []Size{{Width: 20, Height: 14, Mode: Stretch}, {Width: 90, Height: 80, Mode: Stretch}} {
			for _, kernel := range Kernels() {
				t.Run(fmt.Sprint(in, size, kernel), func(t *testing.T) {
					p := &codec.Picture{Frames: []codec.Frame{{Image: m}}}
					if err := (Scale{Size: size, Kernel: kernel}).Apply(p, codec.Limits{}); err != nil {
						t.Fatal(err)
					}
					filter, err := kernelByName(kernel)
					if err != nil {
						t.Fatal(err)
					}
					want := imaging.Resize(m, size.Width, size.Height, filter)
					if most, psnr := imagetest.Compare(t, p.Frames[0].Image, want); most > 8 || psnr < 50 {
						t.Errorf("differs by up to %d, PSNR %.1f; want at most 8, at least 50", most, psnr)
					}
				})
			}
		}
	}
}

func TestUnknownKernel(t *testing.T) {
	p := &codec.Picture{Frames: []codec.Frame{{Image: image.NewGray(image.Rect(0, 0, 8, 8))}}}
	if err := (Scale{Kernel: "cubic"}).Apply(p, codec.Limits{}); err == nil {
		t.Error("a kernel without a filter is no error")
	}
}

func TestTransparentPixelsHaveNoColour(t *testing.T) {
	m := image.NewNRGBA(image.Rect(0, 0, 8, 8))
	for i := 0; i < len(m.Pix); i += 4 {
		if i/4%8 < 4 {
			copy(m.Pix[i:], []uint8{200, 100, 50, 255})
		} else {
			copy(m.Pix[i:], []uint8{0, 255, 0, 0}) // a green that is not seen
		}
	}
	p := &codec.Picture{Frames: []codec.Frame{{Image: m}}}
	if err := (Scale{Kernel: "linear"}).Apply(p, codec.Limits{}); err != nil {
		t.Fatal(err)
	}
	for y := range 4 {
		for x := range 4 {
			c := p.Frames[0].Image.At(x, y).(color.NRGBA)
			if c.A > 0 && (c.R != 200 || c.G != 100 || c.B != 50) {
				t.Fatalf("pixel %d,%d is %v: the colour of transparent pixels shows", x, y, c)
			}
		}
	}
}

func TestSizes(t *testing.T) {
	factor := func(s string) Scale {
		f, err := ParseFactor(s)
		if err != nil {
			t.Fatal(err)
		}
		return Scale{Factor: f}
	}
	size := func(s string, mode Mode) Scale {
		z, err := ParseSize(s)
		if err != nil {
			t.Fatal(err)
		}
		z.Mode = mode
		return Scale{Size: z}
	}
	shrinkOnly := func(s Scale) Scale {
		s.NoEnlarge = true
		return s
	}
	for _, c := range []struct {
		name       string
		scale      Scale
		w, h       int
		sideways   bool
		outW, outH int
	}{
		{"half, rounded half up", Scale{}, 101, 75, false, 51, 38},
		{"a quarter, where djpeg has one more", factor("25%"), 501, 377, false, 125, 94},
		{"never below 1", factor("0.01"), 5, 500, false, 1, 5},
		{"a decimal fraction exactly", factor("0.145"), 100, 1000, false, 15, 145},
		{"larger", factor("250%"), 3, 5, false, 8, 13},
		{"fit, the width decides", size("800x600", Fit), 4000, 2000, false, 800, 400},
		{"fit, the height decides", size("800x600", Fit), 2000, 4000, false, 300, 600},
		{"fit, larger", size("800x600", Fit), 100, 100, false, 600, 600},
		{"width alone", size("800x", Fit), 4032, 3024, false, 800, 600},
		{"height alone", size("x600", Fit), 4032, 3024, false, 800, 600},
		{"fill", size("100x100", Fill), 4032, 3024, false, 100, 100},
		{"cover, the width decides", size("800x600", Cover), 2000, 4000, false, 800, 1600},
		{"cover, the height decides", size("800x600", Cover), 4000, 2000, false, 1200, 600},
		{"cover, larger", size("800x600", Cover), 100, 100, false, 800, 800},
		{"cover, sideways", size("80x60", Cover), 4000, 2000, true, 160, 80},
		{"cover by one side", size("80x", Cover), 4000, 2000, false, 80, 40},
		{"cover, no enlarging", shrinkOnly(size("800x600", Cover)), 700, 700, false, 700, 700},
		{"stretch", size("10x1000", Stretch), 4032, 3024, false, 10, 1000},
		{"sideways: the width is the stored height", size("800x", Fit), 4000, 3000, true, 1067, 800},
		{"sideways, fill", size("80x60", Fill), 4000, 3000, true, 60, 80},
		{"no enlarging", shrinkOnly(size("800x600", Fit)), 100, 100, false, 100, 100},
		{"no enlarging, but shrinking", shrinkOnly(size("80x60", Fit)), 100, 100, false, 60, 60},
		{"no enlarging, but cropping", shrinkOnly(size("256x256", Fill)), 300, 200, false, 200, 200},
		{"no enlarging by a factor", shrinkOnly(factor("1.5")), 100, 100, false, 100, 100},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := c.scale.plan(image.Pt(c.w, c.h), c.sideways)
			if p.width != c.outW || p.height != c.outH {
				t.Errorf("%d x %d becomes %d x %d, want %d x %d", c.w, c.h, p.width, p.height, c.outW, c.outH)
			}
		})
	}
}

func TestParseSize(t *testing.T) {
	for _, c := range []struct {
		text string
		want Size
	}{
		{"800x600", Size{Width: 800, Height: 600}},
		{"800X600", Size{Width: 800, Height: 600}},
		{"800x", Size{Width: 800}},
		{"x600", Size{Height: 600}},
		{"800", Size{Width: 800}},
		{"800x600!", Size{800, 600, Stretch}},
		{"800x600^", Size{800, 600, Cover}},
	} {
		if got, err := ParseSize(c.text); err != nil || got != c.want {
			t.Errorf("ParseSize(%q) = %v, %v; want %v", c.text, got, err, c.want)
		}
	}
}

func TestBadSizesAndFactors(t *testing.T) {
	for _, s := range []string{"", "x", "0x10", "10x0", "0", "X", "!", "10%", "10x10>", "10x10^!", "-5x5", "1e3x5", "10x10x10", "99999999999x1"} {
		if got, err := ParseSize(s); err == nil {
			t.Errorf("ParseSize(%q) = %v, want an error", s, got)
		}
	}
	for _, s := range []string{"", "%", "0", "0%", "-1", ".", "1e9", "NaN", "12345678901", "1/2", "50 %"} {
		if got, err := ParseFactor(s); err == nil {
			t.Errorf("ParseFactor(%q) = %v, want an error", s, got)
		}
	}
}

func TestFillCropsTheMiddle(t *testing.T) {
	m := image.NewGray(image.Rect(0, 0, 30, 10))
	for i := range m.Pix {
		if x := i % 30; x >= 10 && x < 20 {
			m.Pix[i] = 255
		}
	}
	p := &codec.Picture{Frames: []codec.Frame{{Image: m}}}
	if err := (Scale{Size: Size{5, 5, Fill}, Kernel: "box"}).Apply(p, codec.Limits{}); err != nil {
		t.Fatal(err)
	}
	for i, v := range p.Frames[0].Image.(*image.Gray).Pix {
		if v != 255 {
			t.Fatalf("pixel %d is %d, want 255: the window isn't in the middle", i, v)
		}
	}
}

// TestSidewaysIsMeasuredAsSeen: for a picture that is stored sideways, a JPEG is
// not decoded to fewer pixels than the size as it is seen needs.
func TestSidewaysIsMeasuredAsSeen(t *testing.T) {
	in := imagetest.Input(t, "sideways.jpg") // stored 501 x 377, seen 377 x 501
	j := openJPEG(t, in)
	for width, want := range map[int]int{377: 8, 188: 8, 100: 5} {
		if got := (Scale{Size: Size{Width: width}}).eighths(j); got != want {
			t.Errorf("to %d pixels it is decoded at %d/8, want %d/8", width, got, want)
		}
	}
}
