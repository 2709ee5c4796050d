package bmp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
)

// A spec is what the headers of a test's file say. Zeros stand for what most files
// have.
type spec struct {
	header        int // length of the information header; 0 means 40
	width, height int
	bits          int
	compression   uint32
	colours       uint32 // biClrUsed
	masks         []uint32
	planes        int       // less 1
	offset        int       // of the pixels; 0 means behind the parts before them, -1 means 0
	profile       [3]uint32 // bV5CSType, bV5ProfileData, bV5ProfileSize
}

// file returns a file with the parts behind its headers. The last part is the pixels.
func (s spec) file(parts ...string) string {
	le := binary.LittleEndian
	if s.header == 0 {
		s.header = infoHeader
	}
	info := make([]byte, 4096)
	le.PutUint32(info, uint32(s.header))
	if s.header == os2Header {
		for i, v := range []int{s.width, s.height, 1 + s.planes, s.bits} {
			le.PutUint16(info[4+2*i:], uint16(v))
		}
	} else {
		le.PutUint32(info[4:], uint32(s.width))
		le.PutUint32(info[8:], uint32(s.height))
		le.PutUint16(info[12:], uint16(1+s.planes))
		le.PutUint16(info[14:], uint16(s.bits))
		for i, v := range append([]uint32{s.compression, 0, 2835, 2834, s.colours, 0}, s.masks...) {
			le.PutUint32(info[16+4*i:], v)
		}
		for i, at := range []int{56, 112, 116} {
			le.PutUint32(info[at:], s.profile[i])
		}
	}
	before := string(info[:s.header]) + strings.Join(parts[:len(parts)-1], "")
	if s.offset == 0 {
		s.offset = fileHeader + len(before)
	}
	head := le.AppendUint32([]byte("BM????\x00\x00\x00\x00"), uint32(max(s.offset, 0)))
	return string(head) + before + parts[len(parts)-1]
}

// masks returns the masks that stand behind a BITMAPINFOHEADER.
func masks(all ...uint32) string {
	var b []byte
	for _, m := range all {
		b = binary.LittleEndian.AppendUint32(b, m)
	}
	return string(b)
}

// read decodes a file. It returns the rows and the first breach.
func read(file string) (rows string, breach, err error) {
	r, err := NewReader([]byte(file), ReaderOptions{Tolerate: func(err error) error {
		if breach == nil {
			breach = err
		}
		return nil
	}})
	if err != nil {
		return "", breach, err
	}
	if h := r.Header(); h.Width > 1<<20/h.Height {
		return "", breach, errors.New("test: too large")
	}
	row := make([]byte, r.RowBytes())
	for range r.Header().Height {
		if err := r.ReadRow(row); err != nil {
			return "", breach, err
		}
		rows += string(row)
	}
	if err := r.ReadRow(row); err != io.EOF {
		return "", breach, errors.New("test: no EOF after the last row")
	}
	return rows, breach, nil
}

const (
	bgr2   = "\x01\x02\x03\x00\x11\x12\x13\x00" // a palette of two colours
	rgb0   = "\x03\x02\x01"
	rgb1   = "\x13\x12\x11"
	black  = "\x00\x00\x00"
	grays4 = "\x00\x00\x00\x00\x50\x50\x50\x00\xa0\xa0\xa0\x00\xff\xff\xff\x00"
)

