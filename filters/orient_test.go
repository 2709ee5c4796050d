package filters

import (
	"bytes"
	"image"
	"testing"

	"github.com/disintegration/imaging"

	"imgpipe/filters/codec"
	"imgpipe/filters/internal/imagetest"
	"imgpipe/filters/meta"
	"imgpipe/filters/pixel"
)

// TestOrientations: for every orientation, upright pixels are those that a viewer
// shows by the tag.
func TestOrientations(t *testing.T) {
	turns := []func(image.Image) *image.NRGBA{
		1: imaging.Clone, imaging.FlipH, imaging.Rotate180, imaging.FlipV,
		imaging.Transpose, imaging.Rotate270, imaging.Transverse, imaging.Rotate90,
	}
	stored := decode(t, imagetest.Input(t, "rgb8.png"))
	for _, format := range []codec.Format{codec.JPEG, codec.PNG, codec.TIFF, codec.WebP} {
		for tag := 1; tag <= 8; tag++ {
			p := &codec.Picture{Format: format, Frames: []codec.Frame{{Image: stored, Meta: meta.Metadata{EXIF: describedEXIF(61, 41, tag), Orientation: tag}}}}
			var in bytes.Buffer
			if err := codec.Encode(&in, p, codec.EncodeOptions{Quality: 100}); err != nil {
				t.Fatal(err)
			}
			for name, o := range map[string]Options{"kept": {}, "upright": {Upright: true}, "stripped": {Strip: true}, "BMP": {Format: codec.BMP}, "PAM": {Format: codec.PAM}} {
				var out bytes.Buffer
				if err := Run(&out, bytes.NewReader(in.Bytes()), Scale{Factor: Factor{1, 1}}, o); err != nil {
					t.Fatal(err)
				}
				p, err := codec.Decode(&out, codec.DecodeOptions{})
				if err != nil {
					t.Fatal(err)
				}
				want, wantTag := turns[tag](stored), 1
				if name == "kept" {
					want, wantTag = imaging.Clone(stored), tag
				}
				if got := max(p.Frames[0].Meta.Orientation, 1); got != wantTag {
					t.Errorf("%s with tag %d, %s: tag %d, want %d", format, tag, name, got, wantTag)
				}
				least := 60.0
				if format == codec.JPEG {
					least = 30 // its chroma has half the size, and a side is odd
				}
				if _, psnr := imagetest.Compare(t, pixel.ToRGB(p.Frames[0].Image), want); psnr < least {
					t.Errorf("%s with tag %d, %s: PSNR %.1f dB, want %.0f", format, tag, name, psnr, least)
				}
			}
		}
	}
}

func TestPagesTurnedDifferently(t *testing.T) {
	// Two pages, of which the second gets another orientation.
	m := imagetest.Noise(image.NewGray(image.Rect(0, 0, 6, 4)))
	var b bytes.Buffer
	if err := codec.Encode(&b, &codec.Picture{Format: codec.TIFF, Frames: []codec.Frame{{Image: m}, {Image: m}}}, codec.EncodeOptions{}); err != nil {
		t.Fatal(err)
	}
	file := meta.TIFF(b.Bytes())
	second, _ := file.NextIFD(file.FirstIFD())
	if second == 0 {
		t.Fatal("no second page")
	}
	for e := range file.Entries(second) {
		if e.Tag() == tagOrientation {
			e.SetInt(6)
		}
	}
	for _, c := range []struct {
		o      Options
		tags   [2]int
		widths [2]int
	}{
		{Options{}, [2]int{1, 6}, [2]int{6, 6}},
		{Options{Upright: true}, [2]int{1, 1}, [2]int{6, 4}},
	} {
		var out bytes.Buffer
		if err := Run(&out, bytes.NewReader(file), Gray{}, c.o); err != nil {
			t.Fatal(err)
		}
		p, err := codec.Decode(&out, codec.DecodeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 2 {
			if tag, w := p.Frames[i].Meta.Orientation, p.Frames[i].Image.Bounds().Dx(); tag != c.tags[i] || w != c.widths[i] {
				t.Errorf("%+v: page %d has orientation %d and is %d wide, want %d and %d", c.o, i, tag, w, c.tags[i], c.widths[i])
			}
		}
	}
}
