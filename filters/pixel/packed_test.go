package pixel

import (
	"bytes"
	"image"
	"testing"
)

func TestPackGray(t *testing.T) {
	for _, c := range []struct {
		name  string
		gray  []byte
		depth int
		want  []byte
	}{
		{"black and white", []byte{255, 0, 0, 255, 255, 0, 255, 0, 255}, 1, []byte{0x9a, 0x80}},
		{"four grays", []byte{0, 85, 170, 255, 85}, 2, []byte{0x1b, 0x40}},
		{"sixteen grays", []byte{17, 0, 238}, 4, []byte{0x10, 0xe0}},
		{"any gray", []byte{0, 255, 1}, 8, []byte{0, 255, 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			rows := RowsOf(&image.Gray{Pix: c.gray, Stride: len(c.gray), Rect: image.Rect(0, 0, len(c.gray), 1)})
			if got := rows.PackedDepth(); got != c.depth {
				t.Fatalf("PackedDepth is %d, want %d", got, c.depth)
			}
			got := make([]byte, len(c.want))
			PackGray(got, rows.Row(0), c.depth)
			if !bytes.Equal(got, c.want) {
				t.Errorf("packed to % x, want % x", got, c.want)
			}
		})
	}
	if got := RowsOf(image.NewNRGBA(image.Rect(0, 0, 2, 2))).PackedDepth(); got != 8 {
		t.Errorf("PackedDepth of colour is %d, want 8", got)
	}
}
