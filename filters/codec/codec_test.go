package codec

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"math/rand/v2"
	"strings"
	"testing"

	"imgpipe/filters/internal/imagetest"
	"imgpipe/filters/pixel"
)

// TestFormats: every row of the table is complete, and no two rows are alike.
func TestFormats(t *testing.T) {
	for _, f := range formats {
		if f.decode == nil || f.encode == nil || f.maxSide == 0 || len(f.magic) == 0 {
			t.Errorf("%s: the row is not complete", f.name)
		}
		for _, name := range append([]string{string(f.name), strings.ToLower(string(f.name))}, f.aliases...) {
			if got, err := ParseFormat(name); got != f.name || err != nil {
				t.Errorf("ParseFormat(%q) is %q, error %v; want %q", name, got, err, f.name)
			}
		}
		for _, magic := range f.magic {
			got, _, err := Sniff(strings.NewReader(magic))
			if got != f.name || err != nil {
				t.Errorf("a file that begins with %q is %q, error %v; want %q", magic, got, err, f.name)
			}
		}
	}
	if got, err := ParseFormat("xpm"); err == nil || err.Error() != `unknown format "xpm" (want jpeg, png, gif, bmp, tiff, webp, pnm or pam)` {
		t.Errorf("xpm is the format %q, error %v", got, err)
	}
}

// TestRoundTrip writes each type in each lossless format and reads it back.
func TestRoundTrip(t *testing.T) {
	for name, m := range imagetest.EveryType(41, 23) {
		if strings.HasPrefix(name, "luma") {
			continue
		}
		for _, format := range []Format{PNG, TIFF, BMP, WebP, PAM} {
			t.Run(fmt.Sprint(format, " ", name), func(t *testing.T) {
				var b bytes.Buffer
				p := &Picture{Format: format, Frames: []Frame{{Image: m}}}
				if err := Encode(&b, p, EncodeOptions{}); err != nil {
					t.Fatal(err)
				}
				got, want := decode(t, b.Bytes()), m
				if format == BMP || format == WebP {
					want = pixel.To8(m)
				} else if fmt.Sprintf("%T", got) != fmt.Sprintf("%T", m) {
					t.Errorf("comes back as %T, want %T", got, m)
				}
				for y := range 23 {
					for x := range 41 {
						g, w := got.At(x, y), want.At(x, y)
						r1, g1, b1, a1 := g.RGBA()
						r2, g2, b2, a2 := w.RGBA()
						if r1 != r2 || g1 != g2 || b1 != b2 || a1 != a2 {
							t.Fatalf("pixel %d,%d is %v, want %v", x, y, g, w)
						}
					}
				}
			})
		}
	}
}

// TestWebPOfAnything: images that are unusual for an encoder come back exactly.
func TestWebPOfAnything(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for name, c := range map[string]struct {
		side int
		pix  func() uint8
	}{
		"a black pixel":       {1, func() uint8 { return 0 }},
		"a white pixel":       {1, func() uint8 { return 255 }},
		"noise":               {200, func() uint8 { return uint8(random.Uint32()) }},
		"noise of few values": {64, func() uint8 { return uint8(random.Uint32()) & 0x80 }},
	} {
		m := image.NewNRGBA(image.Rect(0, 0, c.side, c.side))
		for i := range m.Pix {
			m.Pix[i] = c.pix() | uint8(i%4/3)*255 // opaque
		}
		var out bytes.Buffer
		if err := Encode(&out, &Picture{Frames: []Frame{{Image: m}}}, EncodeOptions{Format: WebP}); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if most, _ := imagetest.Compare(t, decode(t, out.Bytes()), m); most != 0 {
			t.Errorf("%s: off by %d", name, most)
		}
	}
}

// TestEncodingIsBounded has pictures that are within the limits, while what their
// encoders need may not be.
func TestEncodingIsBounded(t *testing.T) {
	for _, c := range []struct {
		format Format
		image  image.Image
		want   string
	}{
		{WebP, image.NewGray(image.Rect(0, 0, 2000, 1000)), "31 MiB would be needed, more than the limit of 16"},
		{GIF, image.NewNRGBA(image.Rect(0, 0, 2000, 2000)), "31 MiB would be needed, more than the limit of 16"},
		{GIF, image.NewGray(image.Rect(0, 0, 1000, 1000)), ""},
		{PNG, image.NewNRGBA(image.Rect(0, 0, 1000, 1000)), ""},
	} {
		var out bytes.Buffer
		err := Encode(&out, &Picture{Frames: []Frame{{Image: c.image}}}, EncodeOptions{Format: c.format, Limits: Limits{Memory: 16 << 20}})
		if got := fmt.Sprint(err); c.want == "" && err != nil || c.want != "" && got != c.want {
			t.Errorf("%T as %s: error %v, want %q", c.image, c.format, err, c.want)
		}
		if beyond := new(LimitError); err != nil && (!errors.As(err, &beyond) || beyond.Limit != MaxMemory) {
			t.Errorf("%T as %s: error %#v, want a LimitError of MaxMemory", c.image, c.format, err)
		}
	}
}

func decode(t *testing.T, data []byte) image.Image {
	t.Helper()
	p, err := Decode(bytes.NewReader(data), DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return p.Frames[0].Image
}
