package filters

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	_ "image/jpeg"
	"image/png"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"

	"imgpipe/filters/codec"
	"imgpipe/filters/icc"
	"imgpipe/filters/internal/imagetest"
	"imgpipe/filters/meta"
	"imgpipe/filters/pixel"
)

// A cell is one kind of content in one format. Its reference does not come from
// the code under test: it is what the test has drawn, or what the standard
// library decodes.
type cell struct {
	content   string
	format    codec.Format
	in        []byte
	reference []image.Image // by frame
	lossy     bool
	icc       []byte // the profile in the file
}

// TestMatrix runs both filters on each kind of content in each format that can
// hold it. It checks the format, the size and the pixels of the result, and that
// README.md has the table of the results, which -update writes.
func TestMatrix(t *testing.T) {
	type row struct{ content, gray, half string }
	var rows []row
	formats := map[row][]string{}
	for _, c := range matrix(t) {
		r := row{c.content, c.run(t, Gray{}), c.run(t, c.half())}
		if formats[r] == nil {
			rows = append(rows, r)
		}
		if !slices.Contains(formats[r], string(c.format)) { // a row may have several profiles
			formats[r] = append(formats[r], string(c.format))
		}
	}
	table := "| what is in it | in | of `imggray` comes | of `imgscale` comes |\n|---|---|---|---|\n"
	for _, r := range rows {
		table += fmt.Sprintf("| %s | %s | %s | %s |\n", r.content, strings.Join(formats[r], ", "), r.gray, r.half)
	}
	const readme, begin, end = "README.md", "<!-- go test ./filters -run Matrix -update -->\n", "<!-- end -->\n"
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	have, after, ok2 := strings.Cut(rest, end)
	switch {
	case !ok || !ok2:
		t.Fatalf("%s has no place for the table", readme)
	case *update:
		if err := os.WriteFile(readme, []byte(before+begin+table+end+after), 0o666); err != nil {
			t.Fatal(err)
		}
	case have != table:
		t.Errorf("the README says\n%s\nwant\n%s", have, table)
	}
}

// half returns a filter that takes the mean of each four pixels, unless the format
// is lossy.
func (c cell) half() Scale {
	if c.lossy {
		return Scale{}
	}
	return Scale{Kernel: "box"}
}

// run runs a filter on the cell, compares the pixels, and describes the result.
func (c cell) run(t *testing.T, f Filter) string {
	t.Helper()
	name := fmt.Sprintf("%s in %s, %T", c.content, c.format, f)
	var out bytes.Buffer
	if err := Run(&out, bytes.NewReader(c.in), f, Options{}); err != nil {
		t.Errorf("%s: %v", name, err)
		return err.Error()
	}
	p, err := codec.Decode(bytes.NewReader(out.Bytes()), codec.DecodeOptions{})
	if err != nil {
		t.Errorf("%s: what comes out isn't read: %v", name, err)
		return err.Error()
	}
	if p.Format != c.format {
		t.Errorf("%s: a %s comes out", name, p.Format)
	}
	if len(p.Frames) != len(c.reference) {
		t.Fatalf("%s: %d frames come out, want %d", name, len(p.Frames), len(c.reference))
	}
	for i, reference := range c.reference {
		m := pixel.ToRGB(p.Frames[i].Image)
		want, most, least := plainGray(reference), 0, math.Inf(1)
		if _, ok := f.(Scale); ok {
			want, most, least = plainHalf(reference, c.lossy), 1, 0
		}
		switch {
		case c.lossy:
			most, least = 255, 28
		case c.format == codec.GIF:
			most, least = 24, 32 // 256 colours
		}
		if m.Bounds() != want.Bounds() {
			t.Errorf("%s: frame %d: %v comes out, want %v", name, i, m.Bounds(), want.Bounds())
		} else if d, psnr := imagetest.Compare(t, m, want); d > most || psnr < least {
			t.Errorf("%s: frame %d differs by up to %d, PSNR %.1f dB; want at most %d, at least %.0f", name, i, d, psnr, most, least)
		}
	}
	return whatIs(t, out.Bytes(), p) + c.whatProfile(t, p.Frames[0].Meta.ICC)
}

