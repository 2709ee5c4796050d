package filters

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/disintegration/imaging"
	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"

	"imgpipe/filters/codec"
	"imgpipe/filters/internal/imagetest"
	"imgpipe/filters/pixel"
	"imgpipe/filters/resample"
)

// TestPatternsAsDjpeg scales fine patterns by their coefficients, and by djpeg and cjpeg
// at the same quality, and compares both with a Lanczos reference. A mean of n x n
// pixels, as djpeg takes it, cancels many patterns exactly.
func TestPatternsAsDjpeg(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	needPrograms(t, "djpeg", "cjpeg")
	// The cut sizes end within a tile of 16, 32 and 64 pixels.
	for _, size := range []image.Point{{512, 512}, {228, 236}, {244, 252}} {
		for name, whole := range patterns() {
			m := whole.(*image.Gray).SubImage(image.Rectangle{Max: size})
			for _, quality := range []int{75, 90} {
				data := jpegOf(t, m, quality)
				full := decode(t, data)
				for _, n := range []int{2, 4, 8} {
					theirs := decode(t, djpegScale(t, data, n, "-quality", fmt.Sprint(quality)))
					ours := run(t, data, Scale{Factor: Factor{1, int64(n)}}, Options{Quality: quality}).Frames[0].Image
					reference := imaging.Resize(pixel.ToRGB(full), theirs.Bounds().Dx(), theirs.Bounds().Dy(), imaging.Lanczos)
					_, got := imagetest.Compare(t, pixel.ToRGB(ours), reference)
					_, want := imagetest.Compare(t, pixel.ToRGB(theirs), reference)
					margin := 0.5
					if n == 8 {
						margin = 0.7 // the means are the same, but djpeg rounds them
					}
					if isFaint(name) {
						want = min(want, 40+margin) // 40 dB are an error of 2.5 levels
					}
					if got < want-max(margin, nearer[fmt.Sprintf("%s by 1/%d", name, n)]) {
						t.Errorf("%v, %s at quality %d by 1/%d: PSNR %.1f dB, djpeg's is %.1f", size, name, quality, n, got, want)
					}
				}
			}
		}
	}
}

func isFaint(pattern string) bool {
	return strings.HasSuffix(pattern, "contrast 20") || strings.HasSuffix(pattern, "contrast 30")
}

// nearer has the cases in which djpeg comes nearer to the reference than by 0.5 dB, at one of
// the sizes and qualities, and by how much. Both have more than 40 dB, but for the checkers of
// contrast 30, which have 38.5 and 39.2.
var nearer = map[string]float64{
	"a sine of period 2 and contrast 170 by 1/2":  1.5,
	"a sine of period 2 and contrast 50 by 1/4":   2,
	"a sine of period 5 and contrast 170 by 1/2":  1.5,
	"a sine of period 5 and contrast 50 by 1/2":   4.5,
	"a sine of period 6 and contrast 50 by 1/2":   1.5,
	"a sine of period 8 and contrast 50 by 1/4":   2.5,
	"checkers of period 6 and contrast 30 by 1/2": 0.8,
	"checkers of period 7 and contrast 50 by 1/8": 1.5,
}

