package pngrow

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image/png"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// FuzzReader checks that a file accepted by Reader without a breach is accepted by
// image/png with the same pixels.
func FuzzReader(f *testing.F) {
	files, err := filepath.Glob(filepath.Join(shared, "corpus/pngsuite/*.png"))
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		if len(data) < 2000 {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		data = withCRCs(data)
		var breach error
		got, err := readAllTolerating(bytes.NewReader(data), 1<<16, func(err error) error { breach = err; return nil })
		if err != nil || breach != nil || got.keyBeyondDepth() {
			return
		}
		want, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatalf("accepted, but image/png returns error %v", err)
		}
		if d := got.differs(want); d != "" {
			t.Fatal(d)
		}
	})
}

// keyBeyondDepth reports whether the transparent gray or colour has more bits than
// the samples. image/png compares all bits, libpng and Reader those of the depth.
func (h *Header) keyBeyondDepth() bool {
	if h.ColourType == Indexed {
		return false
	}
	for key := h.Transparency; len(key) >= 2; key = key[2:] {
		if int(binary.BigEndian.Uint16(key))>>h.BitDepth != 0 {
			return true
		}
	}
	return false
}

// withCRCs corrects the CRC of every whole chunk, so that the fuzzer gets past it.
func withCRCs(data []byte) []byte {
	data = bytes.Clone(data)
	for at := len(signature); at+12 <= len(data); {
		n := int(binary.BigEndian.Uint32(data[at:]))
		if n > len(data)-at-12 {
			break
		}
		binary.BigEndian.PutUint32(data[at+8+n:], crc32.ChecksumIEEE(data[at+4:at+8+n]))
		at += 12 + n
	}
	return data
}

// FuzzRoundTrip checks that Reader and image/png read what Writer writes.
func FuzzRoundTrip(f *testing.F) {
	f.Add(uint8(RGB), uint8(8), uint16(3), []byte("pixels, pixels, pixels"))
	f.Add(uint8(Indexed), uint8(8), uint16(1), []byte{0, 1, 2, 3})
	f.Add(uint8(GrayAlpha), uint8(16), uint16(2), []byte("sixteen bits a sample"))
	f.Fuzz(func(t *testing.T, colourType, depth uint8, width uint16, pixels []byte) {
		h := Header{ColourType: ColourType(colourType), BitDepth: int(depth), Width: int(width)}
		if h.ColourType == Indexed {
			h.Palette = make([][3]uint8, 256)
			h.Palette[1] = [3]uint8{1, 2, 3}
		}
		rowBytes := h.rowBytes(h.Width)
		if rowBytes == 0 {
			return
		}
		h.Height = len(pixels) / rowBytes
		rows := make([][]byte, h.Height)
		for y := range rows {
			rows[y] = pixels[y*rowBytes:][:rowBytes]
		}
		data, err := write(h, rows)
		if err != nil {
			if h.validateForWriter() == nil {
				t.Fatal(err)
			}
			return
		}
		got, err := readAll(bytes.NewReader(data), 8*len(pixels))
		if err != nil {
			t.Fatal(err)
		}
		if h.ColourType != Indexed && h.BitDepth >= 8 && !reflect.DeepEqual(got.rows, rows) {
			t.Fatal("the rows differ from those written")
		}
		want, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatalf("image/png: %v", err)
		}
		if d := got.differs(want); d != "" {
			t.Fatal(d)
		}
	})
}
