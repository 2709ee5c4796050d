package filters

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"imgpipe/filters/codec"
	"imgpipe/filters/internal/imagetest"
	"imgpipe/filters/pixel"
)

// TestChain: a Chain writes the bytes that its filters write one after another, for all
// kinds of pictures, sizes and options. Where they differ, the picture between the two
// filters is not what the first one made, for the reasons of the table.
func TestChain(t *testing.T) {
	differences := map[string]struct { // by file, or by its extension
		between string
		psnr    float64 // dB, at least
	}{
		"rgb.jpg":               {"a JPEG", 30},
		"cmyk-adobe.jpg":        {"a JPEG", 30},
		"jpg-cmyk-adobe-ok.jpg": {"a JPEG", 30},
		"jpg-cmyk-noadobe.jpg":  {"a JPEG", 30},
		"rgb10.ppm":             {"a PGM of 1024 grays", 50},
		"png-icc-prophoto.png":  {"a gray profile, which WebP does not hold: it has an RGB profile or other values", 26},
		".webp":                 {"gray as RGB, which PNG and others hold as gray", math.Inf(1)},
		".gif":                  {"a palette, which PNG and others hold as gray", math.Inf(1)},
	}
	type operation struct {
		s Scale
		o Options
	}
	refuse := func(err error) error { return err }
	operations := []operation{
		{Scale{}, Options{}},
		{Scale{}, Options{Quality: 60}},
		{Scale{}, Options{Upright: true}},
		{Scale{}, Options{Strip: true}},
		{Scale{}, Options{Strip: true, NoConvert: true}},
		{Scale{}, Options{Tolerate: refuse}},
		{Scale{Factor: Factor{1, 8}}, Options{}},
		{Scale{Factor: Factor{1, 1}}, Options{}},
		{Scale{Factor: Factor{3, 10}}, Options{}},
		{Scale{Factor: Factor{2, 1}}, Options{}},
		{Scale{Size: Size{Width: 20, Height: 24, Mode: Fill}}, Options{}},
		{Scale{Kernel: "lanczos"}, Options{}},
		{Scale{Linear: true}, Options{}},
	}
	formats := []codec.Format{codec.PNG, codec.JPEG, codec.GIF, codec.WebP}
	if testing.Short() {
		formats = formats[:2]
	}
	for _, format := range formats {
		operations = append(operations, operation{Scale{}, Options{Format: format}})
	}
	files, compared := testImages(t), 0
	for name, in := range files {
		for _, op := range operations {
			what := fmt.Sprintf("%s, %+v, format %q, %+v", name, op.s, op.o.Format, op.o)
			got, err := filtered(in, Chain{Gray{}, op.s}, op.o)
			want, wantErr := filtered(in, Gray{}, Options{Tolerate: op.o.Tolerate})
			if wantErr == nil {
				want, wantErr = filtered(want, op.s, op.o)
			}
			if (err == nil) != (wantErr == nil) {
				t.Errorf("%s: error %v, that of the two filters is %v", what, err, wantErr)
			}
			if err == nil {
				compared++
			}
			if err != nil || bytes.Equal(got, want) {
				continue
			}
			_, psnr := imagetest.Compare(t, pixel.ToRGB(decode(t, got)), pixel.ToRGB(decode(t, want)))
			difference, known := differences[name]
			if !known {
				difference, known = differences[filepath.Ext(name)]
			}
			if !known || psnr < difference.psnr {
				t.Errorf("%s: the result differs from that of the two filters, PSNR %.1f dB, want %.1f; between them is %s",
					what, psnr, difference.psnr, difference.between)
			}
		}
	}
	if compared < 12*len(files) {
		t.Errorf("only %d results of %d files were compared", compared, len(files))
	}
}

// filtered returns what Run writes.
func filtered(in []byte, f Filter, o Options) ([]byte, error) {
	var out bytes.Buffer
	err := Run(&out, bytes.NewReader(in), f, o)
	return out.Bytes(), err
}

// testImages returns the images of testdata, by file name.
func testImages(t *testing.T) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	for _, dir := range []string{"in", "cases"} {
		names, err := filepath.Glob(imagetest.Path(t, "testdata", dir, "*.*"))
		if err != nil || len(names) == 0 {
			t.Fatalf("no images: %v", err)
		}
		for _, name := range names {
			if files[filepath.Base(name)], err = os.ReadFile(name); err != nil {
				t.Fatal(err)
			}
		}
	}
	return files
}

// TestChainOfAny: filters of any kind and number form a Chain.
func TestChainOfAny(t *testing.T) {
	in := imagetest.Input(t, "photo420.jpg")
	half := Scale{Size: Size{Width: 31, Height: 21, Mode: Stretch}}
	quarter := Scale{Size: Size{Width: 16, Height: 11, Mode: Stretch}}
	for name, c := range map[string]struct {
		chain  Chain
		same   Filter
		format codec.Format
		psnr   float64 // dB, at least
	}{
		"none":             {Chain{}, Scale{Factor: Factor{1, 1}}, codec.PNG, 99},
		"gray":             {Chain{Gray{}}, Gray{}, codec.JPEG, 99},
		"gray twice":       {Chain{Gray{}, Gray{}}, Gray{}, codec.JPEG, 99},
		"scale":            {Chain{Scale{}}, Scale{}, codec.JPEG, 99},
		"scale, then gray": {Chain{half, Gray{}}, Chain{Gray{}, Scale{Kernel: "lanczos"}}, codec.JPEG, 99},
		"scale twice":      {Chain{half, quarter}, quarter, codec.PNG, 32},
	} {
		got, err := filtered(in, c.chain, Options{Format: c.format})
		want, err2 := filtered(in, c.same, Options{Format: c.format})
		if err != nil || err2 != nil {
			t.Fatalf("%s: %v, %v", name, err, err2)
		}
		if _, psnr := imagetest.Compare(t, pixel.ToRGB(decode(t, got)), pixel.ToRGB(decode(t, want))); psnr < c.psnr {
			t.Errorf("%s: PSNR %.1f dB against %+v, want %.0f", name, psnr, c.same, c.psnr)
		}
	}
}
