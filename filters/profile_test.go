package filters

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"imgpipe/filters/codec"
	"imgpipe/filters/icc"
	"imgpipe/filters/internal/imagetest"
	"imgpipe/filters/meta"
	"imgpipe/filters/pixel"
)

// TestConversion: where the profile gets lost, the pixels are those of the profile
// converted to sRGB; with NoConvert they keep their values.
func TestConversion(t *testing.T) {
	formats := []codec.Format{codec.JPEG, codec.PNG, codec.TIFF, codec.WebP}
	for _, profile := range []imagetest.Profile{imagetest.DisplayP3, imagetest.AdobeRGB, imagetest.ProPhoto} {
		for _, from := range formats {
			for _, depth := range []int{8, 16} {
				if depth == 16 && from != codec.PNG && from != codec.TIFF {
					continue
				}
				in, opaque := withProfile(t, from, drawn(4, depth), profile), withProfile(t, from, drawn(3, depth), profile)
				for _, o := range []Options{
					{Strip: true}, {Strip: true, Format: codec.PNG}, {Format: codec.BMP}, {Format: codec.PNM}, {Format: codec.PAM}, {Format: codec.GIF},
				} {
					for _, f := range []Filter{Gray{}, Scale{}} {
						name := fmt.Sprintf("%T of %d bits, %s in %s to %s, strip %v", f, depth, profile.Name, from, o.Format, o.Strip)
						if o.Format == codec.PNM { // it has no alpha, and white is not converted
							in = opaque
						}
						checkConversion(t, name, in, profile.Bytes(), f, o)
					}
				}
			}
		}
	}
}

// TestGrayConversion: gray with a gray profile becomes gray of sRGB's curve; so does
// gray in a WebP, which has no gray.
func TestGrayConversion(t *testing.T) {
	for _, from := range []codec.Format{codec.JPEG, codec.PNG, codec.TIFF} {
		in := withProfile(t, from, drawn(1, 8), imagetest.GrayGamma)
		for _, o := range []Options{{Strip: true}, {Format: codec.BMP}, {Format: codec.WebP}} {
			checkConversion(t, fmt.Sprintf("%s to %s, strip %v", from, o.Format, o.Strip), in, imagetest.GrayGamma.Bytes(), Gray{}, o)
		}
	}
}

// checkConversion compares the result of a filter with the same result without a
// conversion, which the test converts.
func checkConversion(t *testing.T, name string, in, profile []byte, f Filter, o Options) {
	t.Helper()
	o.NoConvert = true
	plain := run(t, in, f, o)
	o.NoConvert = false
	converted := run(t, in, f, o)
	space := icc.RGB
	if _, gray := f.(Gray); gray {
		space = icc.Gray
	}
	transform := mustParse(t, profile).ToSRGB(space)
	least := 55. // where 16 bits become 8, the test converts what has been rounded
	switch converted.Format {
	case codec.JPEG:
		least = 34
	case codec.GIF:
		least = 30
	}
	for i, frame := range converted.Frames {
		if plain.Frames[i].Meta.ICC != nil || frame.Meta.ICC != nil {
			t.Fatalf("%s: there is a profile", name)
		}
		got, want := pixel.ToRGB(frame.Image), pixel.ToRGB(plain.Frames[i].Image)
		if transform != nil {
			convertAll(transform, pixel.RasterOf(want), want.Bounds().Size(), space)
		}
		if most, psnr := imagetest.Compare(t, got, want); psnr < least {
			t.Errorf("%s: frame %d differs by up to %d, PSNR %.1f dB, want %.0f", name, i, most, psnr, least)
		}
	}
}

// convertAll converts an image. Gray in a file without gray has three equal samples.
func convertAll(transform *icc.Transform, r pixel.Raster, size image.Point, space icc.Space) {
	for y := range size.Y {
		row, n := r.Row(y, size.X), r.PixelBytes()
		if space != icc.Gray || r.Samples < 4 {
			transform.Row(row, r.Samples, r.Depth)
			continue
		}
		for ; len(row) > 0; row = row[n:] {
			transform.Row(row[:n-r.Depth/8], 1, r.Depth)
		}
	}
}

