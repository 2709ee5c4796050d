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

	"github.com/disintegration/imaging"
	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

// A cell is one content in one format. Its reference is made without this
// package: what the test has drawn, or what the standard library reads.
type cell struct {
	content   string
	format    Format
	in        []byte
	reference image.Image
	lossy     bool
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
		formats[r] = append(formats[r], string(c.format))
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
	m := toRGB(p.Frames[0].Image)
	want, most, least := plainGray(c.reference), 0, math.Inf(1)
	if _, ok := f.(Scale); ok {
		want, most, least = plainHalf(c.reference, c.lossy), 1, 0
	}
	switch {
	case c.lossy:
		most, least = 255, 28
	case c.format == GIF:
		most, least = 24, 32 // 256 colours
	}
	if m.Bounds() != want.Bounds() {
		t.Errorf("%s: %v comes out, want %v", name, m.Bounds(), want.Bounds())
	} else if d, psnr := compare(t, m, want); d > most || psnr < least {
		t.Errorf("%s: differs by up to %d, PSNR %.1f dB; want at most %d, at least %.0f", name, d, psnr, most, least)
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

// plainGray is the standard library's, with the alpha as it is.
func plainGray(m image.Image) image.Image {
	return eachPixel(m.Bounds().Dx(), m.Bounds().Dy(), func(x, y int) color.NRGBA64 {
		c := straight(m.At(x, y))
		v := grayValue(m.At(x, y), c)
		return color.NRGBA64{v, v, v, c.A}
	})
}

// grayValue is in the colour's own depth, widened.
func grayValue(c color.Color, n color.NRGBA64) uint16 {
	if deep(c) {
		return color.Gray16Model.Convert(color.NRGBA64{n.R, n.G, n.B, 65535}).(color.Gray16).Y
	}
	v := color.GrayModel.Convert(color.NRGBA{uint8(n.R >> 8), uint8(n.G >> 8), uint8(n.B >> 8), 255}).(color.Gray).Y
	return uint16(v) * 257
}

func deep(c color.Color) bool {
	switch c.(type) {
	case color.Gray16, color.NRGBA64, color.RGBA64:
		return true
	}
	return false
}

// straight is a colour that isn't premultiplied.
func straight(c color.Color) color.NRGBA64 {
	if n, ok := c.(color.NRGBA); ok {
		return color.NRGBA64{uint16(n.R) * 257, uint16(n.G) * 257, uint16(n.B) * 257, uint16(n.A) * 257}
	}
	return color.NRGBA64Model.Convert(c).(color.NRGBA64)
}

// plainHalf is the mean of four pixels, premultiplied; of a picture with an odd
// side, or one that loses something, imaging's.
func plainHalf(m image.Image, lossy bool) image.Image {
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	switch {
	case lossy: // by exactly a half: the last pixel lies partly outside
		whole := eachPixel(w+w%2, h+h%2, func(x, y int) color.NRGBA64 { return straight(m.At(min(x, w-1), min(y, h-1))) })
		return imaging.Resize(whole, (w+1)/2, (h+1)/2, imaging.Lanczos)
	case w%2+h%2 > 0:
		return imaging.Resize(m, (w+1)/2, (h+1)/2, imaging.Box)
	}
	return eachPixel(w/2, h/2, func(x, y int) color.NRGBA64 {
		var sum [4]float64
		for i := range 4 {
			c := straight(m.At(2*x+i%2, 2*y+i/2))
			a := float64(c.A) / 65535
			sum[0], sum[1], sum[2], sum[3] = sum[0]+float64(c.R)*a, sum[1]+float64(c.G)*a, sum[2]+float64(c.B)*a, sum[3]+a
		}
		if sum[3] == 0 {
			return color.NRGBA64{}
		}
		value := func(v float64) uint16 { return uint16(math.Round(v / sum[3])) }
		return color.NRGBA64{value(sum[0]), value(sum[1]), value(sum[2]), uint16(math.Round(sum[3] / 4 * 65535))}
	})
}

func eachPixel(w, h int, f func(x, y int) color.NRGBA64) image.Image {
	out := image.NewNRGBA64(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			out.SetNRGBA64(x, y, f(x, y))
		}
	}
	return out
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
			all = append(all, cell{content, f, encode(f, m, Metadata{}), m, f == JPEG})
		}
	}
	file := func(content string, f Format, name string, lossy bool) {
		m, _, err := image.Decode(bytes.NewReader(input(t, name)))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, cell{content, f, input(t, name), m, lossy})
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
			all = append(all, cell{content, c.format, b.Bytes(), m, false})
		}
	}
	file("interlaced", PNG, "interlaced.png", false)
	file("progressive", JPEG, "photo444p.jpg", true)
	file("CMYK", JPEG, "cmyk-adobe.jpg", true)
	made, err := png.Decode(bytes.NewReader(input(t, "rgb16.png")))
	if err != nil {
		t.Fatal(err)
	}
	all = append(all, cell{"CMYK, 16 bits", TIFF, input(t, "cmyk16.tiff"), made, false})
	file("an animation", GIF, "animated.gif", false)
	file("pages", TIFF, "pages.tiff", false)

	rgb, gray := make([]byte, 128), make([]byte, 128) // what's beyond byte 16 is nobody's concern here
	copy(rgb[16:], "RGB ")
	copy(gray[16:], "GRAY")
	for _, f := range []Format{JPEG, PNG, TIFF, WebP} {
		m := drawn(3, 8)
		exif := describedEXIF(48, 32)
		all = append(all,
			cell{"stored sideways", f, encode(f, m, Metadata{Orientation: 6, EXIF: exif}), m, f == JPEG},
			cell{"an RGB profile: sRGB, Display P3, Adobe RGB", f, encode(f, m, Metadata{ICC: rgb}), m, f == JPEG})
	}
	for _, f := range []Format{JPEG, PNG, TIFF} {
		m := drawn(1, 8)
		all = append(all, cell{"a gray profile", f, encode(f, m, Metadata{ICC: gray}), m, f == JPEG})
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