func TestRead(t *testing.T) {
	gray := func(n int) (palette string) {
		for i := range n {
			palette += string([]byte{byte(i), byte(i), byte(i), 0})
		}
		return palette
	}
	runs := func(data string) string {
		return spec{width: 4, height: 2, bits: 8, compression: compressionRLE8}.file(gray(256), data)
	}
	runs4 := func(data string) string {
		return spec{width: 5, height: 2, bits: 4, compression: compressionRLE4}.file(gray(16), data)
	}
	for _, c := range []struct{ name, in, rows, breach string }{
		{"1 bit, from bottom to top", spec{width: 2, height: 2, bits: 1}.file(bgr2, "\x40\x00\x00\x00\x80\x00\x00\x00"), rgb1 + rgb0 + rgb0 + rgb1, ""},
		{"1 bit, from top to bottom", spec{width: 2, height: -2, bits: 1}.file(bgr2, "\x40\x00\x00\x00\x80\x00\x00\x00"), rgb0 + rgb1 + rgb1 + rgb0, ""},
		{"2 bits, gray", spec{width: 5, height: 1, bits: 2}.file(grays4, "\x1b\x80\x00\x00"), "\x00\x50\xa0\xff\xa0", ""},
		{"4 bits", spec{width: 3, height: 1, bits: 4}.file(gray(16), "\xf1\x20\x00\x00"), "\x0f\x01\x02", ""},
		{"8 bits", spec{width: 2, height: 1, bits: 8}.file(gray(256), "\xfe\x07\x00\x00"), "\xfe\x07", ""},
		{"24 bits", spec{width: 1, height: 1, bits: 24}.file("\x01\x02\x03\x00"), rgb0, ""},
		{"24 bits with a palette", spec{width: 1, height: 1, bits: 24, colours: 2}.file(bgr2, "\x01\x02\x03\x00"), rgb0, ""},
		{"24 bits with a palette, no offset", spec{width: 1, height: 1, bits: 24, colours: 2, offset: -1}.file(bgr2, "\x01\x02\x03\x00"), rgb0, "pixels at byte 0, inside the headers"},
		{"24 bits, the last row not filled up", spec{width: 1, height: 1, bits: 24}.file("\x01\x02\x03"), rgb0, ""},
		{"24 bits with masks", spec{width: 1, height: 1, bits: 24, compression: compressionBitFields}.file(masks(1, 2, 3), "\x01\x02\x03\x00"), rgb0, "bit fields with 24 bits a pixel"},
		{"32 bits: the fourth byte means nothing", spec{width: 1, height: 1, bits: 32}.file("\x01\x02\x03\x00"), rgb0, ""},
		{"32 bits, V5, no masks", spec{header: v5Header, width: 1, height: 1, bits: 32}.file("\x01\x02\x03\x04"), rgb0, ""},
		{"32 bits, V4, alpha", spec{header: v4Header, width: 1, height: 1, bits: 32, compression: compressionBitFields, masks: []uint32{0xff0000, 0xff00, 0xff, 0xff000000}}.file("\x01\x02\x03\x04"), rgb0 + "\x04", ""},
		{"32 bits, V3, alpha first", spec{header: 56, width: 1, height: 1, bits: 32, compression: compressionBitFields, masks: []uint32{0xff000000, 0xff0000, 0xff00, 0xff}}.file("\x04\x01\x02\x03"), rgb0 + "\x04", ""},
		{"32 bits, V2", spec{header: 52, width: 1, height: 1, bits: 32, compression: compressionBitFields, masks: []uint32{0xff, 0xff00, 0xff0000}}.file("\x03\x02\x01\x04"), rgb0, ""},
		{"32 bits, masks behind the header", spec{width: 1, height: 1, bits: 32, compression: compressionBitFields}.file(masks(0xff, 0xff00, 0xff0000), "\x03\x02\x01\x04"), rgb0, ""},
		{"32 bits, four masks behind the header", spec{width: 1, height: 1, bits: 32, compression: compressionAlphaBitFields}.file(masks(0xff, 0xff00, 0xff0000, 0xff000000), "\x03\x02\x01\x04"), rgb0 + "\x04", ""},
		{"32 bits, masks of 10 bits and none", spec{width: 1, height: 1, bits: 32, compression: compressionBitFields}.file(masks(0x3ff, 0, 0xffc00), "\xff\x03\x08\x00"), "\xff\x00\x80", ""},
		{"32 bits, all masks none", spec{width: 1, height: 1, bits: 32, compression: compressionBitFields}.file(masks(0, 0, 0), "\x01\x02\x03\x00"), rgb0, "masks of no bits"},
		{"16 bits, four masks behind a header of 36 bytes", spec{header: 36, width: 1, height: 1, bits: 16, compression: compressionAlphaBitFields}.file(masks(0x7c00, 0x3e0, 0x1f, 0x8000), "\xff\x7f\x00\x00"), "\xff\xff\xff\x00", ""},
		{"16 bits", spec{width: 2, height: 1, bits: 16}.file("\xff\x7f\x10\x42"), "\xff\xff\xff\x84\x84\x84", ""},
		{"16 bits, 5-6-5", spec{width: 2, height: 1, bits: 16, compression: compressionBitFields}.file(masks(0xf800, 0x7e0, 0x1f), "\xff\xff\x10\x84"), "\xff\xff\xff\x84\x82\x84", ""},
		{"16 bits, 4-4-4-4", spec{header: v4Header, width: 1, height: 1, bits: 16, compression: compressionBitFields, masks: []uint32{0xf00, 0xf0, 0xf, 0xf000}}.file("\x9f\x0f\x00\x00"), "\xff\x99\xff\x00", ""},
		{"OS/2 1", spec{header: os2Header, width: 2, height: 1, bits: 1}.file("\x01\x02\x03\x11\x12\x13", "\x40\x00\x00\x00"), rgb0 + rgb1, ""},
		{"OS/2 1, short palette", spec{header: os2Header, width: 2, height: 1, bits: 8}.file("\x01\x02\x03", "\x00\x01\x00\x00"), rgb0 + black, ""},
		{"OS/2 2 of 16 bytes", spec{header: 16, width: 2, height: 1, bits: 1}.file(bgr2, "\x40\x00\x00\x00"), rgb0 + rgb1, ""},
		{"OS/2 2 of 64 bytes", spec{header: 64, width: 2, height: 1, bits: 1}.file(bgr2, "\x40\x00\x00\x00"), rgb0 + rgb1, ""},
		{"OS/2 2, runs", spec{header: 64, width: 2, height: 1, bits: 8, compression: compressionRLE8}.file(gray(256), "\x02\x07\x00\x01"), "\x07\x07", ""},
		{"short palette", spec{width: 2, height: 1, bits: 8, colours: 1}.file("\x01\x02\x03\x00", "\x00\x01\x00\x00"), rgb0 + black, ""},
		{"long palette", spec{width: 2, height: 1, bits: 1, colours: 3}.file(bgr2+"none", "\x40\x00\x00\x00"), rgb0 + rgb1, "palette of 3 colours with 1 bits"},
		{"palette that the pixels cut", spec{width: 2, height: 1, bits: 8}.file("\x01\x02\x03\x00", "\x00\x01\x00\x00"), rgb0 + black, "palette of 256 colours with room for 1"},
		{"gap before the pixels", spec{width: 1, height: 1, bits: 24}.file("gap", "\x01\x02\x03\x00"), rgb0, ""},
		{"three planes", spec{width: 1, height: 1, bits: 24, planes: 2}.file("\x01\x02\x03\x00"), rgb0, "3 planes, expected 1"},
		{"bytes behind", spec{width: 1, height: 1, bits: 24}.file("\x01\x02\x03\x00more"), rgb0, ""},

		{"runs of 8 bits", runs("\x03\x07\x01\x08\x00\x00\x04\x09\x00\x00\x00\x01"), "\x09\x09\x09\x09\x07\x07\x07\x08", ""},
		{"runs, and indices one by one", runs("\x00\x03abc\x00\x01d\x00\x00\x00\x04efgh\x00\x01"), "efghabcd", ""},
		{"runs that skip", runs("\x01\x07\x00\x02\x02\x01\x01\x08\x00\x01"), "\x00\x00\x00\x08\x07\x00\x00\x00", ""},
		{"runs with rows left out", runs("\x00\x00\x04\x09\x00\x01"), "\x09\x09\x09\x09\x00\x00\x00\x00", ""},
		{"runs that end early", runs("\x04\x09\x00\x01"), "\x00\x00\x00\x00\x09\x09\x09\x09", ""},
		{"runs, without an end", runs("\x04\x07\x00\x00\x04\x09"), "\x09\x09\x09\x09\x07\x07\x07\x07", "no end of the bitmap"},
		{"runs beyond the row", runs("\x05\x07\x01\x06\x00\x00\x04\x09\x00\x01"), "\x09\x09\x09\x09\x07\x07\x07\x07", "run beyond the end of row 0"},
		{"runs beyond the height", runs("\x04\x07\x00\x00\x04\x09\x00\x00\x04\x08\x00\x01"), "\x09\x09\x09\x09\x07\x07\x07\x07", ""},
		{"runs, from top to bottom", spec{width: 1, height: -2, bits: 8, compression: compressionRLE8}.file(gray(256), "\x01\x07\x00\x00\x01\x09\x00\x01"), "\x07\x09", "runs in rows from top to bottom"},
		{"runs of 4 bits", runs4("\x05\x12\x00\x00\x00\x05\x34\x56\x70\x00\x00\x01"), "\x03\x04\x05\x06\x07\x01\x02\x01\x02\x01", ""},
		{"4 bits, indices one by one", runs4("\x00\x03\x12\x30\x02\x45\x00\x01"), "\x00\x00\x00\x00\x00\x01\x02\x03\x04\x05", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			rows, breach, err := read(c.in)
			if err != nil || rows != c.rows {
				t.Errorf("got %q and error %v, want %q", rows, err, c.rows)
			}
			if (breach == nil) != (c.breach == "") || breach != nil && !strings.Contains(breach.Error(), c.breach) {
				t.Errorf("got breach %v, want %q", breach, c.breach)
			}
			strict := ReaderOptions{Tolerate: func(breach error) error { return breach }}
			if r, err := NewReader([]byte(c.in), strict); err == nil {
				err = r.ReadRow(make([]byte, r.RowBytes()))
				if (err == nil) != (c.breach == "") {
					t.Errorf("without tolerance: error %v, want %q", err, c.breach)
				}
			} else if c.breach == "" || !errors.Is(err, ErrCorrupt) {
				t.Errorf("without tolerance: error %v, want %q", err, c.breach)
			}
			for n := range len(c.in) {
				got, _, err := read(c.in[:n])
				if err == nil && got != c.rows {
					t.Errorf("the first %d of %d bytes: got %q, want an error", n, len(c.in), got)
				}
				if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Errorf("the first %d of %d bytes: error %v, want ErrUnexpectedEOF", n, len(c.in), err)
				}
			}
		})
	}
}

