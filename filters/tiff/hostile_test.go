package tiff

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"

	"imgpipe/filters/meta"
)

// TestRefused: pages that lack pixels, or whose headers make no sense.
func TestRefused(t *testing.T) {
	short := meta.ShortField
	for _, c := range []struct {
		name string
		in   []byte
		want error
	}{
		{"nothing", []byte("II*\x00"), ErrTruncated},
		{"no page", []byte("II*\x00\x00\x00\x00\x00"), ErrCorrupt},
		{"a page behind the end", []byte("II*\x00\x00\x01\x00\x00"), ErrTruncated},
		{"no width", strip(0, "a", short(tagBitsPerSample, 8)), ErrCorrupt},
		{"too few bytes", strip(9, "abcd", short(tagBitsPerSample, 8), meta.LongField(tagStripByteCounts, 4)), ErrTruncated},
		{"a strip behind the end", strip(1, "a", short(tagBitsPerSample, 8), meta.LongField(tagStripOffsets, 9999)), ErrTruncated},
		{"a strip that is not there", strip(1, "a", short(tagBitsPerSample, 8), meta.LongField(tagStripOffsets, 0), meta.LongField(tagStripByteCounts, 0)), ErrCorrupt},
		{"one of two strips", strip(1, "a", short(tagBitsPerSample, 8), short(meta.TagImageLength, 2)), ErrTruncated},
		{"no strips", strip(1, "a", short(tagBitsPerSample, 8), meta.Field{Tag: tagStripOffsets, Type: meta.TypeASCII, Value: []byte("a")}), ErrTruncated},
		{"tiles of no pixels", strip(1, "a", short(tagBitsPerSample, 8), short(tagTileWidth, 0)), ErrCorrupt},
		{"a tile of too many pixels", strip(1, "a", short(tagBitsPerSample, 8), meta.LongField(tagTileWidth, 1<<31), meta.LongField(tagTileLength, 1<<31)), ErrCorrupt},
		{"PackBits that end", strip(9, "\x03abcd", short(tagBitsPerSample, 8), meta.LongField(tagCompression, compressionPack)), ErrTruncated},
		{"PackBits that end in a literal", strip(9, "\x08abcd", short(tagBitsPerSample, 8), meta.LongField(tagCompression, compressionPack)), ErrTruncated},
		{"two of three colours", strip(1, "ab", short(tagBitsPerSample, 8), short(tagSamplesPerPixel, 2), short(tagPhotometric, photometricRGB)), ErrCorrupt},
		{"65 bits", strip(1, "a", short(tagBitsPerSample, 65)), ErrCorrupt},
		{"5, 6 and 5 bits", strip(1, "ab", short(tagBitsPerSample, 5, 6, 5), short(tagSamplesPerPixel, 3), short(tagPhotometric, photometricRGB)), ErrUnsupported},
		{"complex numbers", strip(1, "abcd", short(tagBitsPerSample, 32), short(tagSampleFormat, 6)), ErrUnsupported},
		{"integers of 64 bits", strip(1, "abcdefgh", short(tagBitsPerSample, 64)), ErrUnsupported},
		{"other inks", strip(1, "abcd", short(tagBitsPerSample, 8), short(tagSamplesPerPixel, 4), short(tagPhotometric, photometricCMYK), short(tagInkSet, 2)), ErrUnsupported},
		{"LogLuv", strip(1, "a", short(tagBitsPerSample, 8), meta.LongField(tagPhotometric, 32845)), ErrUnsupported},
		{"old-style JPEG", strip(1, "a", short(tagBitsPerSample, 8), short(tagPhotometric, 1), short(tagCompression, compressionOldJPEG)), ErrUnsupported},
		{"a palette of 32 bits", strip(1, "abcd", short(tagBitsPerSample, 32), short(tagPhotometric, photometricPalette)), ErrUnsupported},
		{"half a palette", strip(1, "a", short(tagBitsPerSample, 1), short(tagPhotometric, photometricPalette), short(tagColorMap, 1, 2, 3)), ErrCorrupt},
		{"Deflate of nothing", strip(1, "abcdefgh", short(tagBitsPerSample, 8), short(tagCompression, compressionDeflate)), ErrCorrupt},
		{"Zstandard of nothing", strip(1, "abcdefgh", short(tagBitsPerSample, 8), meta.LongField(tagCompression, compressionZstd)), ErrCorrupt},
		{"LZMA of nothing", strip(1, "abcdefghijklmn", short(tagBitsPerSample, 8), meta.LongField(tagCompression, compressionLZMA)), ErrCorrupt},
		{"a JPEG of nothing", strip(1, "abcdefgh", short(tagBitsPerSample, 8), short(tagCompression, compressionJPEG)), ErrCorrupt},
	} {
		if m, err := decode(c.in); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, error %v, want %v", c.name, m, err, c.want)
		}
	}
}

