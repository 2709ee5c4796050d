package filters

import (
	"bytes"
	"image"
	"testing"

	"github.com/disintegration/imaging"
)

// TestOrientations: whatever the tag, -upright and another format show what a
// viewer shows that goes by the tag.
func TestOrientations(t *testing.T) {
	turns := []func(image.Image) *image.NRGBA{
		1: imaging.Clone, imaging.FlipH, imaging.Rotate180, imaging.FlipV,
		imaging.Transpose, imaging.Rotate270, imaging.Transverse, imaging.Rotate90,
	}
	stored := decode(t, input(t, "rgb8.png"))
	for _, format := range []Format{JPEG, PNG, TIFF, WebP} {
		for tag := 1; tag <= 8; tag++ {
			p := &Picture{Format: format, Frames: []Frame{{Image: stored}}, Meta: Metadata{EXIF: describedEXIF(61, 41), Orientation: tag}}
			p.Meta.EXIF.setOrientation(tag)
			var in bytes.Buffer
			if err := Encode(&in, p, Options{Quality: 100}); err != nil {
				t.Fatal(err)
			}
			for name, o := range map[string]Options{"kept": {}, "upright": {Upright: true}, "stripped": {Strip: true}, "BMP": {Format: BMP}, "PAM": {Format: PAM}} {
				var out bytes.Buffer
				if err := Run(&out, bytes.NewReader(in.Bytes()), Scale{Factor: Factor{1, 1}}, o); err != nil {
					t.Fatal(err)
				}
				p, err := Decode(&out, Limits{})
				if err != nil {
					t.Fatal(err)
				}
				want, wantTag := turns[tag](stored), 1
				if name == "kept" {
					want, wantTag = imaging.Clone(stored), tag
				}
				if got := max(p.Meta.Orientation, 1); got != wantTag {
					t.Errorf("%s with tag %d, %s: tag %d, want %d", format, tag, name, got, wantTag)
				}
				least := 60.0
				if format == JPEG {
					least = 30 // its chroma has half the size, and a side is odd
				}
				if _, psnr := compare(t, toRGB(p.Frames[0].Image), want); psnr < least {
					t.Errorf("%s with tag %d, %s: PSNR %.1f dB, want %.0f", format, tag, name, psnr, least)
				}
			}
		}
	}
}

// TestUprightKeepsSampling turns luma and chroma apart where that can be.
func TestUprightKeepsSampling(t *testing.T) {
	for _, c := range []struct {
		w, h     int
		in, want image.YCbCrSubsampleRatio
		apart    bool
	}{
		{16, 8, image.YCbCrSubsampleRatio420, image.YCbCrSubsampleRatio420, true},
		{16, 8, image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio440, true},
		{16, 8, image.YCbCrSubsampleRatio444, image.YCbCrSubsampleRatio444, true},
		{15, 8, image.YCbCrSubsampleRatio420, 0, false},
		{16, 8, image.YCbCrSubsampleRatio411, 0, false},
	} {
		m := noise(image.NewYCbCr(image.Rect(0, 0, c.w, c.h), c.in)).(*image.YCbCr)
		got := upright(m, 6)
		y, apart := got.(*image.YCbCr)
		if apart != c.apart || apart && y.SubsampleRatio != c.want {
			t.Errorf("%v of %d x %d turned: %T", c.in, c.w, c.h, got)
		}
		if most, psnr := compare(t, toRGB(got), upright(rgbOf(m), 6)); psnr < 45 {
			t.Errorf("%v of %d x %d turned: differs by up to %d, PSNR %.1f dB", c.in, c.w, c.h, most, psnr)
		}
	}
}

func TestUprightTurnsBack(t *testing.T) {
	m := noise(image.NewNRGBA(image.Rect(0, 0, 5, 3)))
	for o, want := range map[int]func(image.Image) *image.NRGBA{
		2: imaging.FlipH, 3: imaging.Rotate180, 4: imaging.FlipV, 5: imaging.Transpose,
		6: imaging.Rotate270, 7: imaging.Transverse, 8: imaging.Rotate90,
	} {
		got := upright(m, o).(*image.NRGBA)
		if w := want(m); got.Rect != w.Rect || !bytes.Equal(got.Pix, w.Pix) {
			t.Errorf("orientation %d: not what imaging makes of it", o)
		}
	}
}

func TestPagesTurnedDifferently(t *testing.T) {
	// Two pages; the second one's directory is given another orientation.
	m := noise(image.NewGray(image.Rect(0, 0, 6, 4)))
	var b bytes.Buffer
	if err := Encode(&b, &Picture{Format: TIFF, Frames: []Frame{{Image: m}, {Image: m}}}, Options{}); err != nil {
		t.Fatal(err)
	}
	file := tiffData(b.Bytes())
	link := file.entries(file.ifd0(), func([]byte) {})
	file.entries(int(file.order().Uint32(file[link:])), func(entry []byte) {
		if file.order().Uint16(entry) == tagOrientation {
			file.setInt(entry, 6)
		}
	})
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
		p, err := Decode(&out, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 2 {
			if tag, w := p.metaOf(i).Orientation, p.Frames[i].Image.Bounds().Dx(); tag != c.tags[i] || w != c.widths[i] {
				t.Errorf("%+v: page %d has orientation %d and is %d wide, want %d and %d", c.o, i, tag, w, c.tags[i], c.widths[i])
			}
		}
	}
}