func TestRefused(t *testing.T) {
	for _, c := range []struct {
		name, in string
		kind     error
		text     string
	}{
		{"no BMP", "BA", ErrCorrupt, "no BMP signature"},
		{"header of 13 bytes", spec{header: 13, width: 1, height: 1, bits: 24}.file("\x01\x02\x03\x00"), ErrCorrupt, "invalid length 13"},
		{"width 0", spec{height: 1, bits: 24}.file(""), ErrCorrupt, "invalid image size 0x1"},
		{"height 0", spec{width: 1, bits: 24}.file(""), ErrCorrupt, "invalid image size 1x0"},
		{"width -1", spec{width: -1, height: 1, bits: 24}.file(""), ErrCorrupt, "invalid image size -1x1"},
		{"height -2³¹", spec{width: 1, height: -1 << 31, bits: 24}.file(""), ErrCorrupt, "invalid image size 1x2147483648"},
		{"3 bits", spec{width: 1, height: 1, bits: 3}.file(""), ErrUnsupported, "3 bits a pixel"},
		{"a JPEG inside", spec{width: 1, height: 1, compression: compressionJPEG}.file(""), ErrUnsupported, "a JPEG inside"},
		{"a PNG inside", spec{width: 1, height: 1, compression: compressionPNG}.file(""), ErrUnsupported, "a PNG inside"},
		{"Huffman codes", spec{header: 64, width: 1, height: 1, bits: 1, compression: compressionBitFields}.file(""), ErrUnsupported, "Huffman codes of OS/2"},
		{"runs of 24 bits", spec{header: 64, width: 1, height: 1, bits: 24, compression: compressionJPEG}.file(""), ErrUnsupported, "runs of 24 bits of OS/2"},
		{"8-bit runs with 4 bits", spec{width: 1, height: 1, bits: 4, compression: compressionRLE8}.file(""), ErrUnsupported, "compression 1 with 4 bits"},
		{"mask with a gap", spec{width: 1, height: 1, bits: 16, compression: compressionBitFields}.file(masks(5, 0, 0), ""), ErrCorrupt, "mask 0x00000005 has a gap"},
		{"a row too few", spec{width: 1, height: 3, bits: 24}.file("\x01\x02\x03\x00\x01\x02\x03\x00\x01\x02"), io.ErrUnexpectedEOF, "pixels end in row 2 of 3"},
		{"a huge image", spec{width: 1<<31 - 1, height: 1<<31 - 1, bits: 32}.file("\x00"), io.ErrUnexpectedEOF, "pixels end in row 0"},
		{"a huge palette", spec{width: 1, height: 1, bits: 24, colours: 1<<32 - 1, offset: -1}.file("\x00"), io.ErrUnexpectedEOF, "ends before the pixels"},
		{"runs that end in a row", spec{width: 4, height: 1, bits: 8, compression: compressionRLE8}.file(strings.Repeat("\x00", 1024), "\x03\x07"), io.ErrUnexpectedEOF, "pixels end in row 0 of 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, _, err := read(c.in); !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.text) {
				t.Errorf("got error %v, want %v with %q", err, c.kind, c.text)
			}
		})
	}
}

