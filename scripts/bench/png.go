package main

import (
	"bytes"
	"fmt"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"imgpipe/filters/codec"
	"imgpipe/scripts/bench/picture"
)

// racePNGs runs races on PNGs: a page of text, those photos that are PNGs, and the
// largest of the other photos converted to PNG.
func (b *bench) racePNGs(photos []string) error {
	page, err := b.makePNG("page", "a page of text")
	if err != nil {
		return err
	}
	all := []*picture.Picture{page}
	var largest string
	maxSize := int64(0)
	for _, photo := range photos {
		if isPNG(photo) {
			in, err := picture.DescribePNG(photo, "")
			if err != nil {
				return err
			}
			all = append(all, in)
			continue
		}
		st, err := os.Stat(photo)
		if err != nil {
			return err
		}
		if st.Size() > maxSize {
			largest, maxSize = photo, st.Size()
		}
	}
	if largest != "" {
		in, err := b.makePNG(largest, "")
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

// makePNG converts a photo to PNG, or makes the "page". It does so in another process:
// the kernel counts the peak memory of this process to the processes that it starts.
func (b *bench) makePNG(photo, variant string) (*picture.Picture, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	path := filepath.Join(b.tmp, filepath.Base(photo)+".png")
	if out, err := exec.Command(self, "make-png", photo, path).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("make-png %s: %w: %s", photo, err, out)
	}
	return picture.DescribePNG(path, variant)
}

// writePNG is the work of the process that bench.makePNG starts.
func writePNG(photo, path string) error {
	var out bytes.Buffer
	if photo == "page" {
		if err := png.Encode(&out, picture.Page()); err != nil {
			return err
		}
		return os.WriteFile(path, out.Bytes(), 0o666)
	}
	data, err := os.ReadFile(photo)
	if err != nil {
		return err
	}
	p, err := codec.Decode(bytes.NewReader(data), codec.DecodeOptions{})
	if err != nil {
		return err
	}
	if err := codec.Encode(&out, p, codec.EncodeOptions{Format: codec.PNG}); err != nil {
		return err
	}
	return os.WriteFile(path, out.Bytes(), 0o666)
}

// pngPeers returns the contenders for a work on a PNG, ours first.
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

// pillowPNG is a Python program that does a work on a PNG with Pillow.
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
