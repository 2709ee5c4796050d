package filters

import (
	"bytes"
	"image"
	"math"
	"os"
	"path/filepath"
	"testing"

	"imgpipe/filters/codec"
	"imgpipe/filters/pixel"
)

// TestCases decodes pictures after public bug reports. What is right is what Pillow
// 9.4, and with it most other decoders, makes of them: the size as it is seen, and
// the means of red, green and blue. For tif-pal8 and tif-ycbcr-raw, which Pillow
// does not read, it is what ImageMagick makes of them. All of them are opaque.
func TestCases(t *testing.T) {
	for _, c := range []struct {
		file, why     string
		width, height int
		means         [3]float64
	}{
		{"bmp-bf32.bmp", "bit fields with a header of 40 bytes", 37, 29, [3]float64{126.8, 178.2, 95.5}},
		{"bmp-clr0.bmp", "no number of colours with 4 bits", 37, 29, [3]float64{59.7, 135.7, 119.3}},
		{"bmp-gap.bmp", "a gap before the pixels", 37, 29, [3]float64{126.8, 178.2, 95.5}},
		{"bmp-v5-rgb32.bmp", "no mask says that the fourth byte is alpha", 37, 29, [3]float64{126.8, 178.2, 95.5}},
		{"gif-0x0.gif", "the screen has 0 x 0 pixels", 37, 29, [3]float64{107.1, 127.8, 120.0}},
		{"gif-anim.gif", "the frames change little", 300, 200, [3]float64{128.3, 126.6, 94.7}},
		{"gif-index.gif", "indices beyond the palette are grays", 37, 29, [3]float64{16.5, 17.9, 24.6}},
		{"gif-notrailer.gif", "the trailer is missing", 37, 29, [3]float64{107.1, 127.8, 120.0}},
		{"gif-zeros.gif", "zeros before the trailer", 37, 29, [3]float64{107.1, 127.8, 120.0}},
		{"jpg-1b-eoi.jpg", "a byte before EOI", 97, 73, [3]float64{128.6, 126.6, 93.6}},
		{"jpg-2b-rst.jpg", "bytes before each RST", 97, 73, [3]float64{128.6, 126.6, 93.6}},
		{"jpg-2comp.jpg", "of two components the first is gray", 97, 73, [3]float64{123.4, 123.4, 123.4}},
		{"jpg-608-com.jpg", "bytes after SOI", 97, 73, [3]float64{128.6, 126.6, 93.6}},
		{"jpg-cmyk-adobe-ok.jpg", "inks are stored inverted", 97, 73, [3]float64{113.6, 111.6, 82.5}},
		{"jpg-cmyk-noadobe.jpg", "inks are stored inverted without an Adobe segment too", 97, 73, [3]float64{113.6, 111.6, 82.5}},
		{"jpg-dnl-0.jpg", "DNL gives the height", 97, 73, [3]float64{128.6, 126.6, 93.6}},
		{"jpg-dnl-known.jpg", "DNL repeats the height", 97, 73, [3]float64{128.6, 126.6, 93.6}},
		{"jpg-dqt0.jpg", "a zero in a quantisation table", 97, 73, [3]float64{128.6, 126.6, 93.6}},
		{"jpg-exif2seg.jpg", "EXIF in two segments", 73, 97, [3]float64{128.6, 126.6, 93.6}},
		{"jpg-icc-from0.jpg", "parts of a profile are numbered from 0", 97, 73, [3]float64{128.6, 126.6, 93.6}},
		{"jpg-ids111.jpg", "two components share an identifier", 97, 73, [3]float64{128.6, 126.6, 93.6}},
		{"jpg-len-short.jpg", "bytes between segments", 97, 73, [3]float64{128.6, 126.6, 93.6}},
		{"jpg-ori-cutifd.jpg", "IFD 0 is cut off behind the orientation", 73, 97, [3]float64{128.6, 126.6, 93.6}},
		{"jpg-rst-eoi.jpg", "RST before EOI", 97, 73, [3]float64{128.6, 126.6, 93.6}},
		{"jpg-seglen0.jpg", "a segment of length 0", 97, 73, [3]float64{128.6, 126.6, 93.6}},
		{"jpg-sos000.jpg", "Ss, Se, Ah and Al are 0", 97, 73, [3]float64{128.6, 126.6, 93.6}},
		{"jpg-xmp-ext.jpg", "extended XMP", 97, 73, [3]float64{128.6, 126.6, 93.6}},
		{"png-crc-iccp.png", "the CRC of an ancillary chunk is wrong", 37, 29, [3]float64{126.8, 178.2, 95.5}},
		{"png-extra-row.png", "a row too many", 37, 29, [3]float64{126.8, 178.2, 95.5}},
		{"png-icc-prophoto.png", "its values stay with its profile", 64, 16, [3]float64{127.0, 127.0, 127.0}},
		{"png-pal16-1bit.png", "more colours than 1 bit can index", 37, 29, [3]float64{8.2, 246.8, 4.1}},
		{"png-trns-first.png", "tRNS before PLTE", 37, 29, [3]float64{119.3, 135.7, 59.7}},
		{"png-trns-len.png", "tRNS of a wrong length", 37, 29, [3]float64{126.8, 178.2, 95.5}},
		{"tif-bps1.tif", "BitsPerSample has one value for three samples", 37, 29, [3]float64{126.8, 178.2, 95.5}},
		{"tif-extra0.tif", "a fourth sample without a meaning", 37, 29, [3]float64{126.8, 178.2, 95.5}},
		{"tif-fo2.tif", "FillOrder 2, without compression", 37, 29, [3]float64{127.1, 127.1, 127.1}},
		{"tif-g4-mib.tif", "Group 4, BlackIsZero", 37, 29, [3]float64{191.5, 191.5, 191.5}},
		{"tif-g4-pil.tif", "Group 4, BlackIsZero", 37, 29, [3]float64{153.0, 153.0, 153.0}},
		{"tif-nosbc.tif", "no lengths of strips", 37, 29, [3]float64{126.8, 178.2, 95.5}},
		{"tif-pal8.tif", "a palette of 8 bits, as ImageMagick reads it", 37, 29, [3]float64{126.8, 128.2, 63.2}},
		{"tif-pred-raw.tif", "a predictor without compression", 37, 29, [3]float64{126.8, 178.2, 95.5}},
		{"tif-sbc0.tif", "lengths of strips are 0", 37, 29, [3]float64{191.5, 191.5, 191.5}},
		{"tif-unsorted.tif", "tags are not sorted", 37, 29, [3]float64{126.8, 178.2, 95.5}},
		{"tif-ycbcr-raw.tif", "luma and chroma in blocks, as ImageMagick reads it", 37, 29, [3]float64{125.7, 178.1, 94.2}},
		{"webp-alphaflag.webp", "VP8X says alpha, but there is none", 37, 29, [3]float64{127.0, 178.3, 96.1}},
	} {
		t.Run(c.file, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join("..", "testdata", "cases", c.file))
			if err != nil {
				t.Fatal(err)
			}
			p, err := codec.Decode(bytes.NewReader(data), codec.DecodeOptions{})
			if err != nil {
				t.Fatalf("%s: %v", c.why, err)
			}
			f := &p.Frames[0]
			m := pixel.ToNRGBA(pixel.To8(pixel.Orient(f.Image, max(f.Meta.Orientation, 1))))
			if got, want := m.Rect.Size(), image.Pt(c.width, c.height); got != want {
				t.Errorf("%s: size %v, want %v", c.why, got, want)
			}
			if got := means(m); math.Abs(got[0]-c.means[0]) > 1 || math.Abs(got[1]-c.means[1]) > 1 || math.Abs(got[2]-c.means[2]) > 1 {
				t.Errorf("%s: means of red, green, blue %.1f, want %.1f", c.why, got, c.means)
			}
			if !pixel.Opaque(m) {
				t.Errorf("%s: the picture is transparent, want it opaque", c.why)
			}
		})
	}
}

// means returns the means of an image's red, green and blue.
func means(m *image.NRGBA) (mean [3]float64) {
	n := float64(m.Rect.Dx() * m.Rect.Dy())
	for i, v := range m.Pix {
		if i%4 < 3 {
			mean[i%4] += float64(v) / n
		}
	}
	return mean
}
