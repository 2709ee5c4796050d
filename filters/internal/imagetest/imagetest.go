// Package imagetest has what the tests of several packages need: the test
// images, images of noise, colour profiles, and a comparison.
package imagetest

import (
	"encoding/binary"
	"image"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"imgpipe/filters/pixel"
)

// Path returns the path of a file, given from the top of the repository.
func Path(t testing.TB, name ...string) string {
	t.Helper()
	dir, err := os.Getwd() // a test runs in its package's directory
	if err != nil {
		t.Fatal(err)
	}
	for dir != filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(append([]string{dir}, name...)...)
		}
		dir = filepath.Dir(dir)
	}
	t.Fatal("no go.mod above the test's directory")
	return ""
}

// Input returns a file of testdata/in.
func Input(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(Path(t, "testdata", "in", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Noise fills an image of one of package pixel's types with random samples, and
// returns it.
func Noise[M image.Image](m M) M {
	fill := func(pix []uint8) {
		for i := range pix {
			pix[i] = uint8(rand.IntN(256))
		}
	}
	switch m := any(m).(type) {
	case *image.YCbCr:
		fill(m.Y)
		fill(m.Cb)
		fill(m.Cr)
	default:
		fill(pixel.RasterOf(m.(image.Image)).Pix)
	}
	return m
}

// EveryType returns an image of noise of each of package pixel's types.
func EveryType(w, h int) map[string]image.Image {
	r := image.Rect(0, 0, w, h)
	opaque := Noise(image.NewNRGBA(r))
	for i := 3; i < len(opaque.Pix); i += 4 {
		opaque.Pix[i] = 255
	}
	opaque64 := Noise(image.NewNRGBA64(r))
	for i := 6; i < len(opaque64.Pix); i += 8 {
		opaque64.Pix[i], opaque64.Pix[i+1] = 255, 255
	}
	return map[string]image.Image{
		"gray":             Noise(image.NewGray(r)),
		"gray 16":          Noise(image.NewGray16(r)),
		"gray alpha":       Noise(pixel.NewGrayAlpha(r)),
		"gray alpha 16":    Noise(pixel.NewGrayAlpha16(r)),
		"colour":           opaque,
		"colour 16":        opaque64,
		"colour alpha":     Noise(image.NewNRGBA(r)),
		"colour alpha 16":  Noise(image.NewNRGBA64(r)),
		"luma and chroma":  Noise(image.NewYCbCr(r, image.YCbCrSubsampleRatio420)),
		"luma, odd chroma": Noise(image.NewYCbCr(r, image.YCbCrSubsampleRatio410)),
	}
}

// Compare returns the largest difference of any sample, premultiplied and in 8
// bits, and the PSNR in dB.
func Compare(t testing.TB, a, b image.Image) (most int, psnr float64) {
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

// ImageResource returns a Photoshop image resource block, as a JPEG's APP13 has
// them.
func ImageResource(id uint16, name, data string) []byte {
	b := binary.BigEndian.AppendUint16([]byte("8BIM"), id)
	b = append(append(b, byte(len(name))), name...)
	if len(name)%2 == 0 {
		b = append(b, 0)
	}
	b = append(binary.BigEndian.AppendUint32(b, uint32(len(data))), data...)
	return append(b, make([]byte, len(data)%2)...)
}
