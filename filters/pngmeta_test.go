package filters

import (
	"bytes"
	"compress/zlib"
	"slices"
	"strings"
	"testing"

	"imgpipe/filters/codec"
	"imgpipe/filters/internal/imagetest"
	"imgpipe/filters/pixel"
	"imgpipe/filters/pngrow"
)

// TestPNGKeepsItsChunks: a PNG keeps chunks that no other format has, and its
// resolution exactly.
func TestPNGKeepsItsChunks(t *testing.T) {
	chunks := []pngrow.Chunk{
		{Type: "gAMA", Data: longs(100000)}, {Type: "cHRM", Data: make([]byte, 32)}, {Type: "cICP", Data: []byte{9, 16, 0, 1}},
		{Type: "pHYs", Data: append(longs(1000, 1001), 1)}, {Type: "tEXt", Data: []byte("Title\x00kept")}, {Type: "tIME", Data: make([]byte, 7)},
	}
	var in bytes.Buffer
	w, err := pngrow.NewWriter(&in, pngrow.Header{Width: 2, Height: 1, BitDepth: 8, ColourType: pngrow.RGB, Chunks: chunks})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.WriteRow([]byte("abcdef")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		filter Filter
		want   string
	}{
		{Scale{}, "gAMA cHRM cICP pHYs tEXt"}, {Gray{}, "gAMA cICP pHYs tEXt"}, // gray has no primaries
	} {
		var out bytes.Buffer
		if err := Run(&out, bytes.NewReader(in.Bytes()), c.filter, Options{}); err != nil {
			t.Fatal(err)
		}
		r, err := pngrow.NewReader(&out, pngrow.ReaderOptions{})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, kept := range r.Header().Chunks {
			for _, was := range chunks {
				if was.Type == kept.Type && bytes.Equal(was.Data, kept.Data) {
					got = append(got, kept.Type)
				}
			}
		}
		for _, kind := range strings.Fields(c.want) {
			if !slices.Contains(got, kind) {
				t.Errorf("%T: %s isn't what it was, of %v", c.filter, kind, got)
			}
		}
		if len(got) != len(strings.Fields(c.want)) {
			t.Errorf("%T: kept %v, want %s", c.filter, got, c.want)
		}
	}
}

