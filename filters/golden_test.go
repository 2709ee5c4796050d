package filters

import (
	"bytes"
	"flag"
	"image"
	"os"
	"path/filepath"
	"testing"

	"imgpipe/filters/codec"
	"imgpipe/filters/internal/imagetest"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

// TestGolden runs filters on every kind of picture in testdata/in. The results
// are in testdata/golden, to be looked at; `go test ./filters -update` writes
// them.
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
		{"sideways.jpg", Scale{Size: Size{Width: 60}}, Options{Format: codec.PNG}, "sideways-60x.png"},
		{"displayp3.jpg", Scale{Size: Size{Height: 60}}, Options{}, "displayp3-x60.jpg"},
		{"displayp3.jpg", gray, Options{}, "displayp3-gray.jpg"},
		{"rgb8.png", gray, Options{}, "rgb8-gray.png"},
		{"rgb8.png", half, Options{}, "rgb8-half.png"},
		{"rgb8.png", Scale{Size: Size{Width: 20, Height: 20, Mode: Fill}}, Options{}, "rgb8-fill-20x20.png"},
		{"rgb8.png", Scale{Size: Size{Width: 20, Height: 20, Mode: Stretch}, Kernel: "nearest"}, Options{}, "rgb8-stretch-20x20-nearest.png"},
		{"rgb8.png", half, Options{Format: codec.GIF}, "rgb8-half.gif"},
		{"rgb8.png", half, Options{Format: codec.WebP}, "rgb8-half.webp"},
		{"rgb8.png", half, Options{Format: codec.JPEG}, "rgb8-half.jpg"},
		{"rgb16.png", gray, Options{}, "rgb16-gray.png"},
		{"rgb16.png", half, Options{}, "rgb16-half.png"},
		{"palette8.png", half, Options{}, "palette8-half.png"},
		{"interlaced.png", gray, Options{}, "interlaced-gray.png"},
		{"gray8.png", half, Options{}, "gray8-half.png"},
		{"alpha8.png", gray, Options{}, "alpha8-gray.png"},
		{"alpha8.png", half, Options{}, "alpha8-half.png"},
		{"alpha8.png", half, Options{Format: codec.JPEG}, "alpha8-half-on-white.jpg"},
		{"alpha8.png", gray, Options{Format: codec.TIFF}, "alpha8-gray.tiff"},
		{"alpha8.png", gray, Options{Format: codec.BMP}, "alpha8-gray.bmp"},
		{"alpha8.png", half, Options{Format: codec.GIF}, "alpha8-half.gif"},
		{"alpha16.png", gray, Options{}, "alpha16-gray.png"},
		{"alpha16.png", half, Options{}, "alpha16-half.png"},
		{"alpha16.png", gray, Options{Format: codec.TIFF}, "alpha16-gray.tiff"},
		{"rgb8.bmp", gray, Options{}, "rgb8-gray.bmp"},
		{"rgb8.bmp", half, Options{}, "rgb8-half.bmp"},
		{"rgb8.tiff", gray, Options{}, "rgb8-gray.tiff"},
		{"rgb16.tiff", half, Options{}, "rgb16-half.tiff"},
		{"alpha8.tiff", gray, Options{}, "alpha8tiff-gray.tiff"},
		{"pages.tiff", gray, Options{}, "pages-gray.tiff"},
		{"pages.tiff", half, Options{}, "pages-half.tiff"},
		{"lossy.webp", half, Options{}, "lossy-half.webp"},
		{"lossyalpha.webp", gray, Options{Format: codec.PNG}, "lossyalpha-gray.png"},
		{"lossless.webp", gray, Options{}, "lossless-gray.webp"},
		{"rgb10.ppm", gray, Options{}, "rgb10-gray.pgm"},
		{"rgb10.ppm", half, Options{}, "rgb10-half.ppm"},
		{"bits.pbm", half, Options{}, "bits-half.pgm"},
		{"bits.pbm", half, Options{Format: codec.PNG}, "bits-half.png"},
		{"alpha8.pam", gray, Options{}, "alpha8-gray.pam"},
		{"alpha8.pam", half, Options{}, "alpha8-half.pam"},
		{"alpha16.png", half, Options{Format: codec.PAM}, "alpha16-half.pam"},
		{"alpha16.png", half, Options{Format: codec.PNM}, "alpha16-half-on-white.ppm"},
		{"still.gif", gray, Options{}, "still-gray.gif"},
		{"still.gif", half, Options{}, "still-half.gif"},
		{"animated.gif", gray, Options{}, "animated-gray.gif"},
		{"animated.gif", half, Options{}, "animated-half.gif"},
		{"animated.png", gray, Options{}, "animated-gray.png"},
		{"animated.png", half, Options{Format: codec.GIF}, "animated-half-of-png.gif"},
		{"animated.webp", gray, Options{Format: codec.PNG}, "animated-gray-of-webp.png"},
		{"animated.webp", half, Options{}, "animated-half.webp"},
		{"holes.gif", half, Options{}, "holes-half.gif"},
		{"disposals.gif", gray, Options{}, "disposals-gray.gif"},
	} {
		t.Run(c.out, func(t *testing.T) {
			var got bytes.Buffer
			if err := Run(&got, bytes.NewReader(imagetest.Input(t, c.in)), c.filter, c.o); err != nil {
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

// checkGolden compares a result with a file of testdata/golden, or writes the
// file if -update is set.
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
		most, psnr := imagetest.Compare(t, decode(t, got), decode(t, want))
		t.Errorf("%d bytes, not the golden file's %d; pixels differ by up to %d, PSNR %.1f dB", len(got), len(want), most, psnr)
	}
}

// decode returns the first frame of an encoded picture.
func decode(t testing.TB, data []byte) image.Image {
	t.Helper()
	p, err := codec.Decode(bytes.NewReader(data), codec.DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return p.Frames[0].Image
}