// whatIs describes a picture in the table's words.
func whatIs(t *testing.T, data []byte, p *codec.Picture) string {
	r := pixel.RasterOf(pixel.ToRGB(p.Frames[0].Image))
	s := map[int]string{1: "gray", 2: "gray and alpha", 4: "RGB"}[r.Samples]
	if isGray(r) && r.Samples == 4 {
		s = "gray as RGB"
		if p.Format == codec.GIF { // a GIF has only palettes of RGB
			s = "gray"
		}
	}
	if r.Samples == 4 && r.Alpha {
		s += " and alpha"
	}
	if p.Format == codec.JPEG && len(header(t, data).Components) == 4 {
		s = "CMYK"
	}
	if r.Depth == 16 {
		s += ", 16 bits"
	}
	if n := len(p.Frames); n > 1 {
		s += fmt.Sprintf(", %d frames", n)
	}
	if o := p.Frames[0].Meta.Orientation; o > 1 {
		s += fmt.Sprintf(", tag %d", o)
	}
	return s
}

// whatProfile describes the profile of a result in the table's words.
func (c cell) whatProfile(t *testing.T, profile []byte) string {
	switch {
	case profile == nil:
		return ""
	case bytes.Equal(profile, c.icc):
		return ", the profile"
	}
	p, err := icc.Parse(c.icc)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(profile, p.Gray()) {
		t.Errorf("%s in %s: another profile comes out, %q", c.content, c.format, profile)
	}
	return ", a gray profile"
}

// isGray tells whether red, green and blue are equal.
func isGray(r pixel.Raster) bool {
	n := r.Depth / 8
	for i := 0; r.Samples == 4 && i < len(r.Pix); i += r.PixelBytes() {
		p := r.Pix[i:]
		if !bytes.Equal(p[:n], p[n:2*n]) || !bytes.Equal(p[:n], p[2*n:3*n]) {
			return false
		}
	}
	return true
}

// drawn returns an image of slow gradients.
func drawn(channels, depth int) image.Image {
	const w, h = 48, 32
	m := pixel.Layout{Width: w, Height: h, Channels: channels, Depth: depth}.NewImage()
	r := pixel.RasterOf(m)
	for y := range h {
		for x := range w {
			v := [4]int{x * 65535 / (w - 1), y * 65535 / (h - 1), (x + y) * 65535 / (w + h - 2), 65535}
			if channels == 2 {
				v[1] = y * 65535 / (h - 1)
			}
			if channels == 4 {
				v[3] = (w - 1 - x) * 65535 / (w - 1)
			}
			for k := range r.Samples {
				at := y*r.Stride + x*r.PixelBytes() + k*depth/8
				r.Pix[at] = uint8(v[k] >> 8)
				if depth == 16 {
					r.Pix[at+1] = uint8(v[k])
				}
			}
		}
	}
	return m
}

