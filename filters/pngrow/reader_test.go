package pngrow

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const shared = "../../../shared"

// An img is a decoded PNG.
type img struct {
	Header
	channels, depth int
	rows            [][]byte
	after           []Chunk
}

// readAll decodes a PNG of at most maxPixels pixels.
func readAll(r io.Reader, maxPixels int) (*img, error) {
	return readAllTolerating(r, maxPixels, nil)
}

// readAllTolerating is readAll with the option Tolerate.
func readAllTolerating(r io.Reader, maxPixels int, tolerate func(error) error) (*img, error) {
	rd, err := NewReader(r, ReaderOptions{Tolerate: tolerate})
	if err != nil {
		return nil, err
	}
	m := &img{Header: *rd.Header(), channels: rd.Channels(), depth: rd.Depth()}
	if m.Width > maxPixels/m.Height {
		return nil, fmt.Errorf("test: %dx%d is too large", m.Width, m.Height)
	}
	for range m.Height {
		row := make([]byte, rd.RowBytes())
		if err := rd.ReadRow(row); err != nil {
			return nil, err
		}
		m.rows = append(m.rows, row)
	}
	if err := rd.ReadRow(make([]byte, rd.RowBytes())); err != io.EOF {
		return nil, fmt.Errorf("test: got error %v after the last row, want EOF", err)
	}
	m.after, err = rd.Finish()
	return m, err
}

// at returns a pixel with 16-bit samples, not premultiplied.
func (m *img) at(x, y int) color.NRGBA64 {
	s := make([]uint16, m.channels)
	for i := range s {
		if m.depth == 16 {
			s[i] = binary.BigEndian.Uint16(m.rows[y][2*(x*m.channels+i):])
		} else {
			s[i] = uint16(m.rows[y][x*m.channels+i]) * 0x101
		}
	}
	switch m.channels {
	case 1:
		return color.NRGBA64{s[0], s[0], s[0], 0xffff}
	case 2:
		return color.NRGBA64{s[0], s[0], s[0], s[1]}
	case 3:
		return color.NRGBA64{s[0], s[1], s[2], 0xffff}
	}
	return color.NRGBA64{s[0], s[1], s[2], s[3]}
}

// nrgba returns a pixel of m with 16-bit samples, not premultiplied.
func nrgba(m image.Image, x, y int) color.NRGBA64 {
	switch c := m.At(x, y).(type) {
	case color.NRGBA:
		return color.NRGBA64{uint16(c.R) * 0x101, uint16(c.G) * 0x101, uint16(c.B) * 0x101, uint16(c.A) * 0x101}
	case color.NRGBA64:
		return c
	default:
		return color.NRGBA64Model.Convert(c).(color.NRGBA64)
	}
}

// differs describes the first difference between m and the image that image/png
// decoded, or returns "".
func (m *img) differs(want image.Image) string {
	if b := want.Bounds(); b.Dx() != m.Width || b.Dy() != m.Height {
		return fmt.Sprintf("got %dx%d, want %v", m.Width, m.Height, b)
	}
	for y := range m.Height {
		for x := range m.Width {
			if got, want := m.at(x, y), nrgba(want, x, y); got != want {
				return fmt.Sprintf("pixel %d,%d: got %v, want %v", x, y, got, want)
			}
		}
	}
	return ""
}

// glob returns the files that match a pattern in the shared folder. It skips the
// test if there are none.
func glob(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(shared, pattern))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skipf("no %s in %s", pattern, shared)
	}
	return files
}

func TestPngSuite(t *testing.T) {
	for _, file := range glob(t, "corpus/pngsuite/*.png") {
		name := filepath.Base(file)
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got, err := readAll(bytes.NewReader(data), 1<<20)
		if strings.HasPrefix(name, "x") {
			if err == nil {
				t.Errorf("%s: got no error, want one for a corrupt file", name)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatalf("%s: image/png: %v", name, err)
		}
		if d := got.differs(want); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

// TestTruncated checks that the error for every prefix of a file is a truncation.
func TestTruncated(t *testing.T) {
	for _, m := range []image.Image{image.NewGray(image.Rect(0, 0, 9, 7)), image.NewNRGBA(image.Rect(0, 0, 3, 2))} {
		var b bytes.Buffer
		if err := png.Encode(&b, m); err != nil {
			t.Fatal(err)
		}
		for n := range b.Len() {
			if _, err := readAll(bytes.NewReader(b.Bytes()[:n]), 1<<20); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%T, %d bytes of %d: got error %v, want ErrUnexpectedEOF", m, n, b.Len(), err)
			}
		}
		if _, err := readAll(bytes.NewReader(b.Bytes()), 1<<20); err != nil {
			t.Error(err)
		}
	}
}
