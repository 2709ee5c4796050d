package filters

import (
	"bytes"
	"fmt"
	"image/gif"
	"testing"

	"imgpipe/filters/codec"
	"imgpipe/filters/internal/imagetest"
	"imgpipe/filters/jpegdct"
)

func TestAnimationKeepsItsTiming(t *testing.T) {
	want, err := gif.DecodeAll(bytes.NewReader(imagetest.Input(t, "animated.gif")))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []Filter{Gray{}, Scale{}} {
		var out bytes.Buffer
		if err := Run(&out, bytes.NewReader(imagetest.Input(t, "animated.gif")), f, Options{}); err != nil {
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

func TestFramesThatDoNotFit(t *testing.T) {
	var out bytes.Buffer
	err := Run(&out, bytes.NewReader(imagetest.Input(t, "animated.gif")), Gray{}, Options{Format: codec.JPEG})
	if want := "output: 3 frames don't fit into a JPEG"; err == nil || err.Error() != want || out.Len() > 0 {
		t.Errorf("error %v and %d bytes, want %s", err, out.Len(), want)
	}
	err = Run(&out, bytes.NewReader(imagetest.Input(t, "pages.tiff")), Gray{}, Options{Format: codec.PNG})
	if want := "output: 3 frames don't fit into a PNG"; err == nil || err.Error() != want || out.Len() > 0 {
		t.Errorf("pages: error %v and %d bytes, want %s", err, out.Len(), want)
	}
}

// TestJPEGKeepsTablesAndSampling scales by a factor that needs pixels.
func TestJPEGKeepsTablesAndSampling(t *testing.T) {
	in := imagetest.Input(t, "photo444p.jpg")
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

// header reads the headers of a JPEG.
func header(t *testing.T, data []byte) *jpegdct.Header {
	t.Helper()
	return openJPEG(t, data).Reader.Header()
}

func openJPEG(t *testing.T, data []byte) *codec.JPEGFile {
	t.Helper()
	j, err := codec.OpenJPEG(bytes.NewReader(data), codec.DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// TestReducedDecodingIsNear compares the result of decoding a JPEG at k/8 of its
// size with that of decoding it in full.
func TestReducedDecodingIsNear(t *testing.T) {
	in := imagetest.Input(t, "displayp3.jpg")
	for _, width := range []int{37, 100, 170, 210} {
		var fast, full bytes.Buffer
		s := Scale{Size: Size{Width: width}}
		if k := s.eighths(openJPEG(t, in)); k == 8 {
			t.Errorf("%d pixels: decoded in full", width)
		}
		if err := Run(&fast, bytes.NewReader(in), s, Options{Format: codec.PNG}); err != nil {
			t.Fatal(err)
		}
		s.Kernel = "lanczos"
		if err := Run(&full, bytes.NewReader(in), s, Options{Format: codec.PNG}); err != nil {
			t.Fatal(err)
		}
		if most, psnr := imagetest.Compare(t, decode(t, fast.Bytes()), decode(t, full.Bytes())); psnr < 35 {
			t.Errorf("%d pixels wide: differs by up to %d, PSNR %.1f dB; want at least 35", width, most, psnr)
		}
	}
}

func BenchmarkRun(b *testing.B) {
	for _, in := range []string{"displayp3.jpg", "rgb8.png"} {
		for _, f := range []Filter{Gray{}, Scale{}} {
			b.Run(fmt.Sprintf("%s %T", in, f), func(b *testing.B) {
				data := imagetest.Input(b, in)
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
