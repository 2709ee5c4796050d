package tiff

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"testing"

	"imgpipe/filters/meta"
	"imgpipe/filters/pixel"
)

// TestSamples: samples of any width and format become a part of white.
func TestSamples(t *testing.T) {
	be := binary.BigEndian
	floats := func(all ...float32) (s string) {
		for _, v := range all {
			s += string(be.AppendUint32(nil, math.Float32bits(v)))
		}
		return s
	}
	doubles := func(all ...float64) (s string) {
		for _, v := range all {
			s += string(be.AppendUint64(nil, math.Float64bits(v)))
		}
		return s
	}
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	long := func(tag uint16, v int) meta.Field { return meta.LongField(tag, v) }
	for _, c := range []struct {
		name         string
		bits, format int
		width        int
		data         string
		fields       []meta.Field
		want         string // of 8 bits, or of 16 in big-endian order
	}{
		{"1 bit", 1, formatUnsigned, 9, "\xa5\x80", nil, "\xff\x00\xff\x00\x00\xff\x00\xff\xff"},
		{"2 bits", 2, formatUnsigned, 5, "\x1b\xc0", nil, "\x00\x55\xaa\xff\xff"},
		{"3 bits", 3, formatUnsigned, 3, "\x1e\x00", nil, "\x00\xff\x92"},
		{"4 bits", 4, formatUnsigned, 3, "\x0f\x50", nil, "\x00\xff\x55"},
		{"8 bits, signed", 8, formatSigned, 3, "\x80\x00\x7f", nil, "\x00\x80\xff"},
		{"10 bits", 10, formatUnsigned, 3, "\x00\x3f\xf8\x00", nil, "\x00\x00\xff\xff\x80\x20"},
		{"12 bits", 12, formatUnsigned, 2, "\xff\xf8\x00", nil, "\xff\xff\x80\x08"},
		{"14 bits", 14, formatUnsigned, 2, "\x00\x03\xff\xf0", nil, "\x00\x00\xff\xff"},
		{"16 bits, signed", 16, formatSigned, 3, "\x80\x00\x00\x00\x7f\xff", nil, "\x00\x00\x80\x00\xff\xff"},
		{"24 bits", 24, formatUnsigned, 2, "\xff\xff\xff\x80\x00\x00", nil, "\xff\xff\x80\x00"},
		{"31 bits", 31, formatUnsigned, 1, "\xff\xff\xff\xfe", nil, "\xff\xff"},
		{"32 bits", 32, formatUnsigned, 2, "\xff\xff\xff\xff\x80\x00\x00\x00", nil, "\xff\xff\x80\x00"},
		{"32 bits from 100 to 200", 32, formatUnsigned, 4, "\x00\x00\x00\x64\x00\x00\x00\xc8\x00\x00\x00\x00\xff\x00\x00\x00",
			[]meta.Field{long(tagSMinSampleValue, 100), long(tagSMaxSampleValue, 200)}, "\x00\x00\xff\xff\x00\x00\xff\xff"},
		{"8 bits, whose range is not used", 8, formatUnsigned, 1, "\x64", []meta.Field{long(tagSMinSampleValue, 100), long(tagSMaxSampleValue, 200)}, "\x64"},
		{"half floats", 16, formatFloat, 4, "\x00\x00\x3c\x00\x38\x00\x04\x00", nil, "\x00\x00\xff\xff\x80\x00\x00\x04"},
		{"floats from 0 to 1", 32, formatFloat, 4, floats(0, 1, 0.5, nan), nil, "\x00\x00\xff\xff\x80\x00\x00\x00"},
		{"floats beyond 1", 32, formatFloat, 5, floats(-100, 300, 100, nan, inf), nil, "\x00\x00\xff\xff\x80\x00\x00\x00\xff\xff"},
		{"floats that are one number", 32, formatFloat, 2, floats(7, 7), nil, "\x00\x00\x00\x00"},
		{"floats that are none", 32, formatFloat, 1, floats(nan), nil, "\x00\x00"},
		{"floats from 0 to 10", 32, formatFloat, 2, floats(5, 20), []meta.Field{long(tagSMinSampleValue, 0), long(tagSMaxSampleValue, 10)}, "\x80\x00\xff\xff"},
		{"doubles", 64, formatFloat, 2, doubles(1e300, -1e300), nil, "\xff\xff\x00\x00"},
	} {
		fields := append(c.fields, meta.ShortField(tagBitsPerSample, c.bits), meta.ShortField(tagSampleFormat, c.format), meta.ShortField(tagPhotometric, photometricGray))
		m, err := decode(strip(c.width, c.data, fields...))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := pixel.RasterOf(m).Pix; string(got) != c.want {
			t.Errorf("%s: %x, want %x", c.name, got, c.want)
		}
	}
}

