package filters

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/disintegration/imaging"

	"imgpipe/filters/jpegdct"
)

// noise is a picture of random pixels of one of a Frame's types.
func noise(m image.Image) image.Image {
	fill := func(pix []uint8) {
		for i := range pix {
			pix[i] = uint8(rand.IntN(256))
		}
	}
	switch m := m.(type) {
	case *image.Gray:
		fill(m.Pix)
	case *image.Gray16:
		fill(m.Pix)
	case *GrayAlpha:
		fill(m.Pix)
	case *GrayAlpha16:
		fill(m.Pix)
	case *image.NRGBA:
		fill(m.Pix)
	case *image.NRGBA64:
		fill(m.Pix)
	case *image.YCbCr:
		fill(m.Y)
		fill(m.Cb)
		fill(m.Cr)
	}
	return m
}

// everyType is one image of each type that a Frame may have.
func everyType(w, h int) map[string]image.Image {
	r := image.Rect(0, 0, w, h)
	opaque := noise(image.NewNRGBA(r)).(*image.NRGBA)
	for i := 3; i < len(opaque.Pix); i += 4 {
		opaque.Pix[i] = 255
	}
	opaque64 := noise(image.NewNRGBA64(r)).(*image.NRGBA64)
	for i := 6; i < len(opaque64.Pix); i += 8 {
		opaque64.Pix[i], opaque64.Pix[i+1] = 255, 255
	}
	return map[string]image.Image{
		"gray":             noise(image.NewGray(r)),
		"gray 16":          noise(image.NewGray16(r)),
		"gray alpha":       noise(NewGrayAlpha(r)),
		"gray alpha 16":    noise(NewGrayAlpha16(r)),
		"colour":           opaque,
		"colour 16":        opaque64,
		"colour alpha":     noise(image.NewNRGBA(r)),
		"colour alpha 16":  noise(image.NewNRGBA64(r)),
		"luma and chroma":  noise(image.NewYCbCr(r, image.YCbCrSubsampleRatio420)),
		"luma, odd chroma": noise(image.NewYCbCr(r, image.YCbCrSubsampleRatio410)),
	}
}