// matrix returns the cells in the table's order.
func matrix(t *testing.T) (all []cell) {
	encode := func(f codec.Format, m image.Image, metadata meta.Metadata) []byte {
		var b bytes.Buffer
		if err := codec.Encode(&b, &codec.Picture{Format: f, Frames: []codec.Frame{{Image: m, Meta: metadata}}}, codec.EncodeOptions{}); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	add := func(content string, m image.Image, formats ...codec.Format) {
		for _, f := range formats {
			all = append(all, cell{content, f, encode(f, m, meta.Metadata{}), []image.Image{m}, f == codec.JPEG, nil})
		}
	}
	file := func(content string, f codec.Format, name string, lossy bool) {
		m, _, err := image.Decode(bytes.NewReader(imagetest.Input(t, name)))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, cell{content, f, imagetest.Input(t, name), []image.Image{m}, lossy, nil})
	}
	add("gray", drawn(1, 8), codec.JPEG, codec.PNG, codec.GIF, codec.BMP, codec.TIFF, codec.WebP, codec.PNM, codec.PAM)
	add("RGB", drawn(3, 8), codec.JPEG, codec.PNG, codec.GIF, codec.BMP, codec.TIFF, codec.WebP, codec.PNM, codec.PAM)
	add("gray and alpha", drawn(2, 8), codec.PNG, codec.BMP, codec.TIFF, codec.WebP, codec.PAM)
	add("RGB and alpha", drawn(4, 8), codec.PNG, codec.BMP, codec.TIFF, codec.WebP, codec.PAM)
	add("gray, 16 bits", drawn(1, 16), codec.PNG, codec.TIFF, codec.PNM, codec.PAM)
	add("RGB, 16 bits", drawn(3, 16), codec.PNG, codec.TIFF, codec.PNM, codec.PAM)
	add("gray and alpha, 16 bits", drawn(2, 16), codec.PNG, codec.TIFF, codec.PAM)
	add("RGB and alpha, 16 bits", drawn(4, 16), codec.PNG, codec.TIFF, codec.PAM)

	solid, holes := palettes()
	for _, c := range []struct {
		format codec.Format
		encode func(w *bytes.Buffer, m image.Image) error
	}{
		{codec.PNG, func(w *bytes.Buffer, m image.Image) error { return png.Encode(w, m) }},
		{codec.GIF, func(w *bytes.Buffer, m image.Image) error { return gif.Encode(w, m, nil) }},
		{codec.BMP, func(w *bytes.Buffer, m image.Image) error { return bmp.Encode(w, m) }},
		{codec.TIFF, func(w *bytes.Buffer, m image.Image) error { return tiff.Encode(w, m, nil) }},
	} {
		for _, m := range []*image.Paletted{solid, holes} {
			content := "a palette"
			if m == holes {
				if c.format != codec.PNG && c.format != codec.GIF {
					continue
				}
				content = "a palette with a hole"
			}
			var b bytes.Buffer
			if err := c.encode(&b, m); err != nil {
				t.Fatal(err)
			}
			all = append(all, cell{content, c.format, b.Bytes(), []image.Image{m}, false, nil})
		}
	}
	file("interlaced", codec.PNG, "interlaced.png", false)
	file("progressive", codec.JPEG, "photo444p.jpg", true)
	file("CMYK", codec.JPEG, "cmyk-adobe.jpg", true)
	made, err := png.Decode(bytes.NewReader(imagetest.Input(t, "rgb16.png")))
	if err != nil {
		t.Fatal(err)
	}
	all = append(all, cell{"CMYK, 16 bits", codec.TIFF, imagetest.Input(t, "cmyk16.tiff"), []image.Image{made}, false, nil})
	animation := imagetest.Input(t, "animated.gif")
	for _, f := range []codec.Format{codec.GIF, codec.PNG, codec.WebP} {
		p, err := codec.Decode(bytes.NewReader(animation), codec.DecodeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := codec.Encode(&b, p, codec.EncodeOptions{Format: f}); err != nil {
			t.Fatal(err)
		}
		all = append(all, cell{"an animation", f, b.Bytes(), gifFrames(t, animation), false, nil})
	}
	all = append(all,
		cell{"pages", codec.TIFF, imagetest.Input(t, "pages.tiff"), tiffPages(t, imagetest.Input(t, "pages.tiff")), false, nil})

	for _, f := range []codec.Format{codec.JPEG, codec.PNG, codec.TIFF, codec.WebP} {
		m := drawn(3, 8)
		one := []image.Image{m}
		exif := describedEXIF(48, 32, 6)
		all = append(all, cell{"stored sideways", f, encode(f, m, meta.Metadata{Orientation: 6, EXIF: exif}), one, f == codec.JPEG, nil})
		for _, p := range []imagetest.Profile{imagetest.SRGB, imagetest.DisplayP3} {
			all = append(all, cell{"an RGB profile with sRGB's curve", f, encode(f, m, meta.Metadata{ICC: p.Bytes()}), one, f == codec.JPEG, p.Bytes()})
		}
		for _, p := range []imagetest.Profile{imagetest.AdobeRGB, imagetest.ProPhoto} {
			all = append(all, cell{"an RGB profile with another curve", f, encode(f, m, meta.Metadata{ICC: p.Bytes()}), one, f == codec.JPEG, p.Bytes()})
		}
	}
	for _, f := range []codec.Format{codec.JPEG, codec.PNG, codec.TIFF} {
		m, p := drawn(1, 8), imagetest.GrayGamma.Bytes()
		all = append(all, cell{"a gray profile", f, encode(f, m, meta.Metadata{ICC: p}), []image.Image{m}, f == codec.JPEG, p})
	}
	rank := map[string]int{} // cells of the same content stand together, at the place of the first
	for i, c := range all {
		if _, ok := rank[c.content]; !ok {
			rank[c.content] = i
		}
	}
	slices.SortStableFunc(all, func(a, b cell) int { return rank[a.content] - rank[b.content] })
	return all
}

// palettes returns images of few colours, without and with a transparent one.
func palettes() (solid, holes *image.Paletted) {
	colours := color.Palette{color.NRGBA{255, 0, 0, 255}, color.NRGBA{0, 0, 255, 255}, color.NRGBA{20, 200, 40, 255}, color.NRGBA{250, 250, 0, 255}}
	solid = image.NewPaletted(image.Rect(0, 0, 48, 32), colours)
	for i := range solid.Pix {
		solid.Pix[i] = uint8(i%48/12+i/48/8) % 4
	}
	holes = image.NewPaletted(solid.Rect, append(color.Palette{color.NRGBA{}}, colours[1:]...))
	copy(holes.Pix, solid.Pix)
	return solid, holes
}