// TestTolerate: what breaks the standard beside the pixels is told, and read unless
// Tolerate refuses.
func TestTolerate(t *testing.T) {
	short := meta.ShortField
	bits := short(tagBitsPerSample, 8)
	gray := short(tagPhotometric, photometricGray)
	rgb := []meta.Field{short(tagPhotometric, photometricRGB), short(tagSamplesPerPixel, 3)}
	for _, c := range []struct {
		name, told string
		in         []byte
	}{
		{"a clean page", "", strip(4, "abcd", bits, gray)},
		{"BitsPerSample given once", "BitsPerSample has 1 values for 3 samples", strip(1, "abcd", append(rgb, bits)...)},
		{"no photometric interpretation", "PhotometricInterpretation is missing", strip(4, "abcd", bits)},
		{"an extra sample", "ExtraSamples has 0 values for 1 extra samples", strip(2, "abcd", bits, gray, short(tagSamplesPerPixel, 2))},
		{"a predictor without compression", "a predictor where the compression has none", strip(4, "abcd", bits, gray, short(tagPredictor, 2))},
		{"a length of 0", "strip 1 of 1 has a length of 0 bytes", strip(4, "abcd", bits, gray, short(tagStripByteCounts, 0))},
		{"a length beyond the end", "strip 1 of 1 has a length of 60000 bytes", strip(4, "abcd", bits, gray, short(tagStripByteCounts, 60000))},
		{"no rows a strip", "0 rows a strip", strip(4, "abcd", bits, gray, short(tagRowsPerStrip, 0))},
		{"a palette of 8 bits", "a palette of 8 bits", strip(4, "\x1b", short(tagBitsPerSample, 2), short(tagPhotometric, 3), short(tagColorMap, make([]int, 12)...))},
		{"tags in disorder", "the tags of a page are not sorted", swapTags(strip(4, "abcd", bits, gray))},
	} {
		var told string
		read := func(refusal error) error {
			r, err := NewReader(c.in, ReaderOptions{Tolerate: func(breach error) error {
				told = breach.Error()
				return refusal
			}})
			if err != nil {
				return err
			}
			p, err := r.Next()
			if err != nil {
				return err
			}
			_, err = p.Decode()
			return err
		}
		if err := read(nil); err != nil || !strings.HasSuffix(told, c.told) || c.told == "" && told != "" {
			t.Errorf("%s: error %v, told %q, want %q", c.name, err, told, c.told)
		}
		if err := read(io.ErrClosedPipe); (err == io.ErrClosedPipe) != (c.told != "") {
			t.Errorf("%s: error %v where the breach is refused", c.name, err)
		}
	}
}

// swapTags exchanges the first two entries of a big-endian file's first IFD.
func swapTags(data []byte) []byte {
	at := binary.BigEndian.Uint32(data[4:]) + 2
	first := bytes.Clone(data[at : at+12])
	copy(data[at:], data[at+12:at+24])
	copy(data[at+12:], first)
	return data
}

