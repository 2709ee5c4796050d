package filters

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"strings"
	"testing"

	"imgpipe/filters/jpegdct"
)

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
