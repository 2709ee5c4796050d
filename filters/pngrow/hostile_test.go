package pngrow

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// chunk returns the bytes of a chunk, from its length to its CRC.
func chunk(kind, data string) string {
	var b strings.Builder
	w := Writer{w: &b}
	w.writeChunk(kind, []byte(data))
	return b.String()
}

func ihdr(width, height uint32, rest string) string {
	b := binary.BigEndian.AppendUint32(nil, width)
	return chunk("IHDR", string(binary.BigEndian.AppendUint32(b, height))+rest)
}

// deflated returns a zlib stream of data.
func deflated(data string) string {
	var b strings.Builder
	z := zlib.NewWriter(&b)
	io.WriteString(z, data)
	z.Close()
	return b.String()
}

const (
	gray8    = "\x08\x00\x00\x00\x00"
	indexed1 = "\x01\x03\x00\x00\x00"
	rgb8     = "\x08\x02\x00\x00\x00"
	rgba8    = "\x08\x06\x00\x00\x00"
)

// TestVerdicts lists which files are accepted, and what Tolerate is told of them.
// Reader decides as libpng 1.6 does (by pngtopnm), except where a case says what
// libpng does instead.
func TestVerdicts(t *testing.T) {
	pngtopnm, err := exec.LookPath("pngtopnm")
	if err != nil {
		t.Log("pngtopnm is not installed: not compared with libpng")
	}
	pixel := deflated("\x00\x80")
	idat, iend := chunk("IDAT", pixel), chunk("IEND", "")
	head := ihdr(1, 1, gray8)
	palette := chunk("PLTE", "\x01\x02\x03\x04\x05\x06")
	text, gamma := chunk("tEXt", "a\x00b"), chunk("gAMA", "\x00\x00\xb1\x8f")
	badCRC := func(s string) string { return s[:len(s)-1] + string(s[len(s)-1]^1) }
	for _, c := range []struct {
		name string
		file string // after the signature
		ok   bool
		goOK bool   // whether image/png accepts it
		note string // what libpng does, if it decides otherwise

		breach string // what Tolerate is told, at least this part
	}{
		{"good", head + idat + iend, true, true, "", ""},
		{"bytes after IEND", head + idat + iend + "phone", true, true, "", ""},
		{"empty IDAT first", head + chunk("IDAT", "") + idat + iend, true, true, "", ""},
		{"IDAT of single bytes", head + singles(pixel) + iend, true, true, "", ""},
		{"stored deflate", head + chunk("IDAT", "\x78\x01\x01\x02\x00\xfd\xff\x00\x80\x00\x82\x00\x81") + iend, true, true, "", ""},
		{"no IHDR", idat + iend, false, false, "", ""},
		{"IHDR of 12 bytes", chunk("IHDR", "\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00") + idat + iend, false, false, "", ""},
		{"width 0", ihdr(0, 1, gray8) + idat + iend, false, false, "", ""},
		{"width 2³¹", ihdr(1<<31, 1, gray8) + idat + iend, false, false, "", ""},
		{"depth 3", ihdr(1, 1, "\x03\x00\x00\x00\x00") + idat + iend, false, false, "", ""},
		{"RGB, depth 4", ihdr(1, 1, "\x04\x02\x00\x00\x00") + idat + iend, false, false, "", ""},
		{"palette, depth 16", ihdr(1, 1, "\x10\x03\x00\x00\x00") + palette + idat + iend, false, false, "", ""},
		{"compression method 1", ihdr(1, 1, "\x08\x00\x01\x00\x00") + idat + iend, false, false, "", ""},
		{"filter method 1", ihdr(1, 1, "\x08\x00\x00\x01\x00") + idat + iend, false, false, "", ""},
		{"interlace method 2", ihdr(1, 1, "\x08\x00\x00\x00\x02") + idat + iend, false, false, "", ""},
		{"second IHDR", head + head + idat + iend, false, false, "", ""},
		{"no IDAT", head + iend, false, false, "", ""},
		{"wrong CRC of IHDR", badCRC(head) + idat + iend, false, false, "", ""},
		{"wrong CRC of IDAT", head + badCRC(idat) + iend, false, false, "", ""},
		{"wrong CRC of IEND", head + idat + badCRC(iend), true, false, "refuses it", "wrong CRC of the IEND chunk at byte 59"},
		{"wrong CRC of text", head + badCRC(text) + idat + iend, true, false, "", "wrong CRC of the tEXt chunk at byte 33"},
		{"wrong CRC of text after the pixels", head + idat + badCRC(text) + iend, true, false, "", "wrong CRC of the tEXt chunk"},
		{"wrong CRC of transparency", head + badCRC(chunk("tRNS", "\x00\x80")) + idat + iend, true, false, "", "wrong CRC of the tRNS chunk"},
		{"gamma of 3 bytes", head + chunk("gAMA", "123") + idat + iend, true, true, "", "invalid length 3 of the gAMA chunk, expected 4"},
		{"second gamma", head + gamma + gamma + idat + iend, true, true, "", "second gAMA chunk at byte 49"},
		{"gamma after the palette", ihdr(1, 1, indexed1) + palette + gamma + idat + iend, true, true, "", "gAMA chunk at byte 51, after the PLTE chunk"},
		{"gamma after the pixels", head + idat + gamma + iend, true, true, "", "gAMA chunk at byte 59, after the image data"},
		{"resolution after the palette", ihdr(1, 1, indexed1) + palette + chunk("pHYs", "123412341") + idat + iend, true, true, "", ""},
		{"resolution after the pixels", head + idat + chunk("pHYs", "123412341") + iend, true, true, "", "pHYs chunk at byte 59, after the image data"},
		{"animation of 3 bytes", head + chunk("acTL", "123") + idat + iend, true, true, "", "invalid length 3 of the acTL chunk"},
		{"unknown critical chunk", head + chunk("ABCD", "") + idat + iend, false, true, "", ""},
		{"unknown critical chunk after the pixels", head + idat + chunk("ABCD", "") + iend, false, true, "", ""},
		{"unknown ancillary chunk", head + chunk("abCd", "x") + idat + iend, true, true, "", ""},
		{"chunk type with a digit", head + chunk("te1t", "x") + idat + iend, false, true, "", ""},
		{"chunk of 2³¹ bytes", head + "\x80\x00\x00\x00tEXt" + idat + iend, false, false, "", ""},
		{"palette missing", ihdr(1, 1, indexed1) + idat + iend, false, false, "", ""},
		{"palette", ihdr(1, 1, indexed1) + palette + idat + iend, true, true, "", ""},
		{"index beyond the palette", ihdr(1, 1, indexed1) + chunk("PLTE", "\x01\x02\x03") + idat + iend, true, true, "", ""},
		{"palette too long", ihdr(1, 1, indexed1) + chunk("PLTE", "123456789") + idat + iend, true, false, "", "palette of 3 colours with bit depth 1"},
		{"palette of 4 bytes", ihdr(1, 1, indexed1) + chunk("PLTE", "1234") + idat + iend, false, false, "", ""},
		{"empty palette", ihdr(1, 1, indexed1) + chunk("PLTE", "") + idat + iend, false, false, "", ""},
		{"second palette", ihdr(1, 1, indexed1) + palette + palette + idat + iend, false, false, "", ""},
		{"palette after the pixels", ihdr(1, 1, indexed1) + palette + idat + palette + iend, false, false, "", ""},
		{"palette with gray", head + palette + idat + iend, true, false, "", "PLTE chunk at byte 33 with gray"},
		{"palette with RGB", ihdr(1, 1, rgb8) + palette + chunk("IDAT", deflated("\x00123")) + iend, true, true, "", ""},
		{"palette with RGB after the pixels", ihdr(1, 1, rgb8) + chunk("IDAT", deflated("\x00123")) + palette + iend, true, false, "", "PLTE chunk at byte 61, after the image data"},
		{"palette of 257 colours", ihdr(1, 1, "\x08\x03\x00\x00\x00") + chunk("PLTE", strings.Repeat("123", 257)) + idat + iend, false, false, "", ""},
		{"transparency with alpha", ihdr(1, 1, rgba8) + chunk("tRNS", "\x00\x01") + chunk("IDAT", deflated("\x001234")) + iend, true, false, "", "tRNS chunk at byte 33 with alpha"},
		{"transparency before the palette", ihdr(1, 1, indexed1) + chunk("tRNS", "\x01") + palette + idat + iend, true, false, "", "tRNS chunk at byte 33 before the PLTE chunk"},
		{"transparency too long", ihdr(1, 1, indexed1) + palette + chunk("tRNS", "123") + idat + iend, true, true, "", "invalid length 3 of the tRNS chunk, expected 1 to 2"},
		{"empty transparency", ihdr(1, 1, indexed1) + palette + chunk("tRNS", "") + idat + iend, true, true, "", "invalid length 0 of the tRNS chunk, expected 1 to 2"},
		{"second transparency", head + chunk("tRNS", "\x00\x80") + chunk("tRNS", "\x00\x80") + idat + iend, true, false, "", "second tRNS chunk"},
		{"transparency after the pixels", head + idat + chunk("tRNS", "\x00\x80") + iend, true, false, "", "tRNS chunk at byte 59, after the image data"},
		{"text between IDATs", head + chunk("IDAT", pixel[:4]) + text + chunk("IDAT", pixel[4:]) + iend, true, false, "refuses it", "tEXt chunk at byte 49 between the IDAT chunks"},
		{"stray IDAT", head + idat + text + idat + iend, true, true, "", "after the image data"},
		{"bytes after the stream", head + chunk("IDAT", pixel+"more") + iend, true, true, "", ""},
		{"IDAT after the stream", head + idat + chunk("IDAT", "more") + iend, true, true, "", ""},
		{"a row too many", head + chunk("IDAT", deflated("\x00\x80\x00\x80")) + iend, true, false, "", "more image data than 1 rows"},
		{"a million rows too many", head + chunk("IDAT", deflated(strings.Repeat("\x00\x80", 1e6))) + iend, true, false, "", "more image data than 1 rows"},
		{"broken data after a row too many", head + chunk("IDAT", deflated(strings.Repeat("\x00\x80", 1e6))[:1000]) + chunk("IDAT", "broken") + iend, true, false, "", "more image data than 1 rows"},
		{"a row too few", head + chunk("IDAT", deflated("\x00")) + iend, false, false, "", ""},
		{"filter type 5", head + chunk("IDAT", deflated("\x05\x80")) + iend, false, false, "", ""},
		{"wrong Adler-32", head + chunk("IDAT", pixel[:len(pixel)-1]+"?") + iend, false, false, "", ""},
		{"no Adler-32", head + chunk("IDAT", pixel[:len(pixel)-4]) + iend, false, false, "", ""},
		{"zlib with a dictionary", head + chunk("IDAT", "\x78\xbb"+pixel[2:]) + iend, false, false, "", ""},
		{"zlib method 7", head + chunk("IDAT", "\x77\x02"+pixel[2:]) + iend, false, false, "", ""},
		{"no zlib", head + chunk("IDAT", "text") + iend, false, false, "", ""},
		{"IEND of 1 byte", head + idat + chunk("IEND", "x"), true, false, "", "invalid length 1 of the IEND chunk"},
		{"no IEND", head + idat, false, false, "", ""},
	} {
		file := signature + c.file
		_, err := readAll(strings.NewReader(file), 1<<20)
		if (err == nil) != c.ok {
			t.Errorf("%s: got error %v, want accepted: %t", c.name, err, c.ok)
		}
		if err != nil && !errors.Is(err, ErrCorrupt) && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: error %q wraps neither ErrCorrupt nor ErrUnexpectedEOF", c.name, err)
		}
		refuse := func(breach error) error { return breach }
		_, err = readAllTolerating(strings.NewReader(file), 1<<20, refuse)
		if (err == nil) != (c.ok && c.breach == "") || c.ok && err != nil && !strings.Contains(err.Error(), c.breach) {
			t.Errorf("%s: got error %v without tolerance, want %q", c.name, err, c.breach)
		}
		if pngtopnm != "" {
			cmd := exec.Command(pngtopnm)
			cmd.Stdin = strings.NewReader(file)
			var stderr strings.Builder
			cmd.Stderr = &stderr
			if err := cmd.Run(); (err == nil) != (c.ok == (c.note == "")) {
				t.Errorf("%s: libpng gives error %v (%s), want accepted: %t", c.name, err, stderr.String(), c.ok == (c.note == ""))
			}
		}
		if _, err := png.Decode(strings.NewReader(file)); (err == nil) != c.goOK {
			t.Errorf("%s: image/png gives error %v, want accepted: %t", c.name, err, c.goOK)
		}
	}
}

