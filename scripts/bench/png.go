package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"

	"imgpipe/filters"
	"imgpipe/scripts/bench/picture"
)

// png races on PNGs: a page of text, the photos that are PNGs, and the largest
// of the others as one.
func (b *bench) png(photos []string) error {
	page, err := picture.Page(b.tmp)
	if err != nil {
		return err
	}
	all := []*picture.Picture{page}
	var largest []byte
	for _, photo := range photos {
		data, err := os.ReadFile(photo)
		switch {
		case err != nil:
			return err
		case !isPNG(photo) && len(data) > len(largest):
			largest = data
		case isPNG(photo):
			in, err := picture.DescribePNG(photo)
			if err != nil {
				return err
			}
			all = append(all, in)
		}
	}
	if largest != nil {
		in, err := b.asPNG(largest)
		if err != nil {
			return err
		}
		all = append(all, in)
	}
	for _, in := range all {
		for _, work := range []string{"png-gray", "png-half"} {
			if err := b.race(work, in, pngPeers(work, in)); err != nil {
				return err
			}
		}
	}
	return nil
}

func isPNG(path string) bool { return strings.EqualFold(filepath.Ext(path), ".png") }

func (b *bench) asPNG(photo []byte) (*picture.Picture, error) {
	p, err := filters.Decode(bytes.NewReader(photo), filters.Limits{})
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := filters.Encode(&out, p, filters.Options{Format: filters.PNG}); err != nil {
		return nil, err
	}
	path := filepath.Join(b.tmp, "photo.png")
	if err := os.WriteFile(path, out.Bytes(), 0o666); err != nil {
		return nil, err
	}
	return picture.DescribePNG(path)
}

// pngPeers are the contenders for a PNG, ours first.
func pngPeers(work string, p *picture.Picture) []contender {
	if work == "png-gray" {
		return []contender{
			{"imggray", "", [][]string{{"imggray"}}},
			{"libvips", "another gray", [][]string{{"vips", "colourspace", "IN", "OUT.png", "b-w"}}},
			{"ImageMagick", "another gray", [][]string{{"convert-im6.q16", "IN", "-colorspace", "Gray", "png:OUT"}}},
			{"GraphicsMagick", "", [][]string{{"gm", "convert", "IN", "-colorspace", "Gray", "png:OUT"}}},
			{"netpbm", "", [][]string{{"pngtopnm"}, {"ppmtopgm"}, {"pnmtopng"}}},
			{"Pillow", "", [][]string{{"/usr/bin/python3", "-c", pillowPNG, "gray", "IN", "OUT"}}},
		}
	}
	size := p.Half() + "!"
	return []contender{
		{"imgscale", "", [][]string{{"imgscale"}}},
		{"libvips", "", [][]string{{"vips", "resize", "IN", "OUT.png", "0.5"}}},
		{"vipsthumbnail", "", [][]string{{"vipsthumbnail", "IN", "-s", size, "-o", "OUT.png"}}},
		{"ImageMagick", "", [][]string{{"convert-im6.q16", "IN", "-resize", size, "png:OUT"}}},
		{"GraphicsMagick", "", [][]string{{"gm", "convert", "IN", "-resize", size, "png:OUT"}}},
		{"netpbm", "averages", [][]string{{"pngtopnm"}, {"pamscale", "0.5"}, {"pnmtopng"}}},
		{"Pillow", "", [][]string{{"/usr/bin/python3", "-c", pillowPNG, "half", "IN", "OUT"}}},
	}
}

// pillowPNG is pillow for PNGs.
const pillowPNG = `
import sys
from PIL import Image
work, src, dst = sys.argv[1:]
im = Image.open(src)
if work == "gray":
    im = im.convert("L")
else:
    im = im.resize(((im.width + 1) // 2, (im.height + 1) // 2), Image.LANCZOS)
im.save(dst, "PNG")
`
