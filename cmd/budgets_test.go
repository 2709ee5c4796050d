package cmd_test

import (
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestBudgets has the worst inputs that are known, of up to 1 MiB, for each format. With
// the default limits each takes a filter at most 10 s of processor time, on a machine
// that is slow, and at most 1 GiB and what the input takes.
func TestBudgets(t *testing.T) {
	if testing.Short() {
		t.Skip("20 seconds")
	}
	frame := ",\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00"
	still := func(n int) string { // of 1000 x 1000, where one pixel changes
		return "GIF89a\xe8\x03\xe8\x03\x80\x00\x00\x00\x00\x00\xff\xff\xff" + strings.Repeat(frame, n) + ";"
	}
	// A lossless WebP of one colour: signature, 14 bits for each side less 1, no
	// transform, no cache, and five codes of one symbol, which take no bits a pixel.
	webp := func(side uint32) string {
		header := binary.LittleEndian.AppendUint32(nil, side-1|(side-1)<<14)
		return "RIFF\x14\x00\x00\x00WEBPVP8L\x08\x00\x00\x00\x2f" + string(header) + "\x88\x88\x08"
	}
	for _, c := range []struct {
		name, in string
		args     []string
	}{
		{"a stream of a GIF's signature", "GIF89a", []string{"-stream"}},
		{"a stream of a BMP's signature", "BM", []string{"-stream"}},
		{"a stream of many BMP's signatures", strings.Repeat("BM", 1<<19), []string{"-stream"}},
		{"a stream of many SOIs", strings.Repeat("\xff\xd8\xff", 1<<20/3), []string{"-stream"}},
		{"a stream of many short segments", strings.Repeat("\xff\xd8\xff\xe0\x00\x08", 1<<20/6), []string{"-stream"}},
		{"a GIF of 118 frames of 1000 x 1000", still(118), nil},
		{"a GIF of 400 colourful frames of 320 x 320", colourful(t, 400, 320), nil},
		{"a JPEG of 16,383 x 16,383 in 500 scans", progressive(16383, 16383, 500), nil},
		{"a TIFF of 590 pages that share a strip of 256 MiB", sharedStrip(590, 1, 1, packed(256<<20)), nil},
		{"a TIFF of 590 pages of 600 x 600 that share a strip", sharedStrip(590, 600, 600, packed(600*600*8)), nil},
		{"a TIFF of 30 pages of 1500 x 1500, RGBA of 16 bits", sharedStrip(30, 1500, 1500, packed(1500*1500*8)), nil},
		{"a WebP of 28 bytes for 4370 x 4370", webp(4370), nil},
		{"a WebP of 28 bytes for 6000 x 6000", webp(6000), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, program := range []string{"imggray", "imgscale"} {
				got := measure(t, strings.NewReader(c.in), program, c.args...)
				t.Logf("%s: %d KiB: %v, %d MiB, exit status %d", program, len(c.in)>>10, got.CPU.Round(time.Millisecond), got.RSS>>20, got.Status)
				if got.Status != 0 && got.Status != 1 {
					t.Errorf("%s: exit status %d: %s", program, got.Status, got.stderr)
				}
				if got.CPU > 10*time.Second {
					t.Errorf("%s: took %v", program, got.CPU)
				}
				if most := int64(1<<30 + 64<<20 + 4*len(c.in)); got.RSS > most {
					t.Errorf("%s: took %d MiB, want at most %d", program, got.RSS>>20, most>>20)
				}
			}
		})
	}
}

// colourful returns a GIF whose frames have 256 colours each, all of them others, in 16 x 16
// squares.
func colourful(t *testing.T, frames, side int) string {
	g := new(gif.GIF)
	for n := range frames {
		m := image.NewPaletted(image.Rect(0, 0, side, side), make(color.Palette, 256))
		for i := range m.Palette {
			m.Palette[i] = color.NRGBA{uint8(i*7 + n), uint8(i*3 - n), uint8(i + n*5), 255}
		}
		for i := range m.Pix {
			m.Pix[i] = uint8(i%side*16/side + i/side*16/side*16)
		}
		g.Image, g.Delay = append(g.Image, m), append(g.Delay, 4)
	}
	var file strings.Builder
	if err := gif.EncodeAll(&file, g); err != nil {
		t.Fatal(err)
	}
	return file.String()
}

// sharedStrip returns a TIFF whose pages, of RGBA of 16 bits, all have the same strip,
// which is a zlib stream.
func sharedStrip(pages, width, height int, strip string) string {
	le := binary.LittleEndian
	const ifd = 2 + 10*12 + 4
	data := 8 + pages*(ifd+8)
	var d []byte
	for i := range pages {
		at := 8 + i*(ifd+8)
		next := at + ifd + 8
		if i == pages-1 {
			next = 0
		}
		entries := [][4]int{
			{256, 4, 1, width}, {257, 4, 1, height}, {258, 3, 4, at + ifd}, {259, 3, 1, 8}, {262, 3, 1, 2},
			{273, 4, 1, data}, {277, 3, 1, 4}, {278, 4, 1, height}, {279, 4, 1, len(strip)}, {338, 3, 1, 2},
		}
		d = le.AppendUint16(d, uint16(len(entries)))
		for _, e := range entries {
			d = le.AppendUint16(le.AppendUint16(d, uint16(e[0])), uint16(e[1]))
			d = le.AppendUint32(le.AppendUint32(d, uint32(e[2])), uint32(e[3]))
		}
		d = le.AppendUint32(d, uint32(next))
		d = slices.Concat(d, []byte("\x10\x00\x10\x00\x10\x00\x10\x00"))
	}
	return tiff(string(d), strip)
}