// singles returns data in IDAT chunks of one byte each.
func singles(data string) string {
	var s string
	for i := range len(data) {
		s += chunk("IDAT", data[i:i+1])
	}
	return s
}

// TestMalformed reads files that were made to break decoders. Each must take little
// memory. A file that is accepted must give the same pixels as image/png.
func TestMalformed(t *testing.T) {
	for _, file := range glob(t, "corpus/malformed/png/*") {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		got, err := readAll(bytes.NewReader(data), 1<<20)
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > 64<<20 {
			t.Errorf("%s: took %d MiB for %d bytes", filepath.Base(file), took>>20, len(data))
		}
		if err != nil {
			continue
		}
		want, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Errorf("%s: accepted, but image/png returns error %v", filepath.Base(file), err)
			continue
		}
		if d := got.differs(want); d != "" {
			t.Errorf("%s: %s", filepath.Base(file), d)
		}
	}
}

// TestHugeHeader checks that NewReader allocates no memory for the size in a header.
func TestHugeHeader(t *testing.T) {
	file := signature + ihdr(1<<31-1, 1<<31-1, rgba8) + chunk("IDAT", "")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r, err := NewReader(strings.NewReader(file), ReaderOptions{})
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	if h := r.Header(); h.Width != 1<<31-1 || h.Height != 1<<31-1 {
		t.Errorf("got size %dx%d, want that of the header", h.Width, h.Height)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 1<<20 {
		t.Errorf("NewReader allocated %d bytes, want 1 MiB at most", took)
	}
}

// TestHugeInterlaced checks that an interlaced image whose size overflows is refused
// before memory for it is allocated.
func TestHugeInterlaced(t *testing.T) {
	file := signature + ihdr(1<<20, 1<<31-1, "\x08\x06\x00\x00\x01") + chunk("IDAT", "")
	r, err := NewReader(strings.NewReader(file), ReaderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.ReadRow(make([]byte, r.RowBytes())); !errors.Is(err, ErrCorrupt) {
		t.Errorf("got error %v, want ErrCorrupt", err)
	}
}

// TestMetadataBound checks the limit on all ancillary chunks together.
func TestMetadataBound(t *testing.T) {
	text := chunk("tEXt", strings.Repeat("x", 8<<20))
	file := signature + ihdr(1, 1, gray8) + strings.Repeat(text, 8) + chunk("IDAT", deflated("\x00\x80")) + chunk("IEND", "")
	if _, err := readAll(strings.NewReader(file), 1); !errors.Is(err, ErrCorrupt) {
		t.Errorf("got error %v for 64 MiB of text, want ErrCorrupt", err)
	}
}
