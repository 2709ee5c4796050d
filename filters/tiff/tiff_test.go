package tiff

import (
	"bytes"
	"encoding/binary"
	"image"
	"slices"
	"testing"

	"imgpipe/filters/meta"
	"imgpipe/filters/pixel"
)

// decode returns the first page.
func decode(data []byte) (image.Image, error) {
	r, err := NewReader(data, ReaderOptions{})
	if err != nil {
		return nil, err
	}
	p, err := r.Next()
	if err != nil {
		return nil, err
	}
	return p.Decode()
}

// planar returns a TIFF of one row whose samples are in planes of one strip each.
func planar(photometric, bits, extra int, planes ...string) []byte {
	var data []byte
	var offsets, counts []int
	for _, p := range planes {
		offsets, counts = append(offsets, 8+len(data)), append(counts, len(p))
		data = append(data, p...)
	}
	fields := []meta.Field{
		meta.ShortField(meta.TagImageWidth, len(planes[0])*8/bits), meta.ShortField(meta.TagImageLength, 1),
		meta.ShortField(tagBitsPerSample, bits), meta.ShortField(tagCompression, 1),
		meta.ShortField(tagPhotometric, photometric), meta.ShortField(tagSamplesPerPixel, len(planes)),
		meta.LongField(tagStripOffsets, offsets...), meta.LongField(tagStripByteCounts, counts...),
		meta.ShortField(tagRowsPerStrip, 1), meta.ShortField(tagPlanar, planarSeparate),
	}
	if extra != 0 {
		fields = append(fields, meta.ShortField(tagExtraSamples, extra))
	}
	if len(data)%2 == 1 {
		data = append(data, 0)
	}
	head := append([]byte("MM\x00*"), binary.BigEndian.AppendUint32(nil, uint32(8+len(data)))...)
	return append(append(head, data...), meta.EncodeIFD(8+len(data), fields)...)
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
		{"gray and alpha", planar(photometricGray, 8, extraUnassociated, "ac", "bd"), "abcd"},
		{"RGB and a sample more", planar(photometricRGB, 8, 0, "a", "b", "c", "d"), "abc\xff"},
		{"inks and a sample more", planar(photometricCMYK, 8, 0, "\xff", "\x00", "\x00", "\x00", "e"), "\x00\xff\xff\xff"},
		{"inks of 4 bits", planar(photometricCMYK, 4, 0, "\x0f", "\xf0", "\x00", "\x00"), "\xff\x00\xff\xff\x00\xff\xff\xff"},
		{"inks", planar(photometricCMYK, 8, 0, "\x00\xff", "\xff\x00", "\x00\x00", "\x00\x80"), "\xff\x00\xff\xff\x00\x7f\x7f\xff"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := decode(c.in)
			if err != nil {
				t.Fatal(err)
			}
			r := pixel.RasterOf(pixel.Canonical(m))
			if string(r.Pix) != c.want {
				t.Errorf("%q, want %q", r.Pix, c.want)
			}
		})
	}
	for name, in := range map[string][]byte{
		"a palette that is missing": planar(photometricPalette, 8, 0, "a", "b"),
		"a plane that is missing":   planar(photometricRGB, 8, 0, "ab", "cd", ""),
	} {
		if m, err := decode(in); err == nil {
			t.Errorf("%s: %v, want an error", name, m)
		}
	}
}

// strip returns a TIFF of one strip and one row, unless fields say otherwise.
func strip(width int, data string, fields ...meta.Field) []byte {
	length := len(data)
	for len(data)%2 == 1 {
		data += "\x00"
	}
	all := slices.Concat(fields, []meta.Field{ // of two fields with a tag the first counts
		meta.ShortField(meta.TagImageWidth, width), meta.ShortField(meta.TagImageLength, 1),
		meta.LongField(tagStripOffsets, 8), meta.LongField(tagStripByteCounts, length),
		meta.ShortField(tagRowsPerStrip, 1),
	})
	head := append([]byte("MM\x00*"), binary.BigEndian.AppendUint32(nil, uint32(8+len(data)))...)
	return append(append(head, data...), meta.EncodeIFD(8+len(data), all)...)
}

// TestColourAboveAlpha: premultiplied colour that is larger than its alpha is the
// largest colour.
func TestColourAboveAlpha(t *testing.T) {
	for name, c := range map[string]struct {
		bits int
		data string
	}{
		"8 bits":  {8, "\xff\x40\x00\xb7"},
		"16 bits": {16, "\xff\xff\x40\x00\x00\x00\xb7\xb7"},
	} {
		data := strip(1, c.data,
			meta.ShortField(tagBitsPerSample, c.bits, c.bits, c.bits, c.bits), meta.ShortField(tagCompression, 1),
			meta.ShortField(tagPhotometric, photometricRGB), meta.ShortField(tagSamplesPerPixel, 4),
			meta.ShortField(tagExtraSamples, extraAssociated))
		m, err := decode(data)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got := pixel.ToNRGBA(pixel.To8(pixel.Canonical(m))).Pix
		if want := []byte{255, 89, 0, 183}; !bytes.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

// TestFillOrder: with FillOrder 2 the bits of the compressed bytes are in reverse.
func TestFillOrder(t *testing.T) {
	const packBits = 32773
	for name, c := range map[string]struct {
		compression int
		data        string
	}{
		"no compression": {1, "\x80\x40\xc0\x20"},            // 1 2 3 4
		"PackBits":       {packBits, "\xc0\x80\x40\xc0\x20"}, // 3: four bytes follow
	} {
		data := strip(4, c.data,
			meta.ShortField(tagBitsPerSample, 8), meta.ShortField(tagCompression, c.compression),
			meta.ShortField(tagPhotometric, photometricGray), meta.ShortField(tagFillOrder, fillOrderReversed))
		m, err := decode(data)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got, want := m.(*image.Gray).Pix, []byte{1, 2, 3, 4}; !bytes.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}
