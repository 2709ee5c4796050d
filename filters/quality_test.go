package filters

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/disintegration/imaging"
	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"

	"imgpipe/filters/internal/imagetest"
	"imgpipe/filters/pixel"
)

// TestHalfIsNoWorseThanDjpegs compares half the size by coefficients, and half the
// size by djpeg and cjpeg at the same quality, with a Lanczos reference that was
// never compressed. Its log is the table in README.md:
//
//	go test ./filters -run NoWorse -v
func TestHalfIsNoWorseThanDjpegs(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	needPrograms(t, "djpeg", "cjpeg")
	sources := map[string][]byte{
		"a page of text": jpegOf(t, textPage(), 0),
		"a zone plate":   jpegOf(t, zonePlate(800), 0),
	}
	photos, _ := filepath.Glob("../../shared/photos/*mp.jpg")
	more, _ := filepath.Glob("../../shared/photos/*elementary*.jpg")
	for _, file := range append(append(photos, more...), "../testdata/rocket.jpg") {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sources[filepath.Base(file)] = data
	}
	for name, data := range sources {
		m := pixel.ToRGB(decode(t, data))
		reference := imaging.Resize(m, (m.Bounds().Dx()+1)/2, (m.Bounds().Dy()+1)/2, imaging.Lanczos)
		qualities := []int{75, 85, 95}
		if m.Bounds().Dx() > 1000 {
			qualities = []int{85} // large ones take seconds each
		}
		for _, quality := range qualities {
			var ours, kernel bytes.Buffer
			if err := Run(&ours, bytes.NewReader(data), Scale{}, Options{Quality: quality}); err != nil {
				t.Fatal(err)
			}
			if err := Run(&kernel, bytes.NewReader(data), Scale{Kernel: "lanczos"}, Options{Quality: quality}); err != nil {
				t.Fatal(err)
			}
			c := header(t, data).Components[0]
			theirs := djpegScale(t, data, 2, "-quality", fmt.Sprint(quality), "-sample", fmt.Sprintf("%dx%d", c.H, c.V))
			psnr := func(data []byte) float64 {
				_, psnr := imagetest.Compare(t, pixel.ToRGB(decode(t, data)), reference)
				return psnr
			}
			a, b, k := psnr(ours.Bytes()), psnr(theirs), psnr(kernel.Bytes())
			t.Logf("| %s | %d | %.1f | %.1f | %.1f |", name, quality, a, b, k)
			if a < b {
				t.Errorf("%s at quality %d: PSNR %.2f dB, djpeg's is %.2f", name, quality, a, b)
			}
		}
	}
}

// djpegScale returns what djpeg and cjpeg, with the given options, make of a JPEG scaled by
// 1/n.
func djpegScale(t *testing.T, in []byte, n int, cjpeg ...string) []byte {
	t.Helper()
	pipe := exec.Command("sh", append([]string{"-c", `djpeg -scale "1/$0" | cjpeg "$@"`, fmt.Sprint(n)}, cjpeg...)...)
	pipe.Stdin = bytes.NewReader(in)
	out, err := pipe.Output()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// textPage is black on white, in letters of 26 pixels.
func textPage() image.Image {
	small := image.NewGray(image.Rect(0, 0, 400, 500))
	draw.Draw(small, small.Rect, image.White, image.Point{}, draw.Src)
	d := font.Drawer{Dst: small, Src: image.Black, Face: basicfont.Face7x13}
	for y := 20; y < 490; y += 15 {
		d.Dot = fixed.P(12, y)
		d.DrawString("The quick brown fox jumps over the lazy dog, (0123456789).")
	}
	large := image.NewGray(image.Rect(0, 0, 800, 1000))
	for y := range 1000 {
		for x := range 800 {
			large.SetGray(x, y, small.GrayAt(x/2, y/2))
		}
	}
	return large
}

// zonePlate has rings that become finer towards the edge, up to what pixels can
// show.
func zonePlate(size int) image.Image {
	m := image.NewGray(image.Rect(0, 0, size, size))
	for y := range size {
		for x := range size {
			dx, dy := float64(x-size/2), float64(y-size/2)
			m.SetGray(x, y, color.Gray{Y: uint8(128 + 127*math.Cos((dx*dx+dy*dy)*math.Pi/float64(size)))})
		}
	}
	return m
}
