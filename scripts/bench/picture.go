package main

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"strconv"

	"imgpipe/filters/jpegdct"
)

// A picture is an input, and what the peers must be told of it so that they
// make a result of the same size and quality.
type picture struct {
	path, label   string
	width, height int
	quality       int    // whose luminance table is nearest to the file's
	sampling      string // as cjpeg's -sample has it: 2x2
}

func describe(path, variant string) (*picture, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	j, err := jpegdct.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	h := j.Header()
	p := &picture{path: path, width: h.Width, height: h.Height}
	luma := h.Components[0]
	p.sampling = fmt.Sprintf("%dx%d", luma.H, luma.V)
	least := 1 << 30
	for q := 1; q <= 100; q++ {
		distance := 0
		for i, v := range jpegdct.StandardQuant(false, q) {
			d := int(v) - int(h.Quant[luma.Tq][i])
			distance += max(d, -d)
		}
		if distance < least {
			least, p.quality = distance, q
		}
	}
	if variant != "" {
		variant = ", " + variant
	}
	p.label = fmt.Sprintf("%.1f MP (%.1f MB%s)", float64(h.Width*h.Height)/1e6, float64(len(data))/1e6, variant)
	return p, nil
}

// onePixel writes a JPEG of 1 x 1.
func onePixel(dir string) (*picture, error) {
	path := filepath.Join(dir, "one.jpg")
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return &picture{path: path, label: "1 x 1", width: 1, height: 1}, jpeg.Encode(f, image.NewRGBA(image.Rect(0, 0, 1, 1)), nil)
}

// half is the size of the result, as WIDTHxHEIGHT.
func (p *picture) half() string {
	return strconv.Itoa((p.width+1)/2) + "x" + strconv.Itoa((p.height+1)/2)
}