func TestHeader(t *testing.T) {
	profile := [3]uint32{embeddedProfile, v5Header + 4, 7}
	in := spec{header: v5Header, width: 1, height: 1, bits: 24, profile: profile}.file("\x01\x02\x03\x00profile")
	r, err := NewReader([]byte(in), ReaderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if h := r.Header(); h.XPixelsPerMetre != 2835 || h.YPixelsPerMetre != 2834 || string(h.Profile) != "profile" {
		t.Errorf("got %+v, want a resolution of 2835 x 2834 and the profile", h)
	}
	for _, wrong := range [][3]uint32{{0, v5Header + 4, 7}, {embeddedProfile, v5Header + 4, 8}, {embeddedProfile, 1<<32 - 1, 1<<32 - 1}} {
		in := spec{header: v5Header, width: 1, height: 1, bits: 24, profile: wrong}.file("\x01\x02\x03\x00profile")
		r, err := NewReader([]byte(in), ReaderOptions{})
		if err != nil || r.Header().Profile != nil {
			t.Errorf("%#x: got error %v, want none and no profile", wrong, err)
		}
	}
}

// FuzzRead checks that any bytes give a picture or an error, and that no prefix of a
// picture gives another one.
func FuzzRead(f *testing.F) {
	f.Add([]byte(spec{width: 2, height: 2, bits: 1}.file(bgr2, "\x40\x00\x00\x00\x80\x00\x00\x00")))
	f.Add([]byte(spec{width: 4, height: 1, bits: 4, compression: compressionRLE4}.file(strings.Repeat("a", 64), "\x02\x12\x00\x02\x01\x00\x01\x10\x00\x03\x12\x30\x00\x01")))
	f.Add([]byte(spec{width: 2, height: 1, bits: 16, compression: compressionBitFields}.file(masks(0xf800, 0x7e0, 0x1f), "\xff\xff\x10\x84")))
	f.Add([]byte(spec{header: v4Header, width: 1, height: -1, bits: 32, compression: compressionBitFields, masks: []uint32{0xff0000, 0xff00, 0xff, 0xff000000}}.file("\x01\x02\x03\x04")))
	f.Add([]byte(spec{header: os2Header, width: 2, height: 1, bits: 1}.file("\x01\x02\x03\x11\x12\x13", "\x40\x00\x00\x00")))
	f.Fuzz(func(t *testing.T, data []byte) {
		rows, _, err := read(string(data))
		if err != nil {
			return
		}
		again, _, err := read(string(bytes.Clone(data[:len(data)-1])))
		if err == nil && again != rows {
			t.Error("a file without its last byte gives another picture")
		}
	})
}