// patterns returns pictures of 512 x 512 pixels of which a filter can leave too much.
func patterns() map[string]image.Image {
	all := map[string]image.Image{}
	add := func(name string, value func(x, y int) float64) {
		m := image.NewGray(image.Rect(0, 0, 512, 512))
		for i := range m.Pix {
			m.Pix[i] = uint8(math.Round(min(max(value(i%512, i/512), 0), 255)))
		}
		all[name] = m
	}
	for period := 2; period <= 8; period++ {
		bar := func(x int) float64 { return float64(x % period * 2 / period & 1) }
		for _, contrast := range []float64{20, 30, 50, 170} {
			name := fmt.Sprintf("of period %d and contrast %.0f", period, contrast)
			add("rows "+name, func(_, y int) float64 { return 40 + contrast*bar(y) })
			add("columns "+name, func(x, _ int) float64 { return 40 + contrast*bar(x+1) })
			add("checkers "+name, func(x, y int) float64 { return 40 + contrast*math.Abs(bar(x)-bar(y)) })
			add("a sine "+name, func(x, _ int) float64 { return 128 + contrast/2*math.Cos(2*math.Pi*float64(x)/float64(period)+0.7) })
		}
	}
	all["a zone plate"] = zonePlate(512)
	shade := func(x, y int) float64 {
		return 128 + 60*math.Sin(float64(x)/41) + 60*math.Cos(float64(y)/29+float64(x)/97)
	}
	order := [4][4]float64{{0, 8, 2, 10}, {12, 4, 14, 6}, {3, 11, 1, 9}, {15, 7, 13, 5}}
	add("ordered dither", func(x, y int) float64 { return 255 * math.Round(shade(x, y)/255+(order[y%4][x%4]-7.5)/16) })
	var row, next [514]float64                      // errors, at x+1
	add("error diffusion", func(x, y int) float64 { // Floyd and Steinberg; pixels come row by row
		if x == 0 {
			row, next = next, [514]float64{}
		}
		want := shade(x, y) + row[x+1]
		v := 255 * math.Round(min(max(want/255, 0), 1))
		e := (want - v) / 16
		row[x+2] += 7 * e
		next[x] += 3 * e
		next[x+1] += 5 * e
		next[x+2] += e
		return v
	})
	text := image.NewGray(image.Rect(0, 0, 512, 512))
	draw.Draw(text, text.Rect, image.White, image.Point{}, draw.Src)
	d := font.Drawer{Dst: text, Src: image.Black, Face: basicfont.Face7x13}
	for y := 14; y < 512; y += 15 {
		d.Dot = fixed.P(4, y)
		d.DrawString("The quick brown fox jumps over the lazy dog, (0123456789) and more of this kind.")
	}
	all["text"] = text
	return all
}