// TestHorizontalPredictor: differences become samples, in both byte orders.
func TestHorizontalPredictor(t *testing.T) {
	for _, order := range []binary.AppendByteOrder{binary.BigEndian, binary.LittleEndian} {
		for _, c := range []struct {
			bits, format int
			appendSample func(b []byte, v uint64) []byte
			values       [4]uint64 // of 2 pixels of 2 samples
		}{
			{8, formatUnsigned, func(b []byte, v uint64) []byte { return append(b, byte(v)) }, [4]uint64{200, 7, 100, 255}},
			{16, formatUnsigned, func(b []byte, v uint64) []byte { return order.AppendUint16(b, uint16(v)) }, [4]uint64{60000, 7, 100, 65535}},
			{32, formatUnsigned, func(b []byte, v uint64) []byte { return order.AppendUint32(b, uint32(v)) }, [4]uint64{4e9, 7, 100, math.MaxUint32}},
			{64, formatFloat, order.AppendUint64, [4]uint64{math.Float64bits(0.75), math.Float64bits(0.5), math.Float64bits(0.25), math.Float64bits(1)}},
		} {
			var samples, differences []byte
			for i, v := range c.values {
				samples = c.appendSample(samples, v)
				if i >= 2 {
					v -= c.values[i-2]
				}
				differences = c.appendSample(differences, v)
			}
			s := &storage{bits: c.bits, format: c.format, samples: 2, predictor: predictorHorizontal}
			s.order = order.(binary.ByteOrder)
			undoPrediction(s, differences, len(differences))
			if !bytes.Equal(differences, samples) {
				t.Errorf("%d bits, %v: %x, want %x", c.bits, order, differences, samples)
			}
		}
	}
}

// TestChromaOfStrips: each strip of subsampled chroma, and each tile, has the pixels that
// it has alone.
func TestChromaOfStrips(t *testing.T) {
	const width, blocks, tall = 4, "\x10\x20\x80\x90\x30\x40\xa0\xb0", 6 // blocks of one row
	short, shorts := meta.ShortField, meta.ShortField
	fields := []meta.Field{short(tagBitsPerSample, 8), short(tagSamplesPerPixel, 3), short(tagPhotometric, photometricYCbCr), shorts(tagSubsampling, 2, 1)}
	one, err := decode(strip(width, blocks, fields...))
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Repeat(string(pixel.RasterOf(one).Pix), tall)
	offsets := func(tag uint16) meta.Field { return meta.LongField(tag, 8, 8+2*len(blocks), 8+4*len(blocks)) }
	for name, layout := range map[string][]meta.Field{
		"one strip":    {short(tagRowsPerStrip, tall)},
		"three strips": {short(tagRowsPerStrip, 2), offsets(tagStripOffsets), short(tagStripByteCounts, 16, 16, 16)},
		"three tiles":  {short(tagTileWidth, width), short(tagTileLength, 2), offsets(tagTileOffsets), short(tagTileByteCounts, 16, 16, 16)},
	} {
		m, err := decode(strip(width, strings.Repeat(blocks, tall), slices.Concat(layout, fields, []meta.Field{short(meta.TagImageLength, tall)})...))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if got := string(pixel.RasterOf(m).Pix); got != want {
			t.Errorf("%s: %x, want %x", name, got, want)
		}
	}
}

