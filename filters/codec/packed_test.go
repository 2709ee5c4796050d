package codec

import (
	"bytes"
	"encoding/binary"
	"image"
	"reflect"
	"strings"
	"testing"

	"imgpipe/filters/pixel"
)

// TestPacked checks which depth is written for pictures that need few bits, and that
// they lose nothing.
func TestPacked(t *testing.T) {
	gray := func(values ...uint8) image.Image {
		m := image.NewGray(image.Rect(0, 0, 11, 3))
		for i := range m.Pix {
			m.Pix[i] = values[i*7%5%len(values)]
		}
		return m
	}
	colours := image.NewNRGBA(image.Rect(0, 0, 2, 1))
	copy(colours.Pix, "\x01\x02\x03\xff\x03\x02\x01\xff")
	const pngDepth, bmpDepth = 24, 28
	for _, c := range []struct {
		name     string
		m        image.Image
		png, bmp int
		pnm, pam string // how the file begins
	}{
		{"black and white", gray(0, 255), 1, 1, "P4\n11 3\n", "MAXVAL 255\nTUPLTYPE GRAYSCALE\n"},
		{"white", gray(255), 1, 1, "P4\n", "MAXVAL 255\n"},
		{"two grays", gray(85, 170), 2, 1, "P5\n11 3\n255\n", "MAXVAL 255\n"},
		{"four grays", gray(0, 85, 170, 255), 2, 4, "P5\n", "MAXVAL 255\n"},
		{"16 grays", gray(0, 17, 34, 255), 4, 4, "P5\n", "MAXVAL 255\n"},
		{"256 grays", gray(0, 1, 2), 8, 8, "P5\n", "MAXVAL 255\n"},
		{"two colours", colours, 8, 1, "P6\n", "MAXVAL 255\nTUPLTYPE RGB\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for format, begin := range map[Format]string{PNG: "", BMP: "", PNM: c.pnm, PAM: c.pam} {
				var file bytes.Buffer
				if err := Encode(&file, &Picture{Frames: []Frame{{Image: c.m}}}, EncodeOptions{Format: format}); err != nil {
					t.Fatalf("%s: %v", format, err)
				}
				if format == PNG && int(file.Bytes()[pngDepth]) != c.png {
					t.Errorf("PNG of %d bits, want %d", file.Bytes()[pngDepth], c.png)
				}
				if format == BMP && int(binary.LittleEndian.Uint16(file.Bytes()[bmpDepth:])) != c.bmp {
					t.Errorf("BMP of %d bits, want %d", file.Bytes()[bmpDepth], c.bmp)
				}
				if !strings.Contains(file.String(), begin) {
					t.Errorf("%s: got %q, want it to hold %q", format, file.String(), begin)
				}
				p, err := Decode(&file, DecodeOptions{})
				if err != nil {
					t.Fatalf("%s: %v", format, err)
				}
				if !reflect.DeepEqual(pixel.ToNRGBA(p.Frames[0].Image), pixel.ToNRGBA(c.m)) {
					t.Errorf("%s: the pixels changed", format)
				}
			}
		})
	}
}

// TestBitmapsStayBitmaps checks what becomes of black and white by what held it.
func TestBitmapsStayBitmaps(t *testing.T) {
	const bits = "\x00\x01\x01\x00"
	for _, c := range []struct{ name, in, want string }{
		{"PBM", "P4\n4 1\n\x90", "P4\n4 1\n\x90"},
		{"plain PBM", "P1\n4 1\n1001\n", "P4\n4 1\n\x90"},
		{"PGM", "P5\n4 1\n255\n\x00\xff\xff\x00", "P5\n4 1\n255\n\x00\xff\xff\x00"},
		{"PGM of 1 bit", "P5\n4 1\n1\n" + bits, "P4\n4 1\n\x90"},
		{"PAM", "P7\nWIDTH 4\nHEIGHT 1\nDEPTH 1\nMAXVAL 1\nTUPLTYPE BLACKANDWHITE\nENDHDR\n" + bits, "P7\nWIDTH 4\nHEIGHT 1\nDEPTH 1\nMAXVAL 1\nTUPLTYPE BLACKANDWHITE\nENDHDR\n" + bits},
	} {
		p, err := Decode(strings.NewReader(c.in), DecodeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		if err := Encode(&out, p, EncodeOptions{}); err != nil || out.String() != c.want {
			t.Errorf("%s: got %q and error %v, want %q", c.name, out.String(), err, c.want)
		}
	}
}
