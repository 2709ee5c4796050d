package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"imgpipe/scripts/bench/picture"
)

// A contender is a way to do a work: one process, or several joined by pipes. The first
// process reads the picture from stdin and the last writes the result to stdout.
type contender struct {
	name string
	note string // how its result differs from the others

	// steps are the command lines of the processes. IN and OUT in an argument stand for
	// the name of an input or output file, in place of stdin and stdout. X.v stands for
	// a file between two steps, which then run one after the other.
	steps [][]string
}

// resolve replaces the programs in steps by their paths: ours are in bin, others in
// PATH. It reports whether it found all programs.
func (c *contender) resolve(bin string) bool {
	for i, step := range c.steps {
		name := step[0]
		if name == "bench" {
			self, err := os.Executable()
			if err != nil {
				return false
			}
			name = self
		}
		if ours := filepath.Join(bin, name); filepath.Base(name) == name {
			if _, err := os.Stat(ours); err == nil {
				name = ours
			}
		}
		path, err := exec.LookPath(name)
		if err != nil {
			return false
		}
		c.steps[i] = append([]string{path}, step[1:]...)
	}
	return true
}

// peers returns the contenders for a work on a JPEG, ours first. Without all the peers
// are only those of libjpeg-turbo.
func peers(work string, p *picture.Picture, all bool) []contender {
	q := strconv.Itoa(p.Quality)
	var list []contender
	switch work {
	case "gray":
		list = []contender{
			{"imggray", "", [][]string{{"imggray"}}},
			{"jpegtran", "", [][]string{{"jpegtran", "-grayscale"}}},
		}
		if all {
			list = append(list,
				contender{"libvips", "another gray", [][]string{{"vips", "colourspace", "IN", "OUT[Q=" + q + "]", "b-w"}}},
				contender{"ImageMagick", "another gray", [][]string{{"convert-im6.q16", "IN", "-colorspace", "Gray", "-quality", q, "jpg:OUT"}}},
				contender{"GraphicsMagick", "", [][]string{{"gm", "convert", "IN", "-colorspace", "Gray", "-quality", q, "jpg:OUT"}}},
				contender{"netpbm", "", [][]string{{"jpegtopnm"}, {"ppmtopgm"}, {"pnmtojpeg", "-quality=" + q}}},
				contender{"ffmpeg", "quality by its own scale", [][]string{{"ffmpeg", "-v", "error", "-i", "IN", "-pix_fmt", "gray", "-q:v", "2", "-f", "mjpeg", "-y", "OUT"}}},
				contender{"Pillow", "", [][]string{{"/usr/bin/python3", "-c", pillow, "gray", "IN", "OUT", q}}},
				contender{"Go imaging", "", [][]string{{"bench", "imaging", "gray", "IN", "OUT", q}}},
			)
		}
	case "half":
		list = []contender{
			{"imgscale", "", [][]string{{"imgscale"}}},
			{"imgscale -kernel lanczos", "", [][]string{{"imgscale", "-kernel", "lanczos"}}},
			{"djpeg | cjpeg", "", [][]string{{"djpeg", "-scale", "1/2"}, {"cjpeg", "-quality", q, "-sample", p.Sampling}}},
		}
		if all {
			list = append(list,
				contender{"vipsthumbnail", "shrinks on load", [][]string{{"vipsthumbnail", "IN", "-s", p.Half() + "!", "--no-rotate", "-o", "OUT[Q=" + q + "]"}}},
				contender{"libvips", "", [][]string{{"vips", "resize", "IN", "OUT[Q=" + q + "]", "0.5"}}},
				contender{"ImageMagick, jpeg:size", "shrinks on load", [][]string{{"convert-im6.q16", "-define", "jpeg:size=" + p.Half(), "IN", "-resize", p.Half() + "!", "-quality", q, "jpg:OUT"}}},
				contender{"ImageMagick", "", [][]string{{"convert-im6.q16", "IN", "-resize", p.Half() + "!", "-quality", q, "jpg:OUT"}}},
				contender{"GraphicsMagick", "", [][]string{{"gm", "convert", "-size", p.Half(), "IN", "-resize", p.Half() + "!", "-quality", q, "jpg:OUT"}}},
				contender{"netpbm", "", [][]string{{"jpegtopnm"}, {"pamscale", "0.5"}, {"pnmtojpeg", "-quality=" + q}}},
				contender{"ffmpeg", "quality by its own scale", [][]string{{"ffmpeg", "-v", "error", "-i", "IN", "-vf", "scale=" + strings.Replace(p.Half(), "x", ":", 1) + ":flags=lanczos", "-q:v", "2", "-f", "mjpeg", "-y", "OUT"}}},
				contender{"Pillow, draft", "shrinks on load", [][]string{{"/usr/bin/python3", "-c", pillow, "half-draft", "IN", "OUT", q}}},
				contender{"Pillow", "", [][]string{{"/usr/bin/python3", "-c", pillow, "half", "IN", "OUT", q}}},
				contender{"Go imaging", "", [][]string{{"bench", "imaging", "half", "IN", "OUT", q}}},
			)
		}
	case "pipe":
		list = []contender{
			{"imggray | imgscale", "", [][]string{{"imggray"}, {"imgscale"}}},
			{"imgscale -gray", "the same in one process", [][]string{{"imgscale", "-gray"}}},
			{"djpeg | cjpeg", "one decoding", [][]string{{"djpeg", "-grayscale", "-scale", "1/2"}, {"cjpeg", "-quality", q}}},
		}
		if all {
			list = append(list,
				contender{"vipsthumbnail", "shrinks on load; another gray", [][]string{{"vipsthumbnail", "IN", "-s", p.Half() + "!", "--no-rotate", "-o", "X.v"}, {"vips", "colourspace", "X.v", "OUT[Q=" + q + "]", "b-w"}}},
				contender{"ImageMagick, jpeg:size", "shrinks on load; another gray", [][]string{{"convert-im6.q16", "-define", "jpeg:size=" + p.Half(), "IN", "-resize", p.Half() + "!", "-colorspace", "Gray", "-quality", q, "jpg:OUT"}}},
				contender{"GraphicsMagick", "", [][]string{{"gm", "convert", "-size", p.Half(), "IN", "-resize", p.Half() + "!", "-colorspace", "Gray", "-quality", q, "jpg:OUT"}}},
				contender{"netpbm", "", [][]string{{"jpegtopnm"}, {"ppmtopgm"}, {"pamscale", "0.5"}, {"pnmtojpeg", "-quality=" + q}}},
				contender{"Pillow, draft", "shrinks on load", [][]string{{"/usr/bin/python3", "-c", pillow, "pipe-draft", "IN", "OUT", q}}},
				contender{"Go imaging", "", [][]string{{"bench", "imaging", "pipe", "IN", "OUT", q}}},
			)
		}
	}
	return list
}

// pillow is a Python program that does a work on a JPEG with Pillow.
const pillow = `
import sys
from PIL import Image
work, src, dst, q = sys.argv[1:]
im = Image.open(src)
size = ((im.width + 1) // 2, (im.height + 1) // 2)
if work.endswith("-draft"):
    im.draft("L" if work.startswith("pipe") else None, size)
if work in ("gray", "pipe", "pipe-draft") and im.mode != "L":
    im = im.convert("L")
if work != "gray":
    im = im.resize(size, Image.LANCZOS, reducing_gap=None)
im.save(dst, "JPEG", quality=int(q))
`
