package filters

import (
	"bytes"
	"image"
	"image/color"
	"math"
	"testing"

	"github.com/disintegration/imaging"

	"imgpipe/filters/codec"
	"imgpipe/filters/internal/imagetest"
	"imgpipe/filters/pixel"
)

// TestLinearIsThePlainMean compares half the size with the mean of the amounts of
// light of four pixels, premultiplied, in float64. Samples of 8 bits are exact,
// those of 16 bits within 2.
func TestLinearIsThePlainMean(t *testing.T) {
	const w, h = 34, 22
	for name, m := range imagetest.EveryType(w, h) {
		t.Run(name, func(t *testing.T) {
			p := &codec.Picture{Frames: []codec.Frame{{Image: m}}}
			if err := (Scale{Kernel: "box", Linear: true}).Apply(p, codec.Limits{}); err != nil {
				t.Fatal(err)
			}
			got, rgb := p.Frames[0].Image, pixel.ToRGB(m)
			for y := range h / 2 {
				for x := range w / 2 {
					var sum [4]float64
					for i := range 4 {
						c := color.NRGBA64Model.Convert(rgb.At(2*x+i%2, 2*y+i/2)).(color.NRGBA64)
						if n, ok := rgb.At(2*x+i%2, 2*y+i/2).(color.NRGBA); ok {
							c = color.NRGBA64{uint16(n.R) * 257, uint16(n.G) * 257, uint16(n.B) * 257, uint16(n.A) * 257}
						}
						a := float64(c.A) / 65535
						for k, v := range []uint16{c.R, c.G, c.B} {
							sum[k] += pixel.ToLinear(float64(v)/65535) * a / 4
						}
						sum[3] += a / 4
					}
					if sum[3] < 0.01 {
						continue
					}
					most, have := 65535.0, [4]float64{}
					switch c := got.At(x, y).(type) {
					case color.NRGBA:
						most, have = 255, [4]float64{float64(c.R), float64(c.G), float64(c.B), float64(c.A)}
					case color.NRGBA64:
						have = [4]float64{float64(c.R), float64(c.G), float64(c.B), float64(c.A)}
					case color.Gray:
						most, have = 255, [4]float64{float64(c.Y), float64(c.Y), float64(c.Y), 255}
					case color.Gray16:
						have = [4]float64{float64(c.Y), float64(c.Y), float64(c.Y), 65535}
					default:
						t.Fatalf("%T", c)
					}
					for k := range have {
						want := sum[3] * most
						if k < 3 {
							want = pixel.FromLinear(sum[k]/sum[3]) * most
						}
						if math.Abs(have[k]-want) > 0.5+most/32768 {
							t.Fatalf("pixel %d,%d, sample %d is %v, want %v", x, y, k, have[k], want)
						}
					}
				}
			}
		})
	}
}

// TestLinearOfFineLines: lines of black and white become half the light, not half
// the value, in every format.
func TestLinearOfFineLines(t *testing.T) {
	m := image.NewNRGBA(image.Rect(0, 0, 64, 64))
	for i := range m.Pix {
		m.Pix[i] = 255
		if i%4 < 3 && i/4/64%2 == 0 {
			m.Pix[i] = 0
		}
	}
	for _, format := range []codec.Format{codec.JPEG, codec.PNG, codec.TIFF, codec.WebP, codec.PAM} {
		for linear, want := range map[bool]uint8{true: 188, false: 128} {
			var in, out bytes.Buffer
			if err := codec.Encode(&in, &codec.Picture{Format: format, Frames: []codec.Frame{{Image: m}}}, codec.EncodeOptions{Quality: 100}); err != nil {
				t.Fatal(err)
			}
			if err := Run(&out, &in, Scale{Linear: linear, Kernel: "box"}, Options{}); err != nil {
				t.Fatal(err)
			}
			got := pixel.ToRGB(decode(t, out.Bytes())).At(16, 16).(color.NRGBA)
			if d := int(got.G) - int(want); d < -2 || d > 2 {
				t.Errorf("%s, linear %v: %v, want about %d", format, linear, got, want)
			}
		}
	}
}

// TestLinearKeepsAJPEGsSampling: the sampling is kept although pixels become RGB.
func TestLinearKeepsAJPEGsSampling(t *testing.T) {
	var out bytes.Buffer
	if err := Run(&out, bytes.NewReader(imagetest.Input(t, "photo444p.jpg")), Scale{Linear: true}, Options{}); err != nil {
		t.Fatal(err)
	}
	if c := header(t, out.Bytes()).Components[0]; c.H != 1 || c.V != 1 {
		t.Errorf("luma has sampling factors %d x %d, want 1 x 1", c.H, c.V)
	}
}

// BenchmarkHalf scales each type of image, and for comparison with package
// imaging, which converts any image to NRGBA first.
func BenchmarkHalf(b *testing.B) {
	const w, h = 2000, 1500
	b.Run("imaging", func(b *testing.B) {
		m := imagetest.Noise(image.NewNRGBA(image.Rect(0, 0, w, h)))
		for b.Loop() {
			imaging.Resize(m, w/2, h/2, imaging.Lanczos)
		}
	})
	for name, m := range imagetest.EveryType(w, h) {
		for _, linear := range []bool{false, true} {
			if linear {
				name += ", linear"
			}
			b.Run(name, func(b *testing.B) {
				for b.Loop() {
					Scale{Linear: linear}.scaleImage(m, wholeTo(image.Pt(w, h), image.Pt(w/2, h/2)), imaging.Lanczos)
				}
			})
		}
	}
}
