package filters

import (
	"bytes"
	"image"
	"math/rand/v2"
	"testing"
)

// TestWebPOfAnything: what an encoder may find odd comes back as it was.
func TestWebPOfAnything(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for name, c := range map[string]struct {
		side int
		pix  func() uint8
	}{
		"a black pixel":       {1, func() uint8 { return 0 }},
		"a white pixel":       {1, func() uint8 { return 255 }},
		"noise":               {200, func() uint8 { return uint8(random.Uint32()) }},
		"noise of few values": {64, func() uint8 { return uint8(random.Uint32()) & 0x80 }},
	} {
		m := image.NewNRGBA(image.Rect(0, 0, c.side, c.side))
		for i := range m.Pix {
			m.Pix[i] = c.pix() | uint8(i%4/3)*255 // opaque
		}
		var out bytes.Buffer
		if err := Encode(&out, &Picture{Frames: []Frame{{Image: m}}}, Options{Format: WebP}); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if most, _ := compare(t, decode(t, out.Bytes()), m); most != 0 {
			t.Errorf("%s: off by %d", name, most)
		}
	}
}
