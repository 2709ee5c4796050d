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
)

// A cell is one content in one format. Its reference is made without this
// package: what the test has drawn, or what the standard library reads.
type cell struct {
	content   string
	format    Format
	in        []byte
	reference []image.Image // by frame
	lossy     bool
	icc       []byte // the profile that is in it
}

// TestMatrix runs both filters over everything that a picture can hold, in each
// format that can hold it: what comes out has the format, the size, the pixels,
// and what the README's table says, which -update writes.
func TestMatrix(t *testing.T) {
	type row struct{ content, gray, half string }
	var rows []row
	formats := map[row][]string{}
	for _, c := range matrix(t) {
		r := row{c.content, c.run(t, Gray{}), c.run(t, c.half())}
		if formats[r] == nil {
			rows = append(rows, r)
		}
		if !slices.Contains(formats[r], string(c.format)) { // which has several profiles
			formats[r] = append(formats[r], string(c.format))
		}
	}
	table := "| what is in it | in | of `imggray` comes | of `imgscale` comes |\n|---|---|---|---|\n"
	for _, r := range rows {
		table += fmt.Sprintf("| %s | %s | %s | %s |\n", r.content, strings.Join(formats[r], ", "), r.gray, r.half)
	}
	const readme, begin, end = "../README.md", "<!-- go test ./filters -run Matrix -update -->\n", "<!-- end -->\n"
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

// half is by the mean of each four pixels, if nothing is lost on the way.
func (c cell) half() Scale {
	if c.lossy {
		return Scale{}
	}
	return Scale{Kernel: "box"}
}

// run says what a filter makes of the cell's picture, after its pixels have
// been compared.
func (c cell) run(t *testing.T, f Filter) string {
	t.Helper()
	name := fmt.Sprintf("%s in %s, %T", c.content, c.format, f)
	var out bytes.Buffer
	if err := Run(&out, bytes.NewReader(c.in), f, Options{}); err != nil {
		t.Errorf("%s: %v", name, err)
		return err.Error()
	}
	p, err := Decode(bytes.NewReader(out.Bytes()), Limits{})
	if err != nil {
		t.Errorf("%s: what comes out isn't read: %v", name, err)
		return err.Error()
	}
	if p.Format != c.format {
		t.Errorf("%s: a %s comes out", name, p.Format)
	}
	if p.Meta.ICC != nil && !bytes.Equal(p.Meta.ICC, c.icc) {
		t.Errorf("%s: another profile comes out, %q; want %q", name, p.Meta.ICC, c.icc)
	}
	if len(p.Frames) != len(c.reference) {
		t.Fatalf("%s: %d frames come out, want %d", name, len(p.Frames), len(c.reference))
	}
	for i, reference := range c.reference {
		m := toRGB(p.Frames[i].Image)
		want, most, least := plainGray(reference), 0, math.Inf(1)
		if _, ok := f.(Scale); ok {
			want, most, least = plainHalf(reference, c.lossy), 1, 0
		}
		switch {
		case c.lossy:
			most, least = 255, 28
		case c.format == GIF:
			most, least = 24, 32 // 256 colours
		}
		if m.Bounds() != want.Bounds() {
			t.Errorf("%s: frame %d: %v comes out, want %v", name, i, m.Bounds(), want.Bounds())
		} else if d, psnr := compare(t, m, want); d > most || psnr < least {
			t.Errorf("%s: frame %d differs by up to %d, PSNR %.1f dB; want at most %d, at least %.0f", name, i, d, psnr, most, least)
		}
	}
	return whatIs(t, out.Bytes(), p)
}

// whatIs says it in the table's words.
func whatIs(t *testing.T, data []byte, p *Picture) string {
	r := rasterOf(toRGB(p.Frames[0].Image))
	s := map[int]string{1: "gray", 2: "gray and alpha", 4: "RGB"}[r.size]
	if isGray(r) && r.size == 4 {
		s = "gray as RGB"
		if p.Format == GIF { // which has nothing else
			s = "gray"
		}
	}
	if r.size == 4 && r.alpha {
		s += " and alpha"
	}
	if p.Format == JPEG && len(header(t, data).Components) == 4 {
		s = "CMYK"
	}
	if r.depth == 16 {
		s += ", 16 bits"
	}
	if n := len(p.Frames); n > 1 {
		s += fmt.Sprintf(", %d frames", n)
	}
	if o := p.Meta.Orientation; o > 1 {
		s += fmt.Sprintf(", tag %d", o)
	}
	if p.Meta.ICC != nil {
		s += ", the profile"
	}
	return s
}

// isGray tells whether red, green and blue are equal.
func isGray(r raster) bool {
	n := r.depth / 8
	for i := 0; r.size == 4 && i < len(r.pix); i += r.pixelBytes() {
		p := r.pix[i:]
		if !bytes.Equal(p[:n], p[n:2*n]) || !bytes.Equal(p[:n], p[2*n:3*n]) {
			return false
		}
	}
	return true
}

// drawn is a picture of slow gradients, of a Frame's type.
func drawn(channels, depth int) image.Image {
	const w, h = 48, 32
	m, _ := rowForm{image.Pt(w, h), channels, depth}.image()
	r := rasterOf(m)
	for y := range h {
		for x := range w {
			v := [4]int{x * 65535 / (w - 1), y * 65535 / (h - 1), (x + y) * 65535 / (w + h - 2), 65535}
			if channels == 2 {
				v[1] = y * 65535 / (h - 1)
			}
			if channels == 4 {
				v[3] = (w - 1 - x) * 65535 / (w - 1)
			}
			for k := range r.size {
				at := y*r.stride + x*r.pixelBytes() + k*depth/8
				r.pix[at] = uint8(v[k] >> 8)
				if depth == 16 {
					r.pix[at+1] = uint8(v[k])
				}
			}
		}
	}
	return m
}

// matrix makes the cells, in the table's order.
func matrix(t *testing.T) (all []cell) {
	encode := func(f Format, m image.Image, meta Metadata) []byte {
		var b bytes.Buffer
		if err := Encode(&b, &Picture{Format: f, Frames: []Frame{{Image: m}}, Meta: meta}, Options{}); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	add := func(content string, m image.Image, formats ...Format) {
		for _, f := range formats {
			all = append(all, cell{content, f, encode(f, m, Metadata{}), []image.Image{m}, f == JPEG, nil})
		}
	}
	file := func(content string, f Format, name string, lossy bool) {
		m, _, err := image.Decode(bytes.NewReader(input(t, name)))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, cell{content, f, input(t, name), []image.Image{m}, lossy, nil})
	}
	add("gray", drawn(1, 8), JPEG, PNG, GIF, BMP, TIFF, WebP, PNM, PAM)
	add("RGB", drawn(3, 8), JPEG, PNG, GIF, BMP, TIFF, WebP, PNM, PAM)
	add("gray and alpha", drawn(2, 8), PNG, BMP, TIFF, WebP, PAM)
	add("RGB and alpha", drawn(4, 8), PNG, BMP, TIFF, WebP, PAM)
	add("gray, 16 bits", drawn(1, 16), PNG, TIFF, PNM, PAM)
	add("RGB, 16 bits", drawn(3, 16), PNG, TIFF, PNM, PAM)
	add("gray and alpha, 16 bits", drawn(2, 16), PNG, TIFF, PAM)
	add("RGB and alpha, 16 bits", drawn(4, 16), PNG, TIFF, PAM)

	solid, holes := palettes()
	for _, c := range []struct {
		format Format
		encode func(w *bytes.Buffer, m image.Image) error
	}{
		{PNG, func(w *bytes.Buffer, m image.Image) error { return png.Encode(w, m) }},
		{GIF, func(w *bytes.Buffer, m image.Image) error { return gif.Encode(w, m, nil) }},
		{BMP, func(w *bytes.Buffer, m image.Image) error { return bmp.Encode(w, m) }},
		{TIFF, func(w *bytes.Buffer, m image.Image) error { return tiff.Encode(w, m, nil) }},
	} {
		for _, m := range []*image.Paletted{solid, holes} {
			content := "a palette"
			if m == holes {
				if c.format != PNG && c.format != GIF {
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
	file("interlaced", PNG, "interlaced.png", false)
	file("progressive", JPEG, "photo444p.jpg", true)
	file("CMYK", JPEG, "cmyk-adobe.jpg", true)
	made, err := png.Decode(bytes.NewReader(input(t, "rgb16.png")))
	if err != nil {
		t.Fatal(err)
	}
	all = append(all, cell{"CMYK, 16 bits", TIFF, input(t, "cmyk16.tiff"), []image.Image{made}, false, nil})
	all = append(all,
		cell{"an animation", GIF, input(t, "animated.gif"), gifFrames(t, input(t, "animated.gif")), false, nil},
		cell{"pages", TIFF, input(t, "pages.tiff"), tiffPages(t, input(t, "pages.tiff")), false, nil})

	for _, f := range []Format{JPEG, PNG, TIFF, WebP} {
		m := drawn(3, 8)
		one := []image.Image{m}
		exif := describedEXIF(48, 32)
		all = append(all, cell{"stored sideways", f, encode(f, m, Metadata{Orientation: 6, EXIF: exif}), one, f == JPEG, nil})
		for _, p := range rgbProfiles {
			all = append(all, cell{"an RGB profile: sRGB, Display P3, Adobe RGB", f, encode(f, m, Metadata{ICC: p.bytes()}), one, f == JPEG, p.bytes()})
		}
	}
	for _, f := range []Format{JPEG, PNG, TIFF} {
		m, p := drawn(1, 8), grayProfile.bytes()
		all = append(all, cell{"a gray profile", f, encode(f, m, Metadata{ICC: p}), []image.Image{m}, f == JPEG, p})
	}
	rank := map[string]int{} // cells of a content stand together, where its first one is
	for i, c := range all {
		if _, ok := rank[c.content]; !ok {
			rank[c.content] = i
		}
	}
	slices.SortStableFunc(all, func(a, b cell) int { return rank[a.content] - rank[b.content] })
	return all
}

// palettes are pictures of few colours, without and with one that's transparent.
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