// TestPagesThatShare: pages that share strips cost no more than a few times the file.
func TestPagesThatShare(t *testing.T) {
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	if _, err := w.Write(make([]byte, 1<<20)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	noise := strings.Repeat("\x00\x00\x00\xff\xff", 100000) // stored blocks of no bytes
	for _, c := range []struct {
		name, data string
		fields     []meta.Field
	}{
		{"small pages of a long strip", "\x78\x01" + noise + z.String()[2:], []meta.Field{meta.ShortField(meta.TagImageWidth, 1)}},
		{"tiles beyond the page", z.String(), []meta.Field{meta.ShortField(meta.TagImageWidth, 1), meta.LongField(tagTileWidth, 1<<20), meta.ShortField(tagTileLength, 1)}},
		{"samples that are not shown", z.String(), []meta.Field{meta.ShortField(meta.TagImageWidth, 16), meta.LongField(tagSamplesPerPixel, 60000)}},
	} {
		pages := linked(t, 5000, c.data, append(c.fields, meta.ShortField(meta.TagImageLength, 1), meta.ShortField(tagBitsPerSample, 8), meta.ShortField(tagCompression, compressionDeflate),
			meta.ShortField(tagPhotometric, photometricGray)))
		n, err := decodePages(pages)
		if err == nil || !strings.Contains(err.Error(), "share strips") && !strings.Contains(err.Error(), "no page shows") {
			t.Errorf("%s: error %v after %d pages", c.name, err, n)
		}
	}
}

// TestPagesThatSharePalette: a palette of 384 KiB that all pages have is read once, but palettes
// that overlap cost no more than a few times the file.
func TestPagesThatSharePalette(t *testing.T) {
	const count = 100
	shared := linked(t, count, strings.Repeat("a", 6<<16+count), []meta.Field{
		meta.ShortField(meta.TagImageWidth, 1), meta.ShortField(meta.TagImageLength, 1), meta.ShortField(tagBitsPerSample, 16),
		meta.ShortField(tagPhotometric, photometricPalette), meta.LongField(tagColorMap, 8),
	})
	const offset, values = "\x01\x40\x00\x04\x00\x00\x00\x01\x00\x00\x00\x08", "\x01\x40\x00\x03\x00\x03\x00\x00\x00\x00\x00\x08" // an entry
	shared = bytes.ReplaceAll(shared, []byte(offset), []byte(values))
	if n, err := decodePages(shared); err != nil || n != count {
		t.Errorf("one palette: error %v after %d pages, want all %d", err, n, count)
	}
	for i, page := 0, 0; page < count; page++ { // each one begins a byte later
		i += bytes.Index(shared[i:], []byte(values)) + len(values)
		shared[i-1] += byte(page)
		shared[8+6<<16+page] = byte(page)
	}
	if n, err := decodePages(shared); err == nil || !strings.Contains(err.Error(), "share palettes") || n > 10 {
		t.Errorf("palettes that overlap: error %v after %d pages, want one that says so", err, n)
	}
}

// decodePages decodes all pages. It returns how many it decoded before the error.
func decodePages(data []byte) (n int, err error) {
	r, err := NewReader(data, ReaderOptions{})
	if err != nil {
		return 0, err
	}
	r.work.hidden >>= 6 // a quicker test
	for r.More() {
		p, err := r.Next()
		if err != nil {
			return n, err
		}
		if _, err := p.Decode(); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// linked returns a file of n pages with the same strip and the same fields.
func linked(t *testing.T, n int, data string, fields []meta.Field) []byte {
	t.Helper()
	const start = 8
	fields = append(fields, meta.LongField(tagStripOffsets, start), meta.LongField(tagStripByteCounts, len(data)))
	if len(data)%2 == 1 {
		data += "\x00"
	}
	file := append(binary.BigEndian.AppendUint32([]byte("MM\x00*"), uint32(start+len(data))), data...)
	for i := range n {
		ifd := meta.EncodeIFD(len(file), fields)
		if i < n-1 {
			meta.SetNextIFD(ifd, len(file)+len(ifd))
		}
		file = append(file, ifd...)
	}
	return file
}