// TestColours: each photometric interpretation becomes pixels.
func TestColours(t *testing.T) {
	short, shorts := meta.ShortField, meta.ShortField
	rationals := func(tag uint16, all ...uint32) meta.Field {
		f := meta.Field{Tag: tag, Type: meta.TypeRational}
		for _, v := range all {
			f.Value = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(f.Value, v), 1)
		}
		return f
	}
	bits := func(n, samples int) []meta.Field {
		return []meta.Field{short(tagBitsPerSample, n), short(tagSamplesPerPixel, samples)}
	}
	wide := make([]int, 12)
	copy(wide, []int{0, 0xffff, 0x8000, 0x1234, 0, 0, 0x8000, 0x5678, 0, 0, 0x8000, 0x9abc})
	const n12, n16 = 1 << 12, 1 << 16 // colours of a palette
	of12, of16, gray16 := make([]int, 3*n12), make([]int, 3*n16), make([]int, 3*n16)
	of12[n12-1], of12[n12+1], of12[2*n12-1] = 0xffff, 0x1200, 0x3400
	of16[0x0102], of16[n16+0x0102], of16[3*n16-1] = 0x3400, 0x5600, 0x9a00
	for k := range 3 {
		gray16[k*n16+0x0102] = 0x7800
	}
	for _, c := range []struct {
		name        string
		photometric int
		fields      []meta.Field
		width       int
		data        string
		want        string
	}{
		{"white is zero", photometricWhiteIsZero, bits(8, 1), 2, "\x00\xf0", "\xff\x0f"},
		{"white is zero, and alpha", photometricWhiteIsZero, append(bits(8, 2), short(tagExtraSamples, extraUnassociated)), 1, "\x00\xf0", "\xff\xf0"},
		{"a mask", photometricMask, bits(1, 1), 2, "\x40", "\x00\xff"},
		{"gray and two samples more", photometricGray, bits(8, 3), 2, "abcdef", "ad"},
		{"a palette of 2 bits", photometricPalette, append(bits(2, 1), shorts(tagColorMap, wide...)), 4, "\x1b", "\x00\x00\x00\xff\xff\x00\x00\xff\x80\x80\x80\xff\x12\x56\x9a\xff"},
		{"a palette of gray and 1 bit", photometricPalette, append(bits(1, 1), shorts(tagColorMap, 0xffff, 0x1000, 0xffff, 0x1000, 0xffff, 0x1000)), 2, "\x40", "\xff\x10"},
		{"a palette and alpha", photometricPalette, append(bits(4, 2), shorts(tagColorMap, append(make([]int, 47), 0xffff)...), short(tagExtraSamples, extraUnassociated)), 1, "\xf8", "\x00\x00\xff\x88"},
		{"a palette of 12 bits", photometricPalette, append(bits(12, 1), shorts(tagColorMap, of12...)), 2, "\x00\x1f\xff", "\x00\x12\x00\xff\xff\x34\x00\xff"},
		{"a palette of 16 bits and alpha", photometricPalette, append(bits(16, 2), shorts(tagColorMap, of16...), short(tagExtraSamples, extraUnassociated)), 2, "\x01\x02\x80\x00\xff\xff\xff\xff", "\x34\x56\x00\x80\x00\x00\x9a\xff"},
		{"a palette of gray and 16 bits", photometricPalette, append(bits(16, 1), shorts(tagColorMap, gray16...)), 1, "\x01\x02", "\x78"},
		{"inks and alpha", photometricCMYK, append(bits(8, 5), short(tagExtraSamples, extraUnassociated)), 1, "\x00\xff\x00\x00\x80", "\xff\x00\xff\x80"},
		{"chroma of each pixel", photometricYCbCr, append(bits(8, 3), shorts(tagSubsampling, 1, 1)), 2, "\xff\x80\x80\x4c\x55\xff", "\xff\xff\xff\xff\xfe\x00\x00\xff"},
		{"chroma of 2 pixels", photometricYCbCr, append(bits(8, 3), shorts(tagSubsampling, 2, 1)), 3, "\x10\x20\x80\x80\x30\x40\x80\x80", "\x10\x10\x10\xff\x20\x20\x20\xff\x30\x30\x30\xff"},
		{"chroma of 16 pixels", photometricYCbCr, append(bits(8, 3), shorts(tagSubsampling, 4, 4)), 1, "\x10ABCDEFGHIJKLMNO\x80\x80", "\x10\x10\x10\xff"},
		{"luma of studio range", photometricYCbCr, append(bits(8, 3), shorts(tagSubsampling, 1, 1), rationals(tagReference, 16, 235, 128, 240, 128, 240)), 2, "\x10\x80\x80\xeb\x80\x80", "\x00\x00\x00\xff\xff\xff\xff\xff"},
		{"L*a*b*", photometricCIELab, bits(8, 3), 3, "\xff\x00\x00\x00\x00\x00\x80\x00\x00", "\xff\xff\xff\xff\x00\x00\x00\xff\x77\x77\x77\xff"},
		{"L*a*b* as in ICC profiles", photometricICCLab, bits(8, 3), 2, "\xff\x80\x80\x00\x80\x80", "\xff\xff\xff\xff\x00\x00\x00\xff"},
		{"red in L*a*b*", photometricCIELab, bits(8, 3), 1, "\x8a\x51\x46", "\xff\x00\x00\xff"},
	} {
		m, err := decode(strip(c.width, c.data, append(c.fields, short(tagPhotometric, c.photometric))...))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := pixel.RasterOf(m).Pix; string(got) != c.want {
			t.Errorf("%s: %x, want %x", c.name, got, c.want)
		}
	}
}