func TestGrayIsGosColorGray(t *testing.T) {
	for name, m := range everyType(33, 130) {
		t.Run(name, func(t *testing.T) {
			p := &Picture{Frames: []Frame{{Image: m}}}
			if err := (Gray{}).Apply(p, Limits{}); err != nil {
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

// grayOf is BT.601 luma, not premultiplied, in the colour's own depth.
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

func TestScaleKeepsTheType(t *testing.T) {
	for name, m := range everyType(33, 130) {
		t.Run(name, func(t *testing.T) {
			p := &Picture{Frames: []Frame{{Image: m}}}
			if err := (Scale{}).Apply(p, Limits{}); err != nil {
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
		m := decode(t, input(t, in))
		for _, size := range []Size{{Width: 20, Height: 14, Mode: Stretch}, {Width: 90, Height: 80, Mode: Stretch}} {
			for _, kernel := range Kernels() {
				t.Run(fmt.Sprint(in, size, kernel), func(t *testing.T) {
					p := &Picture{Frames: []Frame{{Image: m}}}
					if err := (Scale{Size: size, Kernel: kernel}).Apply(p, Limits{}); err != nil {
						t.Fatal(err)
					}
					want := imaging.Resize(m, size.Width, size.Height, *kernels[kernel])
					if most, psnr := compare(t, p.Frames[0].Image, want); most > 8 || psnr < 50 {
						t.Errorf("differs by up to %d, PSNR %.1f; want at most 8, at least 50", most, psnr)
					}
				})
			}
		}
	}
}

func TestTransparentPixelsHaveNoColour(t *testing.T) {
	m := image.NewNRGBA(image.Rect(0, 0, 8, 8))
	for i := 0; i < len(m.Pix); i += 4 {
		if i/4%8 < 4 {
			copy(m.Pix[i:], []uint8{200, 100, 50, 255})
		} else {
			copy(m.Pix[i:], []uint8{0, 255, 0, 0}) // green that can't be seen
		}
	}
	p := &Picture{Frames: []Frame{{Image: m}}}
	if err := (Scale{Kernel: "linear"}).Apply(p, Limits{}); err != nil {
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
		{"stretch", size("10x1000", Stretch), 4032, 3024, false, 10, 1000},
		{"sideways: the width is the stored height", size("800x", Fit), 4000, 3000, true, 1067, 800},
		{"sideways, fill", size("80x60", Fill), 4000, 3000, true, 60, 80},
		{"no enlarging", shrinkOnly(size("800x600", Fit)), 100, 100, false, 100, 100},
		{"no enlarging, but shrinking", shrinkOnly(size("80x60", Fit)), 100, 100, false, 60, 60},
		{"no enlarging, but cropping", shrinkOnly(size("256x256", Fill)), 300, 200, false, 200, 200},
		{"no enlarging by a factor", shrinkOnly(factor("1.5")), 100, 100, false, 100, 100},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := c.scale.plan(c.w, c.h, c.sideways)
			if p.width != c.outW || p.height != c.outH {
				t.Errorf("%d x %d becomes %d x %d, want %d x %d", c.w, c.h, p.width, p.height, c.outW, c.outH)
			}
		})
	}
}

func TestBadSizesAndFactors(t *testing.T) {
	for _, s := range []string{"", "x", "0x10", "10x0", "10", "-5x5", "1e3x5", "10x10x10", "99999999999x1"} {
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
	p := &Picture{Frames: []Frame{{Image: m}}}
	if err := (Scale{Size: Size{5, 5, Fill}, Kernel: "box"}).Apply(p, Limits{}); err != nil {
		t.Fatal(err)
	}
	for i, v := range p.Frames[0].Image.(*image.Gray).Pix {
		if v != 255 {
			t.Fatalf("pixel %d is %d, want 255: the window isn't in the middle", i, v)
		}
	}
}

// TestRoundTrip writes each type in each lossless format and reads it back.
func TestRoundTrip(t *testing.T) {
	for name, m := range everyType(41, 23) {
		if strings.HasPrefix(name, "luma") {
			continue
		}
		for _, format := range []Format{PNG, TIFF, BMP, WebP, PAM} {
			t.Run(fmt.Sprint(format, " ", name), func(t *testing.T) {
				var b bytes.Buffer
				p := &Picture{Format: format, Frames: []Frame{{Image: m}}}
				if err := Encode(&b, p, Options{}); err != nil {
					t.Fatal(err)
				}
				got, want := decode(t, b.Bytes()), m
				if format == BMP || format == WebP {
					want = to8(m)
				} else if fmt.Sprintf("%T", got) != fmt.Sprintf("%T", m) {
					t.Errorf("comes back as %T, want %T", got, m)
				}
				for y := range 23 {
					for x := range 41 {
						g, w := got.At(x, y), want.At(x, y)
						r1, g1, b1, a1 := g.RGBA()
						r2, g2, b2, a2 := w.RGBA()
						if r1 != r2 || g1 != g2 || b1 != b2 || a1 != a2 {
							t.Fatalf("pixel %d,%d is %v, want %v", x, y, g, w)
						}
					}
				}
			})
		}
	}
}

func TestAnimationKeepsItsTiming(t *testing.T) {
	want, err := gif.DecodeAll(bytes.NewReader(input(t, "animated.gif")))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []Filter{Gray{}, Scale{}} {
		var out bytes.Buffer
		if err := Run(&out, bytes.NewReader(input(t, "animated.gif")), f, Options{}); err != nil {
			t.Fatal(err)
		}
		got, err := gif.DecodeAll(&out)
		if err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(got.Delay, got.LoopCount) != fmt.Sprint(want.Delay, want.LoopCount) {
			t.Errorf("%T: delays %v, loops %d; want %v, %d", f, got.Delay, got.LoopCount, want.Delay, want.LoopCount)
		}
	}
}

// TestSidewaysIsMeasuredAsSeen asks for the size that a picture has: a JPEG must
// not be decoded to fewer pixels first.
func TestSidewaysIsMeasuredAsSeen(t *testing.T) {
	in := input(t, "sideways.jpg") // stored 501 x 377, seen 377 x 501
	h := header(t, in)
	for width, want := range map[int]int{377: 8, 188: 8, 100: 5} {
		if got := (Scale{Size: Size{Width: width}}).eighths(h); got != want {
			t.Errorf("to %d pixels it's decoded at %d/8, want %d/8", width, got, want)
		}
	}
}

func TestGrayAlphaTIFFOfAWidthInAShort(t *testing.T) {
	const width = 40000
	var b bytes.Buffer
	m := noise(NewGrayAlpha(image.Rect(0, 0, width, 2))).(*GrayAlpha)
	if err := Encode(&b, &Picture{Format: TIFF, Frames: []Frame{{Image: m}}}, Options{}); err != nil {
		t.Fatal(err)
	}
	data := b.Bytes()
	file := tiffData(data)
	file.entries(file.ifd0(), func(entry []byte) {
		if file.order().Uint16(entry) == tagWidth {
			file.order().PutUint16(entry[2:], typeShort)
			file.order().PutUint16(entry[8:], width)
		}
	})
	got, ok := decode(t, data).(*GrayAlpha)
	if !ok || !bytes.Equal(got.Pix, m.Pix) {
		t.Errorf("a page of %d pixels doesn't come back", width)
	}
}

func TestFramesThatDoNotFit(t *testing.T) {
	var out bytes.Buffer
	err := Run(&out, bytes.NewReader(input(t, "animated.gif")), Gray{}, Options{Format: PNG})
	if want := "output: 3 frames don't fit into a PNG"; err == nil || err.Error() != want || out.Len() > 0 {
		t.Errorf("error %v and %d bytes, want %s", err, out.Len(), want)
	}
}

// TestJPEGKeepsTablesAndSampling takes the way by pixels.
func TestJPEGKeepsTablesAndSampling(t *testing.T) {
	in := input(t, "photo444p.jpg")
	var out bytes.Buffer
	if err := Run(&out, bytes.NewReader(in), Scale{Size: Size{Width: 50}}, Options{}); err != nil {
		t.Fatal(err)
	}
	want, got := header(t, in), header(t, out.Bytes())
	for i, c := range got.Components {
		if c.H != 1 || c.V != 1 {
			t.Errorf("component %d has sampling factors %d x %d, want 1 x 1", i, c.H, c.V)
		}
		if *got.Quant[c.Tq] != *want.Quant[want.Components[i].Tq] {
			t.Errorf("component %d has another quantisation table", i)
		}
	}
}

func header(t *testing.T, data []byte) *jpegdct.Header {
	t.Helper()
	j, err := jpegdct.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return j.Header()
}

// TestReducedDecodingIsNear compares what a JPEG gives that is decoded at k / 8
// with what it gives in full.
func TestReducedDecodingIsNear(t *testing.T) {
	in := input(t, "displayp3.jpg")
	for _, width := range []int{37, 100, 170, 210} {
		var fast, full bytes.Buffer
		s := Scale{Size: Size{Width: width}}
		if k := s.eighths(header(t, in)); k == 8 {
			t.Errorf("%d pixels: decoded in full", width)
		}
		if err := Run(&fast, bytes.NewReader(in), s, Options{Format: PNG}); err != nil {
			t.Fatal(err)
		}
		s.Kernel = "lanczos"
		if err := Run(&full, bytes.NewReader(in), s, Options{Format: PNG}); err != nil {
			t.Fatal(err)
		}
		if most, psnr := compare(t, decode(t, fast.Bytes()), decode(t, full.Bytes())); psnr < 35 {
			t.Errorf("%d pixels wide: differs by up to %d, PSNR %.1f dB; want at least 35", width, most, psnr)
		}
	}
}

// TestColoursAreGos compares the conversions with the standard library's, which
// round in another place.
func TestColoursAreGos(t *testing.T) {
	near := func(a, b uint8) bool { return max(a, b)-min(a, b) <= 1 }
	for i := range 1 << 18 {
		y, cb, cr := uint8(i), uint8(i>>8)*7, uint8(i>>10)
		r, g, b := ycbcrToRGB(int32(y), int32(cb), int32(cr))
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
		got := ycbcrOf(m, image.YCbCrSubsampleRatio420).YCbCrAt(2, 2)
		y, cb, cr := color.RGBToYCbCr(c.R, c.G, c.B)
		if !near(got.Y, y) || !near(got.Cb, cb) || !near(got.Cr, cr) {
			t.Fatalf("%v is YCbCr %v, want %d %d %d", c, got, y, cb, cr)
		}
	}
}

func BenchmarkRun(b *testing.B) {
	for _, in := range []string{"displayp3.jpg", "rgb8.png"} {
		for _, f := range []Filter{Gray{}, Scale{}} {
			b.Run(fmt.Sprintf("%s %T", in, f), func(b *testing.B) {
				data := input(b, in)
				b.SetBytes(int64(len(data)))
				b.ReportAllocs()
				for b.Loop() {
					if err := Run(new(bytes.Buffer), bytes.NewReader(data), f, Options{}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
