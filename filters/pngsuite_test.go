package filters

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"imgpipe/filters/codec"
)

// TestPNGSuite: every good file of PngSuite, scaled by 1 and written as PNG and as
// PAM, has the pixels that image/png decodes. Every bad file is an error, without
// a byte of a result.
func TestPNGSuite(t *testing.T) {
	files, _ := filepath.Glob("../../shared/corpus/pngsuite/*.png")
	if len(files) == 0 {
		t.Skip("no ../shared/corpus/pngsuite beside the checkout")
	}
	good := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(file)
		if strings.HasPrefix(name, "x") {
			for _, f := range []Filter{Gray{}, Scale{}} {
				var out bytes.Buffer
				if err := Run(&out, bytes.NewReader(data), f, Options{}); err == nil || out.Len() > 0 {
					t.Errorf("%s, %T: error %v and %d bytes, want an error alone", name, f, err, out.Len())
				}
			}
			continue
		}
		good++
		want, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, format := range []codec.Format{codec.PNG, codec.PAM} {
			var out bytes.Buffer
			if err := Run(&out, bytes.NewReader(data), Scale{Factor: Factor{1, 1}}, Options{Format: format, NoConvert: true}); err != nil {
				t.Errorf("%s to %s: %v", name, format, err)
				continue
			}
			p, err := codec.Decode(&out, codec.DecodeOptions{})
			if err != nil {
				t.Errorf("%s to %s: %v", name, format, err)
				continue
			}
			samePixels(t, name+" to "+string(format), p.Frames[0].Image, want)
		}
	}
	if good < 160 {
		t.Errorf("only %d good files", good)
	}
}

// samePixels compares samples of 16 bits, premultiplied: they must be equal.
func samePixels(t *testing.T, name string, got, want image.Image) {
	t.Helper()
	if got.Bounds() != want.Bounds() {
		t.Errorf("%s: bounds %v, want %v", name, got.Bounds(), want.Bounds())
		return
	}
	for y := range want.Bounds().Dy() {
		for x := range want.Bounds().Dx() {
			r, g, b, a := got.At(x, y).RGBA()
			wr, wg, wb, wa := want.At(x, y).RGBA()
			if r != wr || g != wg || b != wb || a != wa {
				t.Errorf("%s: pixel %d,%d is %v, want %v", name, x, y, got.At(x, y), want.At(x, y))
				return
			}
		}
	}
}