// TestChunksOfColour: what gAMA, cHRM and cICP say is not lost where they are. 120, 80, 40
// of linear light are 182, 152, 110 in sRGB, and of Display P3 127, 78, 30.
func TestChunksOfColour(t *testing.T) {
	linear := pngrow.Chunk{Type: "gAMA", Data: longs(100000)}
	usual := pngrow.Chunk{Type: "gAMA", Data: longs(45455)}
	p3 := pngrow.Chunk{Type: "cHRM", Data: longs(31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)}
	rec709 := pngrow.Chunk{Type: "cHRM", Data: longs(31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)}
	srgb := pngrow.Chunk{Type: "sRGB", Data: []byte{0}}
	cicp := func(b ...byte) pngrow.Chunk { return pngrow.Chunk{Type: "cICP", Data: b} }
	same, fromLinear, fromP3 := [3]uint8{120, 80, 40}, [3]uint8{182, 152, 110}, [3]uint8{127, 78, 30}
	for _, c := range []struct {
		name   string
		chunks []pngrow.Chunk
		want   [3]uint8 // with -strip
	}{
		{"none", nil, same},
		{"the usual gamma", []pngrow.Chunk{usual}, same},
		{"the usual gamma and primaries", []pngrow.Chunk{usual, rec709}, same},
		{"linear", []pngrow.Chunk{linear}, fromLinear},
		{"linear, but sRGB", []pngrow.Chunk{linear, srgb}, same},
		{"gamma 0", []pngrow.Chunk{{Type: "gAMA", Data: longs(0)}}, same},
		{"P3", []pngrow.Chunk{usual, p3}, fromP3},
		{"P3 alone", []pngrow.Chunk{p3}, fromP3},
		{"primaries of nothing", []pngrow.Chunk{usual, {Type: "cHRM", Data: make([]byte, 32)}}, same},
		{"cICP, sRGB", []pngrow.Chunk{cicp(1, 13, 0, 1), linear}, same},
		{"cICP, P3", []pngrow.Chunk{cicp(12, 13, 0, 1)}, fromP3},
		{"cICP, P3, but sRGB", []pngrow.Chunk{cicp(12, 13, 0, 1), srgb}, fromP3},
		{"cICP, linear", []pngrow.Chunk{cicp(1, 8, 0, 1)}, fromLinear},
		{"cICP, HDR", []pngrow.Chunk{cicp(9, 16, 0, 1)}, same},
		{"cICP, no RGB", []pngrow.Chunk{cicp(12, 13, 1, 1)}, same},
		{"cICP, HDR, and what it is without", []pngrow.Chunk{cicp(9, 16, 0, 1), linear}, fromLinear},
		{"cICP, nothing said, and linear", []pngrow.Chunk{cicp(2, 2, 0, 1), linear}, fromLinear},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := colourPNG(t, c.chunks)
			run := func(f Filter, o Options) *codec.Picture {
				t.Helper()
				var out bytes.Buffer
				if err := Run(&out, bytes.NewReader(in), f, o); err != nil {
					t.Fatal(err)
				}
				p, err := codec.Decode(&out, codec.DecodeOptions{})
				if err != nil {
					t.Fatal(err)
				}
				return p
			}
			pixelOf := func(p *codec.Picture) [3]uint8 {
				m := pixel.ToNRGBA(p.Frames[0].Image)
				return [3]uint8(m.Pix[:3])
			}
			whole := Scale{Factor: Factor{1, 1}}
			for format, o := range map[string]Options{
				"-strip": {Strip: true}, "-format bmp": {Format: codec.BMP}, "-format gif": {Format: codec.GIF}, "-format ppm": {Format: codec.PNM},
			} {
				got := pixelOf(run(whole, o))
				for k := range got {
					if d := int(got[k]) - int(c.want[k]); d < -1 || d > 1 {
						t.Errorf("%s: %v, want %v", format, got, c.want)
						break
					}
				}
			}
			for format, o := range map[string]Options{"": {}, "-format bmp -no-convert": {Format: codec.BMP, NoConvert: true}, "-format tiff": {Format: codec.TIFF}} {
				if got := pixelOf(run(whole, o)); got != same {
					t.Errorf("%s: %v, want the values as they were", format, got)
				}
			}
			for filter, f := range map[string]Filter{"scale": whole, "gray": Gray{}} {
				tiff := run(f, Options{Format: codec.TIFF})
				hasTone := !(filter == "gray" && c.want == fromP3) // sRGB's
				if got := len(tiff.Frames[0].Meta.ICC) > 0; got != (c.want != same && hasTone) {
					t.Errorf("%s to TIFF: a profile: %t", filter, got)
				}
				if png := run(f, Options{}); len(png.Frames[0].Meta.ICC) > 0 {
					t.Errorf("%s to PNG: a profile beside the chunks", filter)
				}
			}
		})
	}
}

// TestProfileBesideCICP: cICP counts before a profile in all places where the two have to
// become one, unless cICP is not known.
func TestProfileBesideCICP(t *testing.T) {
	profile := imagetest.AdobeRGB.Bytes()
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	z.Write(profile) // to memory: it cannot fail
	z.Close()
	for _, c := range []struct {
		name string
		cicp []byte
		want bool // the profile
	}{
		{"sRGB", []byte{1, 13, 0, 1}, false},
		{"HDR", []byte{9, 16, 0, 1}, true},
	} {
		in := colourPNG(t, []pngrow.Chunk{
			{Type: "cICP", Data: c.cicp},
			{Type: "iCCP", Data: slices.Concat([]byte("icc\x00\x00"), packed.Bytes())},
		})
		for format, keeps := range map[codec.Format]bool{codec.PNG: true, codec.TIFF: c.want, codec.JPEG: c.want} {
			var out bytes.Buffer
			if err := Run(&out, bytes.NewReader(in), Scale{Factor: Factor{1, 1}}, Options{Format: format}); err != nil {
				t.Fatal(err)
			}
			p, err := codec.Decode(&out, codec.DecodeOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if got := bytes.Equal(p.Frames[0].Meta.ICC, profile); got != keeps {
				t.Errorf("%s to %v: the profile is kept: %t", c.name, format, got)
			}
		}
	}
}

// colourPNG returns a PNG of 4 x 4 equal pixels.
func colourPNG(t *testing.T, chunks []pngrow.Chunk) []byte {
	t.Helper()
	var in bytes.Buffer
	w, err := pngrow.NewWriter(&in, pngrow.Header{Width: 4, Height: 4, BitDepth: 8, ColourType: pngrow.RGB, Chunks: chunks})
	if err != nil {
		t.Fatal(err)
	}
	for range 4 {
		if err := w.WriteRow(bytes.Repeat([]byte{120, 80, 40}, 4)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return in.Bytes()
}
