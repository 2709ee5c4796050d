package tiff

import (
	"errors"
	"strings"
	"testing"

	"imgpipe/filters/meta"
	"imgpipe/filters/pixel"
)

// bitString returns the bytes of digits; spaces between them do not count.
func bitString(digits string) string {
	digits = strings.ReplaceAll(digits, " ", "")
	digits += strings.Repeat("0", (8-len(digits)%8)%8)
	var out []byte
	for ; digits != ""; digits = digits[8:] {
		b := byte(0)
		for _, d := range digits[:8] {
			b = b<<1 | byte(d-'0')
		}
		out = append(out, b)
	}
	return string(out)
}

// TestFax decodes rows of 8 pixels that are coded by hand.
func TestFax(t *testing.T) {
	const (
		eol       = "000000000001 "
		white8    = "10011 "
		white3    = "1000 "
		black2    = "11 "
		black8    = "000101 "
		white0    = "00110101 "
		bar       = white3 + black2 + white3 // ___XX___
		v0        = "1 "
		pass      = "0001 "
		horiz     = "001 "
		threeRows = "\xff\xff\xff\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00\x00\x00\x00\x00"
		same      = "\xff\xff\xff\x00\x00\xff\xff\xff\xff\xff\xff\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
	)
	for _, c := range []struct {
		name                 string
		compression, options int
		data                 string
		want                 string // pixels of three rows
		err                  error
	}{
		{"Huffman, rows at bytes", compressionHuffman, 0, bitString(bar) + bitString(white8) + bitString(white0+black8), threeRows, nil},
		{"Huffman, rows at words", compressionWords, 0, bitString(bar+"000000") + bitString(white8) + "\x00" + bitString(white0+black8), threeRows, nil},
		{"Group 3", compressionGroup3, 0, bitString(eol + bar + eol + white8 + eol + white0 + black8), threeRows, nil},
		{"Group 3 with RTC", compressionGroup3, 0, bitString(eol + bar + eol + white8 + eol + white0 + black8 + strings.Repeat(eol, 6)), threeRows, nil},
		{"Group 3, EOLs at bytes", compressionGroup3, 4, bitString("0000" + eol + bar + "00" + "0000" + eol + white8 + "0000000" + eol + white0 + black8), threeRows, nil},
		{"Group 3 without EOLs", compressionGroup3, 0, bitString(bar + white8 + white0 + black8), threeRows, nil},
		{"Group 3, two-dimensional", compressionGroup3, 1, bitString(eol + "1" + bar + eol + "0" + v0 + v0 + v0 + eol + "0" + pass + v0), same, nil},
		{"Group 4", compressionGroup4, 0, bitString(horiz + white3 + black2 + v0 + v0 + v0 + v0 + pass + v0), same, nil},
		{"Group 4 with EOFB", compressionGroup4, 0, bitString(horiz + white3 + black2 + v0 + v0 + v0 + v0 + pass + v0 + eol + eol), same, nil},
		{"Group 4 with two rows", compressionGroup4, 0, bitString(horiz + white3 + black2 + v0 + v0 + v0 + v0 + eol + eol), "", ErrTruncated},
		{"Group 4 that is cut off", compressionGroup4, 0, bitString(horiz + white3 + black2), "", ErrTruncated},
		{"Group 3 with two rows and RTC", compressionGroup3, 0, bitString(eol + bar + eol + white8 + strings.Repeat(eol, 6)), "", ErrTruncated},
		{"Group 3 that is cut off", compressionGroup3, 0, bitString(eol + bar + eol + white8), "", ErrTruncated},
		{"a row that is too long", compressionHuffman, 0, bitString(white3+black8) + "\x98\x98", "", ErrCorrupt},
		{"no code", compressionHuffman, 0, bitString("000000000111 1111"), "", ErrCorrupt},
		{"uncompressed mode of Group 4", compressionGroup4, 0, bitString("0000001111 0101"), "", ErrUnsupported},
		{"uncompressed mode of Group 3", compressionGroup3, 0, bitString(eol + "000000001111"), "", ErrUnsupported},
	} {
		data := strip(8, c.data, meta.ShortField(meta.TagImageLength, 3), meta.ShortField(tagRowsPerStrip, 3), meta.ShortField(tagBitsPerSample, 1),
			meta.ShortField(tagCompression, c.compression), meta.ShortField(tagT4Options, c.options), meta.ShortField(tagPhotometric, photometricWhiteIsZero))
		m, err := decode(data)
		switch {
		case !errors.Is(err, c.err):
			t.Errorf("%s: error %v, want %v", c.name, err, c.err)
		case err == nil && string(pixel.RasterOf(m).Pix) != c.want:
			t.Errorf("%s: %x, want %x", c.name, pixel.RasterOf(m).Pix, c.want)
		}
	}
}
