// Package picture describes and makes the input pictures of benchmarks.
package picture

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"

	"imgpipe/filters/jpegdct"
	"imgpipe/filters/pngrow"
)

// A Picture is an input picture, with what the peers need to know to make a result of the
// same size and quality.
type Picture struct {
	Path          string
	Label         string // size in pixels and bytes, for tables
	Width, Height int    // in pixels
	Quality       int    // IJG quality whose luminance table is nearest to the file's; 0 for PNG
	Sampling      string // of the luma, in the form of cjpeg -sample, such as 2x2; "" for PNG
}

// Describe describes a JPEG. The variant says in the label how the file differs from
// the original photo; it is "" for the original.
func Describe(path, variant string) (*Picture, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	j, err := jpegdct.NewReader(bytes.NewReader(data), jpegdct.ReaderOptions{})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	h := j.Header()
	p := &Picture{Path: path, Width: h.Width, Height: h.Height}
	luma := h.Components[0]
	p.Sampling = fmt.Sprintf("%dx%d", luma.H, luma.V)
	least := 1 << 30
	for q := 1; q <= 100; q++ {
		distance := 0
		for i, v := range jpegdct.StandardQuant(false, q) {
			d := int(v) - int(h.Quant[luma.Tq][i])
			distance += max(d, -d)
		}
		if distance < least {
			least, p.Quality = distance, q
		}
	}
	p.Label = label(h.Width*h.Height, len(data), variant)
	return p, nil
}

// millions returns n in millions, with a space behind.
func millions(n int) string {
	if n < 1e5 {
		return fmt.Sprintf("%.2f ", float64(n)/1e6)
	}
	return fmt.Sprintf("%.1f ", float64(n)/1e6)
}

// OnePixel writes a JPEG of one pixel to dir.
func OnePixel(dir string) (*Picture, error) {
	path := filepath.Join(dir, "one.jpg")
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return &Picture{Path: path, Label: "1 x 1", Width: 1, Height: 1}, jpeg.Encode(f, image.NewRGBA(image.Rect(0, 0, 1, 1)), nil)
}

// DescribePNG describes a PNG; see [Describe].
func DescribePNG(path, variant string) (*Picture, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	r, err := pngrow.NewReader(f, pngrow.ReaderOptions{})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	h := r.Header()
	return &Picture{Path: path, Width: h.Width, Height: h.Height, Label: label(h.Width*h.Height, int(st.Size()), variant)}, nil
}

// label returns the size of a picture in pixels and bytes.
func label(pixels, bytes int, variant string) string {
	if variant != "" {
		variant = ", " + variant
	}
	return fmt.Sprintf("%sMP (%sMB%s)", millions(pixels), millions(bytes), variant)
}

// Page returns a page of text, A4 at 300 dpi, in RGB.
func Page() image.Image {
	small := image.NewGray(image.Rect(0, 0, 827, 1169))
	draw.Draw(small, small.Rect, image.White, image.Point{}, draw.Src)
	d := font.Drawer{Dst: small, Src: image.Black, Face: basicfont.Face7x13}
	for line := range 70 {
		d.Dot = fixed.P(60, 60+15*line)
		for word := range 17 { // random letters, different on each line
			n := (line*31 + word*17) % 20
			d.DrawString("etaoinshrdlucmfwypvbgkjqxz"[n:n+2+(line+word)%5] + " ")
		}
	}
	page := image.NewRGBA(image.Rect(0, 0, 2480, 3508))
	draw.CatmullRom.Scale(page, page.Rect, small, small.Rect, draw.Src, nil)
	return page
}

// Half returns half the width and height, rounded up, as WIDTHxHEIGHT.
func (p *Picture) Half() string {
	return strconv.Itoa((p.Width+1)/2) + "x" + strconv.Itoa((p.Height+1)/2)
}