// TestConversionOfFrames: all frames of an animation are converted.
func TestConversionOfFrames(t *testing.T) {
	solid, holes := palettes()
	p := &codec.Picture{Format: codec.PNG}
	for _, m := range []image.Image{pixel.Canonical(solid), pixel.Canonical(holes), drawn(4, 8)} {
		p.Frames = append(p.Frames, codec.Frame{Image: m, Delay: time.Second, Meta: meta.Metadata{ICC: imagetest.ProPhoto.Bytes()}})
	}
	var file bytes.Buffer
	if err := codec.Encode(&file, p, codec.EncodeOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, f := range []Filter{Gray{}, Scale{Factor: Factor{1, 1}}} {
		checkConversion(t, fmt.Sprintf("%T", f), file.Bytes(), imagetest.ProPhoto.Bytes(), f, Options{Strip: true})
	}
}

// run runs a filter and decodes the result.
func run(t *testing.T, in []byte, f Filter, o Options) *codec.Picture {
	t.Helper()
	var out bytes.Buffer
	if err := Run(&out, bytes.NewReader(in), f, o); err != nil {
		t.Fatal(err)
	}
	p, err := codec.Decode(&out, codec.DecodeOptions{NoConvert: true})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// withProfile returns a file with a profile.
func withProfile(t *testing.T, f codec.Format, m image.Image, profile imagetest.Profile) []byte {
	t.Helper()
	return pagesWithProfile(t, f, profile, m)
}

// pagesWithProfile returns a file with several images that have the same profile.
func pagesWithProfile(t *testing.T, f codec.Format, profile imagetest.Profile, images ...image.Image) []byte {
	t.Helper()
	var file bytes.Buffer
	p := &codec.Picture{Format: f}
	for _, m := range images {
		p.Frames = append(p.Frames, codec.Frame{Image: m, Meta: meta.Metadata{ICC: profile.Bytes()}})
	}
	if err := codec.Encode(&file, p, codec.EncodeOptions{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// TestGrayKeepsCoefficients: a profile of gray takes the place of one of RGB without
// a change of the coefficients; so it does where pixels are decoded.
func TestGrayKeepsCoefficients(t *testing.T) {
	in := withProfile(t, codec.JPEG, drawn(3, 8), imagetest.ProPhoto)
	luma := codecImage(t, in).(*image.YCbCr)
	p := run(t, in, Gray{}, Options{})
	if got := p.Frames[0].Image.(*image.Gray); !bytes.Equal(got.Pix, luma.Y) {
		t.Error("the pixels are not luma's")
	}
	byPixels := run(t, in, Gray{}, Options{Quality: 90})
	if got := p.Frames[0].Meta.ICC; icc.SpaceOf(got) != icc.Gray || !bytes.Equal(got, byPixels.Frames[0].Meta.ICC) {
		t.Errorf("by coefficients the profile is %q, by pixels %q", got, byPixels.Frames[0].Meta.ICC)
	}
}

func codecImage(t *testing.T, data []byte) image.Image {
	t.Helper()
	p, err := codec.Decode(bytes.NewReader(data), codec.DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return p.Frames[0].Image
}

// TestGrayWithRGBProfile: gray whose file has a profile of RGB, as some programs write
// it, gets one of gray, by coefficients and by pixels.
func TestGrayWithRGBProfile(t *testing.T) {
	want := mustParse(t, imagetest.AdobeRGB.Bytes()).Gray()
	in := withSegments(imagetest.Input(t, "gray.jpg"), imagetest.AdobeRGB.Bytes())
	for _, f := range []Filter{Gray{}, Scale{}, Scale{Kernel: "box"}} {
		if got := run(t, in, f, Options{}).Frames[0].Meta.ICC; !bytes.Equal(got, want) {
			t.Errorf("%+v: the profile is %q", f, got)
		}
	}
}

// TestSRGBKeepsCoefficients: to strip a profile of sRGB, or gray of sRGB's curve,
// needs no pixels.
func TestSRGBKeepsCoefficients(t *testing.T) {
	for _, c := range []struct {
		profile imagetest.Profile
		filter  Filter
		same    bool // as without a conversion
	}{
		{imagetest.SRGB, Gray{}, true}, {imagetest.SRGB, Scale{}, true},
		{imagetest.DisplayP3, Gray{}, true}, {imagetest.DisplayP3, Scale{}, false},
		{imagetest.AdobeRGB, Gray{}, false},
	} {
		in := withProfile(t, codec.JPEG, drawn(3, 8), c.profile)
		var stripped, plain bytes.Buffer
		for out, o := range map[*bytes.Buffer]Options{&stripped: {Strip: true}, &plain: {Strip: true, NoConvert: true}} {
			if err := Run(out, bytes.NewReader(in), c.filter, o); err != nil {
				t.Fatal(err)
			}
		}
		if same := bytes.Equal(stripped.Bytes(), plain.Bytes()); same != c.same {
			t.Errorf("%T of %s: the same as with NoConvert: %v, want %v", c.filter, c.profile.Name, same, c.same)
		}
	}
}

// TestStripUpright: a picture that is stored sideways is turned and converted.
func TestStripUpright(t *testing.T) {
	exif := describedEXIF(48, 32, 6)
	for _, f := range []codec.Format{codec.JPEG, codec.PNG} {
		var file bytes.Buffer
		p := &codec.Picture{Format: f, Frames: []codec.Frame{{Image: drawn(3, 8), Meta: meta.Metadata{Orientation: 6, EXIF: exif, ICC: imagetest.ProPhoto.Bytes()}}}}
		if err := codec.Encode(&file, p, codec.EncodeOptions{}); err != nil {
			t.Fatal(err)
		}
		for _, filter := range []Filter{Gray{}, Scale{Factor: Factor{1, 1}}} {
			if got := run(t, file.Bytes(), filter, Options{Strip: true}).Frames[0].Image.Bounds().Size(); got != image.Pt(32, 48) {
				t.Errorf("%s, %T: %v, want it upright", f, filter, got)
			}
			checkConversion(t, fmt.Sprintf("%s, %T", f, filter), file.Bytes(), imagetest.ProPhoto.Bytes(), filter, Options{Strip: true})
		}
	}
}

// withSegments inserts the segments of a profile into a JPEG.
func withSegments(file, profile []byte) []byte {
	out := slices.Clone(file[:2])
	parts := slices.Collect(slices.Chunk(profile, 65000))
	for i, part := range parts {
		out = append(out, 0xff, 0xe2)
		out = binary.BigEndian.AppendUint16(out, uint16(2+14+len(part)))
		out = append(append(out, "ICC_PROFILE\x00"...), byte(i+1), byte(len(parts)))
		out = append(out, part...)
	}
	return append(out, file[2:]...)
}

func mustParse(t *testing.T, data []byte) *icc.Profile {
	t.Helper()
	p, err := icc.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestUnusableProfile: a profile that is needed and cannot be used is told, and the
// pixels keep their values. A profile that is only copied is not looked at.
func TestUnusableProfile(t *testing.T) {
	broken := imagetest.ProPhoto
	broken.Curves = [][]byte{[]byte("para of nothing at all")}
	refuse := errors.New("refused")
	for _, c := range []struct {
		name   string
		in     []byte
		filter Filter
		o      Options
		told   bool
	}{
		{"gray by coefficients", withProfile(t, codec.JPEG, drawn(3, 8), broken), Gray{}, Options{}, true},
		{"gray by pixels", withProfile(t, codec.PNG, drawn(3, 8), broken), Gray{}, Options{}, true},
		{"stripped", withProfile(t, codec.JPEG, drawn(3, 8), broken), Scale{}, Options{Strip: true}, true},
		{"to BMP", withProfile(t, codec.TIFF, drawn(3, 8), broken), Scale{}, Options{Format: codec.BMP}, true},
		{"pages of RGB and gray", pagesWithProfile(t, codec.TIFF, broken, drawn(3, 8), drawn(3, 8), drawn(1, 8), drawn(3, 8)), Scale{}, Options{Strip: true}, true},
		{"inks", withSegments(imagetest.Input(t, "cmyk-adobe.jpg"), cmykProfile.Bytes()[:2000]), Gray{}, Options{}, true},
		{"kept", withProfile(t, codec.PNG, drawn(3, 8), broken), Scale{}, Options{}, false},
		{"unconverted", withProfile(t, codec.PNG, drawn(3, 8), broken), Scale{}, Options{Strip: true, NoConvert: true}, false},
	} {
		var told []string
		o := c.o
		o.Tolerate = func(breach error) error { told = append(told, breach.Error()); return nil }
		got := run(t, c.in, c.filter, o)
		o.NoConvert, o.Tolerate = true, nil
		if most, _ := imagetest.Compare(t, pixel.ToRGB(got.Frames[0].Image), pixel.ToRGB(run(t, c.in, c.filter, o).Frames[0].Image)); most > 0 {
			t.Errorf("%s: the pixels have changed by up to %d", c.name, most)
		}
		if isTold := len(told) == 1 && strings.Contains(told[0], "unusable colour profile"); isTold != c.told || len(told) > 1 {
			t.Errorf("%s: told %q, want a profile, once: %v", c.name, told, c.told)
		}
		o = c.o
		o.Tolerate = func(error) error { return refuse }
		if err := Run(new(bytes.Buffer), bytes.NewReader(c.in), c.filter, o); errors.Is(err, refuse) != c.told {
			t.Errorf("%s: %v with -strict", c.name, err)
		}
	}
}

// TestProPhotoCase: gray of the case keeps its tones: by its profile, or converted.
// As sRGB, 64 of ProPhoto RGB is 81.
func TestProPhotoCase(t *testing.T) {
	in, err := os.ReadFile(filepath.Join("..", "testdata", "cases", "png-icc-prophoto.png"))
	if err != nil {
		t.Fatal(err)
	}
	kept := run(t, in, Gray{}, Options{})
	if icc.SpaceOf(kept.Frames[0].Meta.ICC) != icc.Gray || len(kept.Frames[0].Meta.ICC) > 400 {
		t.Errorf("a profile of %d bytes for %q", len(kept.Frames[0].Meta.ICC), icc.SpaceOf(kept.Frames[0].Meta.ICC))
	}
	before := kept.Frames[0].Image.(*image.Gray)
	after := run(t, in, Gray{}, Options{Strip: true}).Frames[0].Image.(*image.Gray)
	i := bytes.IndexByte(before.Pix, 64)
	if i < 0 || after.Pix[i] != 81 {
		t.Errorf("64 is at %d, and converted it is %d", i, after.Pix[max(i, 0)])
	}
}
