package filters

import (
	"bytes"
	"flag"
	"image"
	"math"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

// TestGolden runs filters over every kind of picture in testdata/in. What comes
// out is in testdata/golden, to be looked at; `go test ./filters -update`
// writes it.
func TestGolden(t *testing.T) {
	gray, half := Gray{}, Scale{}
	for _, c := range []struct {
		in     string
		filter Filter
		o      Options
		out    string
	}{
		{"photo420.jpg", gray, Options{}, "photo420-gray.jpg"},
		{"photo420.jpg", half, Options{}, "photo420-half.jpg"},
		{"photo420.jpg", half, Options{Quality: 40}, "photo420-half-q40.jpg"},
		{"photo444p.jpg", gray, Options{}, "photo444p-gray.jpg"},
		{"photo444p.jpg", half, Options{}, "photo444p-half.jpg"},
		{"gray.jpg", half, Options{}, "gray-half.jpg"},
		{"cmyk-adobe.jpg", Scale{Size: Size{Width: 60}}, Options{}, "cmyk-adobe-60x.jpg"},
		{"rgb.jpg", Scale{Size: Size{Width: 60}}, Options{}, "rgb-60x.jpg"},
		{"sideways.jpg", Scale{Size: Size{Width: 60}}, Options{}, "sideways-60x.jpg"},
		{"sideways.jpg", Scale{Size: Size{Width: 60}}, Options{Format: PNG}, "sideways-60x.png"},
		{"displayp3.jpg", Scale{Size: Size{Height: 60}}, Options{}, "displayp3-x60.jpg"},
		{"displayp3.jpg", gray, Options{}, "displayp3-gray.jpg"},
		{"rgb8.png", gray, Options{}, "rgb8-gray.png"},
		{"rgb8.png", half, Options{}, "rgb8-half.png"},
		{"rgb8.png", Scale{Size: Size{Width: 20, Height: 20, Mode: Fill}}, Options{}, "rgb8-fill-20x20.png"},
		{"rgb8.png", Scale{Size: Size{Width: 20, Height: 20, Mode: Stretch}, Kernel: "nearest"}, Options{}, "rgb8-stretch-20x20-nearest.png"},
		{"rgb8.png", half, Options{Format: GIF}, "rgb8-half.gif"},
		{"rgb8.png", half, Options{Format: WebP}, "rgb8-half.webp"},
		{"rgb8.png", half, Options{Format: JPEG}, "rgb8-half.jpg"},
		{"rgb16.png", gray, Options{}, "rgb16-gray.png"},
		{"rgb16.png", half, Options{}, "rgb16-half.png"},
		{"palette8.png", half, Options{}, "palette8-half.png"},
		{"interlaced.png", gray, Options{}, "interlaced-gray.png"},
		{"gray8.png", half, Options{}, "gray8-half.png"},
		{"alpha8.png", gray, Options{}, "alpha8-gray.png"},
		{"alpha8.png", half, Options{}, "alpha8-half.png"},
		{"alpha8.png", half, Options{Format: JPEG}, "alpha8-half-on-white.jpg"},
		{"alpha8.png", gray, Options{Format: TIFF}, "alpha8-gray.tiff"},
		{"alpha8.png", gray, Options{Format: BMP}, "alpha8-gray.bmp"},
		{"alpha8.png", half, Options{Format: GIF}, "alpha8-half.gif"},
		{"alpha16.png", gray, Options{}, "alpha16-gray.png"},
		{"alpha16.png", half, Options{}, "alpha16-half.png"},
		{"alpha16.png", gray, Options{Format: TIFF}, "alpha16-gray.tiff"},
		{"rgb8.bmp", gray, Options{}, "rgb8-gray.bmp"},
		{"rgb8.bmp", half, Options{}, "rgb8-half.bmp"},
		{"rgb8.tiff", gray, Options{}, "rgb8-gray.tiff"},
		{"rgb16.tiff", half, Options{}, "rgb16-half.tiff"},
		{"alpha8.tiff", gray, Options{}, "alpha8tiff-gray.tiff"},
		{"pages.tiff", gray, Options{}, "pages-gray.tiff"},
		{"pages.tiff", half, Options{}, "pages-half.tiff"},
		{"lossy.webp", half, Options{}, "lossy-half.webp"},
		{"lossyalpha.webp", gray, Options{Format: PNG}, "lossyalpha-gray.png"},
		{"lossless.webp", gray, Options{}, "lossless-gray.webp"},
		{"rgb10.ppm", gray, Options{}, "rgb10-gray.pgm"},
		{"rgb10.ppm", half, Options{}, "rgb10-half.ppm"},
		{"bits.pbm", half, Options{}, "bits-half.pgm"},
		{"bits.pbm", half, Options{Format: PNG}, "bits-half.png"},
		{"alpha8.pam", gray, Options{}, "alpha8-gray.pam"},
		{"alpha8.pam", half, Options{}, "alpha8-half.pam"},
		{"alpha16.png", half, Options{Format: PAM}, "alpha16-half.pam"},
		{"alpha16.png", half, Options{Format: PNM}, "alpha16-half-on-white.ppm"},
		{"still.gif", gray, Options{}, "still-gray.gif"},
		{"still.gif", half, Options{}, "still-half.gif"},
		{"animated.gif", gray, Options{}, "animated-gray.gif"},
		{"animated.gif", half, Options{}, "animated-half.gif"},
		{"holes.gif", half, Options{}, "holes-half.gif"},
		{"disposals.gif", gray, Options{}, "disposals-gray.gif"},
	} {
		t.Run(c.out, func(t *testing.T) {
			var got bytes.Buffer
			if err := Run(&got, bytes.NewReader(input(t, c.in)), c.filter, c.o); err != nil {
				t.Fatal(err)
			}
			checkGolden(t, got.Bytes(), c.out)
		})
	}
}

// TestGoldenPipe makes the picture that the README shows.
func TestGoldenPipe(t *testing.T) {
	photo, err := os.Open("../testdata/rocket.jpg")
	if err != nil {
		t.Fatal(err)
	}
	defer photo.Close()
	var gray, half bytes.Buffer
	if err := Run(&gray, photo, Gray{}, Options{}); err != nil {
		t.Fatal(err)
	}
	if err := Run(&half, &gray, Scale{}, Options{}); err != nil {
		t.Fatal(err)
	}
	checkGolden(t, half.Bytes(), "rocket-pipe.jpg")
}

// checkGolden compares with, or under -update writes, a file of testdata/golden.
func checkGolden(t *testing.T, got []byte, name string) {
	t.Helper()
	golden := filepath.Join("..", "testdata", "golden", name)
	if *update {
		if err := os.WriteFile(golden, got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		most, psnr := compare(t, decode(t, got), decode(t, want))
		t.Errorf("%d bytes, not the golden file's %d; pixels differ by up to %d, PSNR %.1f dB", len(got), len(want), most, psnr)
	}
}

// input is a file of testdata/in.
func input(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "testdata", "in", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// decode gives the first frame of an encoded picture.
func decode(t testing.TB, data []byte) image.Image {
	t.Helper()
	p, err := Decode(bytes.NewReader(data), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return p.Frames[0].Image
}

// compare gives the largest difference of any sample, premultiplied and in 8
// bits, and the PSNR in dB.
func compare(t testing.TB, a, b image.Image) (most int, psnr float64) {
	t.Helper()
	if a.Bounds() != b.Bounds() {
		t.Fatalf("bounds %v, want %v", a.Bounds(), b.Bounds())
	}
	r, squares := a.Bounds(), 0.0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			r1, g1, b1, a1 := a.At(x, y).RGBA()
			r2, g2, b2, a2 := b.At(x, y).RGBA()
			for _, pair := range [][2]uint32{{r1, r2}, {g1, g2}, {b1, b2}, {a1, a2}} {
				d := (float64(pair[0]) - float64(pair[1])) / 257
				most = max(most, int(math.Round(math.Abs(d))))
				squares += d * d
			}
		}
	}
	return most, 10 * math.Log10(255*255*4*float64(r.Dx()*r.Dy())/squares)
}
