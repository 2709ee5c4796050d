package pngrow

import (
	"bytes"
	"errors"
	"fmt"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// write encodes an image.
func write(h Header, rows [][]byte, after ...Chunk) ([]byte, error) {
	var b bytes.Buffer
	w, err := NewWriter(&b, h)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		if err := w.WriteRow(row); err != nil {
			return nil, err
		}
	}
	err = w.Close(after...)
	return b.Bytes(), err
}

// testRows returns rows with matches of many lengths and with noise.
func testRows(r *rand.Rand, rowBytes, rows, colours int) [][]byte {
	out := make([][]byte, rows)
	for y := range out {
		row := make([]byte, rowBytes)
		for i := range row {
			switch {
			case y%3 == 0 || i%50 > 40:
				row[i] = byte(r.IntN(colours))
			case y > 0:
				row[i] = out[y-1][i]
			}
		}
		out[y] = row
	}
	return out
}

func TestRoundTrip(t *testing.T) {
	palette := make([][3]uint8, 200)
	for i := range palette {
		palette[i] = [3]uint8{byte(i), byte(i * 7), 9}
	}
	text := Chunk{"tEXt", []byte("Title\x00a row at a time")}
	gamma := Chunk{"gAMA", []byte{0, 0, 0xb1, 0x8f}}
	for _, h := range []Header{
		{ColourType: Gray, BitDepth: 8},
		{ColourType: Gray, BitDepth: 16},
		{ColourType: Gray, BitDepth: 8, Transparency: []byte{0, 3}},
		{ColourType: Gray, BitDepth: 16, Transparency: []byte{1, 3}},
		{ColourType: GrayAlpha, BitDepth: 8},
		{ColourType: GrayAlpha, BitDepth: 16},
		{ColourType: RGB, BitDepth: 8, Chunks: []Chunk{gamma, text}},
		{ColourType: RGB, BitDepth: 8, Transparency: []byte{0, 1, 0, 2, 0, 3}},
		{ColourType: RGB, BitDepth: 16},
		{ColourType: RGBA, BitDepth: 8},
		{ColourType: RGBA, BitDepth: 16},
		{ColourType: Indexed, BitDepth: 8, Palette: palette, Chunks: []Chunk{gamma, text}},
		{ColourType: Indexed, BitDepth: 8, Palette: palette, Transparency: []byte{1, 2, 255}},
	} {
		for _, size := range [][2]int{{1, 1}, {3, 2}, {97, 31}, {1024, 700}} {
			h.Width, h.Height = size[0], size[1]
			if h.Width*h.Height > segmentSize && h.ColourType != RGB {
				continue
			}
			name := fmt.Sprintf("type %d, depth %d, tRNS %v, %dx%d", h.ColourType, h.BitDepth, h.Transparency, h.Width, h.Height)
			r := rand.New(rand.NewPCG(9, uint64(h.Width)))
			rows := testRows(r, h.rowBytes(h.Width), h.Height, 200)
			data, err := write(h, rows, text)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			got, err := readAll(bytes.NewReader(data), 1<<20)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if !reflect.DeepEqual(got.Header, h) {
				t.Errorf("%s: got header %+v, want %+v", name, got.Header, h)
			}
			if !reflect.DeepEqual(got.after, []Chunk{text}) {
				t.Errorf("%s: got chunks %v after the pixels, want %v", name, got.after, text)
			}
			if h.Transparency == nil && h.ColourType != Indexed && !reflect.DeepEqual(got.rows, rows) {
				t.Errorf("%s: the rows differ from those written", name)
			}
			want, err := png.Decode(bytes.NewReader(data))
			if err != nil {
				t.Errorf("%s: image/png: %v", name, err)
				continue
			}
			if d := got.differs(want); d != "" {
				t.Errorf("%s: %s", name, d)
			}
		}
	}
}

