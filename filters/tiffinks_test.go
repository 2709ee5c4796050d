package filters

import (
	"bytes"
	"fmt"
	"image"
	"strings"
	"testing"
)

// TestInksAndPlanes: CMYK, in planes of 8 bits and in pixels of 16, is what it
// was made of.
func TestInksAndPlanes(t *testing.T) {
	for in, from := range map[string]string{"cmyk8planes.tiff": "rgb8.png", "cmyk16.tiff": "rgb16.png"} {
		got, want := decode(t, input(t, in)), decode(t, input(t, from))
		if most, psnr := compare(t, got, want); most > 1 || fmt.Sprintf("%T", got) != fmt.Sprintf("%T", want) {
			t.Errorf("%s is a %T and differs from %s by up to %d, PSNR %.1f dB", in, got, from, most, psnr)
		}
	}
}

// planar is a TIFF whose samples are in planes, one strip each, little-endian.
func planar(photometric, bits, extra int, planes ...string) []byte {
	var data []byte
	var offsets, counts []int
	for _, p := range planes {
		offsets, counts = append(offsets, 8+len(data)), append(counts, len(p))
		data = append(data, p...)
	}
	fields := []field{
		{tag: tagWidth, kind: typeShort, value: shorts(len(planes[0]) * 8 / bits)}, {tag: tagLength, kind: typeShort, value: shorts(1)},
		{tag: tagBitsPerSample, kind: typeShort, value: shorts(bits)}, {tag: tagCompression, kind: typeShort, value: shorts(1)},
		{tag: tagPhotometric, kind: typeShort, value: shorts(photometric)}, {tag: tagSamplesPerPixel, kind: typeShort, value: shorts(len(planes))},
		{tag: tagStripOffsets, kind: typeLong, value: longs(offsets...)}, {tag: tagStripByteCounts, kind: typeLong, value: longs(counts...)},
		{tag: tagRowsPerStrip, kind: typeShort, value: shorts(1)}, {tag: tagPlanar, kind: typeShort, value: shorts(planarSeparate)},
	}
	if extra != 0 {
		fields = append(fields, field{tag: tagExtraSamples, kind: typeShort, value: shorts(extra)})
	}
	if len(data)%2 == 1 {
		data = append(data, 0)
	}
	head := append([]byte("MM\x00*"), longs(8+len(data))...)
	return append(append(head, data...), directory(8+len(data), fields)...)
}

func TestPlanes(t *testing.T) {
	for _, c := range []struct {
		name string
		in   []byte
		want string // the memory of the image
	}{
		{"RGB", planar(photometricRGB, 8, 0, "ace", "bdf", "xyz"), "abx\xffcdy\xffefz\xff"},
		{"RGB of 16 bits", planar(photometricRGB, 16, 0, "aAcC", "bBdD", "xXyY"), "aAbBxX\xff\xffcCdDyY\xff\xff"},
		{"RGB and alpha", planar(photometricRGB, 8, extraUnassociated, "a", "b", "c", "d"), "abcd"},
		{"RGB, premultiplied", planar(photometricRGB, 8, extraAssociated, "\x20", "\x40", "\x00", "\x80"), "\x40\x80\x00\x80"},
		{"gray and alpha", planar(photometricBlackIsZero, 8, extraUnassociated, "ac", "bd"), "abcd"},
		{"inks", planar(photometricInks, 8, 0, "\x00\xff", "\xff\x00", "\x00\x00", "\x00\x80"), "\xff\x00\xff\xff\x00\x7f\x7f\xff"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := rasterOf(decode(t, c.in))
			if string(r.pix) != c.want {
				t.Errorf("%q, want %q", r.pix, c.want)
			}
		})
	}
	for name, in := range map[string][]byte{
		"five inks":            planar(photometricInks, 8, 0, "a", "b", "c", "d", "e"),
		"RGB and no alpha":     planar(photometricRGB, 8, 0, "a", "b", "c", "d"),
		"a palette in planes":  planar(3, 8, 0, "a", "b"),
		"inks of 4 bits":       planar(photometricInks, 4, 0, "a", "b", "c", "d"),
		"fewer planes than it": planar(photometricRGB, 8, 0, "ab", "cd", ""),
	} {
		p, err := Decode(bytes.NewReader(in), Limits{})
		if err == nil || strings.Contains(err.Error(), "the decoder failed") {
			t.Errorf("%s: %v, %v; want an error", name, p, err)
		}
	}
}

// TestInksAgain: half of it is RGB, and 16 bits stay.
func TestInksAgain(t *testing.T) {
	var out bytes.Buffer
	if err := Run(&out, bytes.NewReader(input(t, "cmyk16.tiff")), Scale{}, Options{}); err != nil {
		t.Fatal(err)
	}
	if m, ok := decode(t, out.Bytes()).(*image.NRGBA64); !ok || !m.Opaque() {
		t.Errorf("half is a %T", m)
	}
}