// jpegOf returns a JPEG of the image. Quality 0 is that of codec.Encode.
func jpegOf(t *testing.T, m image.Image, quality int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := codec.Encode(&b, &codec.Picture{Frames: []codec.Frame{{Image: m}}}, codec.EncodeOptions{Format: codec.JPEG, Quality: quality}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestCoefficientsAsPixels: scaling by coefficients and by pixels give similar pictures.
func TestCoefficientsAsPixels(t *testing.T) {
	rocket, err := os.ReadFile("../testdata/rocket.jpg")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name    string
		data    []byte
		atLeast map[int64]float64 // PSNR by n
	}{
		{"a photo", rocket, map[int64]float64{2: 34, 4: 37, 8: 34}},
		{"text", jpegOf(t, patterns()["text"], 90), map[int64]float64{2: 31, 4: 32, 8: 29}},
		{"ordered dither", jpegOf(t, patterns()["ordered dither"], 90), map[int64]float64{2: 32, 4: 34, 8: 40}},
	} {
		for n, atLeast := range test.atLeast {
			o := Options{Quality: 95}
			a := run(t, test.data, Scale{Factor: Factor{1, n}}, o)
			b := run(t, test.data, Scale{Factor: Factor{1, n}, Kernel: "lanczos"}, o)
			if _, psnr := imagetest.Compare(t, pixel.ToRGB(a.Frames[0].Image), pixel.ToRGB(b.Frames[0].Image)); psnr < atLeast {
				t.Errorf("%s by 1/%d: PSNR of coefficients against pixels is %.1f dB, want %.0f", test.name, n, psnr, atLeast)
			}
		}
	}
}

// TestPaddingStaysOut: jpg-padblack.jpg is white, and black beyond its edges.
func TestPaddingStaysOut(t *testing.T) {
	data, err := os.ReadFile("../testdata/cases/jpg-padblack.jpg")
	if err != nil {
		t.Fatal(err)
	}
	scales := []Scale{{}, {Factor: Factor{1, 4}}, {Factor: Factor{1, 8}}}
	for size := 1; size < 33; size++ {
		scales = append(scales, Scale{Size: Size{Width: size}})
	}
	for _, s := range scales {
		for _, f := range []codec.Format{codec.JPEG, codec.PNG} {
			m := pixel.ToRGB(run(t, data, s, Options{Format: f}).Frames[0].Image).(*image.NRGBA)
			for i, v := range m.Pix {
				if v < 253 {
					t.Errorf("%+v to %s: pixel %d,%d has a value of %d, want 253 or more", s, f, i/4%m.Rect.Dx(), i/4/m.Rect.Dx(), v)
					break
				}
			}
		}
	}
}

// TestChromaIsScaledOnce: a JPEG with subsampled chroma that is scaled to a PNG is as near
// to the picture that it was made of as the same JPEG decoded first. If chroma became half
// the size of the result, and was enlarged again, it would be 3 to 5 dB worse.
func TestChromaIsScaledOnce(t *testing.T) {
	m := image.NewNRGBA(image.Rect(0, 0, 640, 480))
	draw.Draw(m, m.Rect, image.NewUniform(color.NRGBA{30, 60, 200, 255}), image.Point{}, draw.Src)
	d := font.Drawer{Dst: m, Face: basicfont.Face7x13}
	for i := range 31 {
		d.Src = image.NewUniform(color.NRGBA{uint8(i * 97), uint8(i * 57), uint8(i * 151), 255})
		d.Dot = fixed.P(3, 14+15*i)
		d.DrawString("Colourful words jump over the lazy pixels, (0123456789), and over more of them than fit here.")
	}
	data := jpegOf(t, m, 90)
	if h := header(t, data); h.Components[0].H != 2 || h.Components[0].V != 2 {
		t.Fatalf("components are %v, want chroma of half the size", h.Components)
	}
	png := Options{Format: codec.PNG}
	var decoded bytes.Buffer
	if err := Run(&decoded, bytes.NewReader(data), Scale{Factor: Factor{1, 1}}, png); err != nil {
		t.Fatal(err)
	}
	for _, size := range []image.Point{{320, 240}, {250, 188}, {450, 338}} {
		s := Scale{Size: Size{Width: size.X, Height: size.Y, Mode: Stretch}}
		reference := imaging.Resize(m, size.X, size.Y, imaging.Lanczos)
		_, got := imagetest.Compare(t, pixel.ToRGB(run(t, data, s, png).Frames[0].Image), reference)
		_, want := imagetest.Compare(t, pixel.ToRGB(run(t, decoded.Bytes(), s, png).Frames[0].Image), reference)
		if got < want-1 {
			t.Errorf("%v: PSNR %.1f dB, if decoded first %.1f", size, got, want)
		}
	}
}

// TestFullChromaIsCounted: what Scale asks for covers chroma that becomes as large as luma,
// and no conversion to RGB, which is not made.
func TestFullChromaIsCounted(t *testing.T) {
	m := image.NewYCbCr(image.Rect(0, 0, 400, 300), image.YCbCrSubsampleRatio420)
	p := wholeTo(image.Pt(400, 300), image.Pt(240, 180))
	s := Scale{fullChroma: true}
	out := s.scaleImage(m, p, imaging.Lanczos).(*image.YCbCr)
	least := int64(len(m.Y) + len(m.Cb) + len(m.Cr) + len(out.Y) + len(out.Cb) + len(out.Cr))
	work := resample.Cost(400, 240, 180, p.window, imaging.Lanczos)
	if got := s.cost(m, p, imaging.Lanczos) - work; got < least || got > 2*least {
		t.Errorf("the cost is %d bytes, want %d to %d", got, least, 2*least)
	}
}