// TestWriterRefuses checks that invalid images are refused, and that nothing has been
// written then that looks complete.
func TestWriterRefuses(t *testing.T) {
	good := Header{Width: 1, Height: 1, BitDepth: 8, ColourType: Gray}
	if _, err := write(good, [][]byte{{1}}); err != nil {
		t.Fatal(err)
	}
	with := func(change func(h *Header)) Header {
		h := good
		change(&h)
		return h
	}
	for _, c := range []struct {
		name  string
		h     Header
		rows  [][]byte
		after []Chunk
	}{
		{"no size", Header{BitDepth: 8}, nil, nil},
		{"RGB, depth 4", with(func(h *Header) { h.BitDepth, h.ColourType = 4, RGB }), [][]byte{{1}}, nil},
		{"interlaced", with(func(h *Header) { h.Interlaced = true }), [][]byte{{1}}, nil},
		{"no palette", with(func(h *Header) { h.ColourType = Indexed }), [][]byte{{0}}, nil},
		{"index beyond the palette", with(func(h *Header) { h.ColourType, h.Palette = Indexed, make([][3]uint8, 2) }), [][]byte{{2}}, nil},
		{"gray with transparency of a colour", with(func(h *Header) { h.Transparency = make([]byte, 6) }), [][]byte{{1}}, nil},
		{"a critical chunk", with(func(h *Header) { h.Chunks = []Chunk{{"IDAT", nil}} }), [][]byte{{1}}, nil},
		{"a chunk type of three letters", with(func(h *Header) { h.Chunks = []Chunk{{"tXt", nil}} }), [][]byte{{1}}, nil},
		{"a critical chunk at the end", good, [][]byte{{1}}, []Chunk{{"PLTE", nil}}},
		{"row too long", good, [][]byte{{1, 2}}, nil},
		{"row too many", good, [][]byte{{1}, {2}}, nil},
		{"row too few", with(func(h *Header) { h.Height = 2 }), [][]byte{{1}}, nil},
	} {
		data, err := write(c.h, c.rows, c.after...)
		if err == nil {
			t.Errorf("%s: got no error, want one", c.name)
		}
		if bytes.Contains(data, []byte("IDAT")) || bytes.Contains(data, []byte("IEND")) {
			t.Errorf("%s: refused, but wrote %q, want no IDAT and no IEND", c.name, data)
		}
	}
}

// TestEndIsHeldBack checks that the pixels written before Close are incomplete, for
// images of different sizes.
func TestEndIsHeldBack(t *testing.T) {
	for _, height := range []int{1, 4 * segmentSize / 1024, 4*segmentSize/1024 + 1} {
		h := Header{Width: 1023, Height: height, BitDepth: 8, ColourType: Gray}
		var b bytes.Buffer
		w, err := NewWriter(&b, h)
		if err != nil {
			t.Fatal(err)
		}
		for range height {
			if err := w.WriteRow(make([]byte, 1023)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := readAll(bytes.NewReader(append(b.Bytes(), chunk("IEND", "")...)), 1<<30); err == nil {
			t.Errorf("%d rows: the file lacked only IEND before Close", height)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		if _, err := readAll(bytes.NewReader(b.Bytes()), 1<<30); err != nil {
			t.Errorf("%d rows: %v", height, err)
		}
		if err := w.Close(); err == nil {
			t.Errorf("%d rows: got no error from a second Close, want one", height)
		}
	}
}

// A failAfter is a writer that fails after that number of bytes.
type failAfter int

var errFull = errors.New("disk full")

func (f *failAfter) Write(p []byte) (int, error) {
	if *f -= failAfter(len(p)); *f < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestWriterPassesErrorsOn(t *testing.T) {
	h := Header{Width: 2000, Height: 1500, BitDepth: 8, ColourType: RGB}
	rows := testRows(rand.New(rand.NewPCG(12, 13)), 6000, 1500, 256)
	for _, space := range []failAfter{0, 20, 100, 1 << 20} {
		left := space
		w, err := NewWriter(&left, h)
		for y := 0; err == nil && y < h.Height; y++ {
			err = w.WriteRow(rows[y])
		}
		if err == nil {
			err = w.Close()
		}
		if !errors.Is(err, errFull) {
			t.Errorf("space for %d bytes: got error %v, want %v", space, err, errFull)
		}
	}
}

// photo returns the rows of a photograph.
func photo(b *testing.B) (Header, [][]byte) {
	data, err := os.ReadFile(filepath.Join(shared, "photos/cc0pd-skimage-astronaut.png"))
	if err != nil {
		b.Skipf("no photograph: %v", err)
	}
	m, err := readAll(bytes.NewReader(data), 1<<20)
	if err != nil {
		b.Fatal(err)
	}
	return Header{Width: m.Width, Height: m.Height, BitDepth: 8, ColourType: RGB}, m.rows
}

func BenchmarkWriter(b *testing.B) {
	h, rows := photo(b)
	b.SetBytes(int64(h.Width * h.Height * 3))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := write(h, rows); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReader(b *testing.B) {
	h, rows := photo(b)
	data, err := write(h, rows)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(h.Width * h.Height * 3))
	b.ReportAllocs()
	row := make([]byte, h.Width*3)
	for b.Loop() {
		r, err := NewReader(bytes.NewReader(data), ReaderOptions{})
		if err != nil {
			b.Fatal(err)
		}
		for range h.Height {
			if err := r.ReadRow(row); err != nil {
				b.Fatal(err)
			}
		}
		if _, err := r.Finish(); err != nil {
			b.Fatal(err)
		}
	}
}
