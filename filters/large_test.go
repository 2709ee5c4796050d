package filters_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"testing"

	"imgpipe/filters"
	"imgpipe/filters/codec"
)

// TestLarge: Large is called once, before an image that may take long.
func TestLarge(t *testing.T) {
	of := func(encode func(io.Writer, image.Image) error, width, height int) []byte {
		var b bytes.Buffer
		if err := encode(&b, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	asJPEG := func(w io.Writer, m image.Image) error { return jpeg.Encode(w, m, nil) }
	small := of(asJPEG, 1024, 1016)
	for _, c := range []struct {
		name   string
		input  []byte
		filter filters.Filter
		format codec.Format
		want   int
	}{
		{"coefficients of a small JPEG", small, filters.Gray{}, "", 0},
		{"half of a small JPEG", small, filters.Scale{}, "", 0},
		{"coefficients of a large JPEG", of(asJPEG, 1024, 1024), filters.Gray{}, "", 1},
		{"pixels of a small JPEG", small, filters.Scale{Kernel: "box"}, "", 1},
		{"pixels of a large JPEG", of(asJPEG, 1024, 1024), filters.Scale{Kernel: "box"}, "", 1},
		{"a JPEG that becomes a PNG", small, filters.Gray{}, codec.PNG, 1},
		{"a PNG", of(png.Encode, 1, 1), filters.Gray{}, "", 1},
		{"no image", []byte("text"), filters.Gray{}, "", 0},
	} {
		got := 0
		_ = filters.Run(io.Discard, bytes.NewReader(c.input), c.filter, filters.Options{Format: c.format, Large: func() { got++ }})
		if got != c.want {
			t.Errorf("%s: called %d times, want %d", c.name, got, c.want)
		}
	}
}
