package tiff

import (
	"bytes"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"imgpipe/filters/internal/imagetest"
	"imgpipe/filters/meta"
	"imgpipe/filters/pixel"
)

// TestTiffcp reads what libtiff's tiffcp makes of a file: other compressions, strips and
// tiles, planes, byte orders, BigTIFF and bit orders. The pixels stay the same.
func TestTiffcp(t *testing.T) {
	if _, err := exec.LookPath("tiffcp"); err != nil {
		t.Skip("no tiffcp")
	}
	dir := t.TempDir()
	compressions := []string{"none", "packbits", "lzw", "lzw:2", "zip", "zip:2", "zstd", "zstd:2", "lzma", "lzma:2"}
	faxes := []string{"none", "packbits", "lzw", "zip", "zstd", "lzma", "g3:1d", "g3:2d", "g3:1d:fill", "g3:2d:fill", "g4"}
	arrangements := []string{
		"-s -r 7 -L", "-s -r 100000 -B", "-t -w 32 -l 16 -B", "-t -w 16 -l 80 -L -8", "-s -r 5 -B -8 -f lsb2msb", "-t -w 48 -l 32 -f lsb2msb",
	}
	n := 0
	for _, base := range []struct {
		layout       pixel.Layout
		compressions []string
	}{
		{pixel.Layout{Width: 75, Height: 53, Channels: 1, Depth: 1}, faxes},
		{pixel.Layout{Width: 75, Height: 53, Channels: 1, Depth: 8}, compressions},
		{pixel.Layout{Width: 75, Height: 53, Channels: 2, Depth: 8}, compressions},
		{pixel.Layout{Width: 75, Height: 53, Channels: 3, Depth: 8}, compressions},
		{pixel.Layout{Width: 75, Height: 53, Channels: 4, Depth: 8}, compressions},
		{pixel.Layout{Width: 75, Height: 53, Channels: 1, Depth: 16}, compressions},
		{pixel.Layout{Width: 75, Height: 53, Channels: 3, Depth: 16}, compressions},
		{pixel.Layout{Width: 75, Height: 53, Channels: 4, Depth: 16}, compressions},
	} {
		want := picture(base.layout)
		in := filepath.Join(dir, "in.tiff")
		if err := os.WriteFile(in, written(t, want), 0o666); err != nil {
			t.Fatal(err)
		}
		for _, c := range base.compressions {
			for _, a := range arrangements {
				for _, planes := range []string{"contig", "separate"} {
					if planes == "separate" && (base.layout.Channels == 1 || base.layout.Depth != 8) {
						continue // tiffcp can do it for 8 bits
					}
					if n++; testing.Short() && n%8 != 0 {
						continue
					}
					name := fmt.Sprintf("%d x %d bits %s %s %s", base.layout.Channels, base.layout.Depth, c, a, planes)
					out := filepath.Join(dir, "out.tiff")
					args := append([]string{"-c", c, "-p", planes}, strings.Fields(a)...)
					if said, err := exec.Command("tiffcp", append(args, in, out)...).CombinedOutput(); err != nil {
						t.Fatalf("%s: tiffcp: %v %s", name, err, said)
					}
					data, err := os.ReadFile(out)
					if err != nil {
						t.Fatal(err)
					}
					got, err := decode(data)
					if err != nil {
						t.Errorf("%s: %v", name, err)
						continue
					}
					if !same(got, want) {
						t.Errorf("%s: other pixels", name)
					}
				}
			}
		}
	}
}

// picture returns a picture that is smooth in parts and noisy in others: gray of 1 bit, or
// samples of 8 or 16 bits.
func picture(l pixel.Layout) image.Image {
	bilevel := l.Depth == 1
	if bilevel {
		l.Depth = 8
	}
	m := l.NewImage()
	noise := pixel.RasterOf(imagetest.Noise(l.NewImage()))
	to := pixel.RasterOf(m)
	for y := range l.Height {
		row := to.Row(y, l.Width)
		copy(row, noise.Row(y, l.Width))
		for i := range row {
			switch {
			case bilevel && (i < 40 || y%9 < 5):
				row[i] = 255 * uint8((i*i+y*y)/700%2)
			case bilevel:
				row[i] = 255 * (row[i] >> 7)
			case y%16 < 8:
				row[i] = uint8(i/8 + 3*y)
			}
		}
		if l.Channels == 3 {
			opaque := pixel.Layout{Width: l.Width, Height: 1, Channels: 3, Depth: l.Depth}
			packed := make([]byte, opaque.RowBytes())
			size := l.Depth / 8
			for i, j := 0, 0; i < len(packed); i, j = i+3*size, j+4*size {
				copy(packed[i:i+3*size], row[j:])
			}
			pixel.AddAlpha(row, packed, opaque.PixelBytes())
		}
	}
	return m
}

// written returns a file of one page.
func written(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	w := NewWriter(&b)
	if err := w.WritePage(pixel.RowsOf(m), new(meta.Metadata), 0); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// same tells whether two images have the same type, size and samples.
func same(a, b image.Image) bool {
	if fmt.Sprintf("%T", a) != fmt.Sprintf("%T", b) || a.Bounds() != b.Bounds() {
		return false
	}
	return bytes.Equal(pixel.RasterOf(a).Pix, pixel.RasterOf(b).Pix)
}
