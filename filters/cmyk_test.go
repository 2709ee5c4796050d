package filters

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"slices"
	"testing"

	"imgpipe/filters/codec"
	"imgpipe/filters/icc"
	"imgpipe/filters/internal/imagetest"
	"imgpipe/filters/meta"
	"imgpipe/filters/pixel"
)

// TestInksAndPlanes: CMYK, in planes of 8 bits and in pixels of 16 bits, has the
// pixels of the RGB image that it was made of.
func TestInksAndPlanes(t *testing.T) {
	for in, from := range map[string]string{"cmyk8planes.tiff": "rgb8.png", "cmyk16.tiff": "rgb16.png"} {
		got, want := decode(t, imagetest.Input(t, in)), decode(t, imagetest.Input(t, from))
		if most, psnr := imagetest.Compare(t, got, want); most > 1 || fmt.Sprintf("%T", got) != fmt.Sprintf("%T", want) {
			t.Errorf("%s is a %T and differs from %s by up to %d, PSNR %.1f dB", in, got, from, most, psnr)
		}
	}
}

// TestScaledInks: scaled CMYK of 16 bits is RGB of 16 bits.
func TestScaledInks(t *testing.T) {
	var out bytes.Buffer
	if err := Run(&out, bytes.NewReader(imagetest.Input(t, "cmyk16.tiff")), Scale{}, Options{}); err != nil {
		t.Fatal(err)
	}
	if m, ok := decode(t, out.Bytes()).(*image.NRGBA64); !ok || !m.Opaque() {
		t.Errorf("half is a %T", m)
	}
}

// cmykProfile is the profile of a printer.
var cmykProfile = imagetest.Profile{Name: "inks", Space: "CMYK", Version: 2, Table: imagetest.Lut16(imagetest.Inks, 4, 6)}

// TestInksByProfile: CMYK becomes RGB by its profile, and as ever without it. As
// coefficients it keeps the profile, unless that is stripped.
func TestInksByProfile(t *testing.T) {
	plain := imagetest.Input(t, "cmyk-adobe.jpg")
	in := withSegments(plain, cmykProfile.Bytes())
	transform := mustParse(t, cmykProfile.Bytes()).ToSRGB(icc.CMYK)
	for _, c := range []struct {
		name string
		in   []byte
		o    Options
		want func(row []uint8)
	}{
		{"without a profile", plain, Options{Format: codec.PNG}, func(row []uint8) { pixel.CMYKRowToRGB(row, 8) }},
		{"by its profile", in, Options{Format: codec.PNG}, func(row []uint8) { transform.Row(row, 4, 8) }},
		{"unconverted", in, Options{Format: codec.PNG, NoConvert: true}, func(row []uint8) { pixel.CMYKRowToRGB(row, 8) }},
		{"stripped", in, Options{Strip: true}, func(row []uint8) { transform.Row(row, 4, 8) }},
	} {
		want := inksOf(t, plain)
		c.want(want.Pix)
		p := run(t, c.in, Scale{Factor: Factor{1, 1}}, c.o)
		least := 60.
		if p.Format == codec.JPEG {
			least = 30
		}
		if most, psnr := imagetest.Compare(t, pixel.ToRGB(p.Frames[0].Image), want); psnr < least || p.Frames[0].Meta.ICC != nil {
			t.Errorf("%s: differs by up to %d, PSNR %.1f dB; profile %q", c.name, most, psnr, p.Frames[0].Meta.ICC)
		}
	}
	var half bytes.Buffer
	if err := Run(&half, bytes.NewReader(in), Scale{}, Options{}); err != nil {
		t.Fatal(err)
	}
	if j := openJPEG(t, half.Bytes()); len(j.Reader.Header().Components) != 4 || !bytes.Equal(j.Meta.ICC, cmykProfile.Bytes()) {
		t.Error("half of CMYK is no CMYK with its profile")
	}
}

// TestInksOfTIFF: CMYK of 8 and of 16 bits becomes RGB by its profile.
func TestInksOfTIFF(t *testing.T) {
	inks := []byte{0, 0, 0, 0, 255, 0, 0, 0, 0, 200, 100, 0, 30, 60, 90, 120}
	const pixels = 4
	for _, depth := range []int{8, 16} {
		var samples []byte
		for _, v := range inks {
			samples = append(samples, bytes.Repeat([]byte{v}, depth/8)...)
		}
		header := func(at int) []byte {
			return meta.NewTIFF([]meta.Field{
				meta.ShortField(256, pixels), meta.ShortField(257, 1), meta.ShortField(258, depth, depth, depth, depth), meta.ShortField(259, 1),
				meta.ShortField(262, 5), meta.LongField(273, at), meta.ShortField(277, 4), meta.ShortField(278, 1), meta.LongField(279, len(samples)),
				{Tag: 34675, Type: meta.TypeUndefined, Value: cmykProfile.Bytes()},
			})
		}
		in := append(header(len(header(0))), samples...)
		for convert, toRGB := range map[bool]func(row []uint8){
			true:  func(row []uint8) { mustParse(t, cmykProfile.Bytes()).ToSRGB(icc.CMYK).Row(row, 4, depth) },
			false: func(row []uint8) { pixel.CMYKRowToRGB(row, depth) },
		} {
			p, err := codec.Decode(bytes.NewReader(in), codec.DecodeOptions{NoConvert: !convert})
			if err != nil {
				t.Fatal(err)
			}
			want := slices.Clone(samples)
			toRGB(want)
			if got := pixel.RasterOf(p.Frames[0].Image).Pix; !bytes.Equal(got, want) || p.Frames[0].Meta.ICC != nil {
				t.Errorf("%d bits, converted: %v: %v, want %v", depth, convert, got, want)
			}
		}
	}
}

// inksOf returns the inks of a JPEG, 255 for full ink, in the place of red, green,
// blue and alpha.
func inksOf(t *testing.T, data []byte) *image.NRGBA {
	t.Helper()
	decoded, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	m := decoded.(*image.CMYK)
	return &image.NRGBA{Pix: m.Pix, Stride: m.Stride, Rect: m.Rect}
}
