package filters

import (
	"bytes"
	"fmt"
	"image"
	"testing"

	"imgpipe/filters/internal/imagetest"
)

// TestInksAndPlanes: CMYK, in planes of 8 bits and in pixels of 16 bits, has the
// pixels of the RGB image that it was made of.
func TestInksAndPlanes(t *testing.T) {
	for in, from := range map[string]string{"cmyk8planes.tiff": "rgb8.png", "cmyk16.tiff": "rgb16.png"} {
		got, want := decode(t, imagetest.Input(t, in)), decode(t, imagetest.Input(t, from))
		if most, psnr := imagetest.Compare(t, got, want); most > 1 || fmt.Sprintf("%T", got) != fmt.Sprintf("%T", want) {
			t.Errorf("%s is a %T and differs from %s by up to %d, PSNR %.1f dB", in, got, from, most, psnr)
		}
	}
}

// TestScaledInks: scaled CMYK of 16 bits is RGB of 16 bits.
func TestScaledInks(t *testing.T) {
	var out bytes.Buffer
	if err := Run(&out, bytes.NewReader(imagetest.Input(t, "cmyk16.tiff")), Scale{}, Options{}); err != nil {
		t.Fatal(err)
	}
	if m, ok := decode(t, out.Bytes()).(*image.NRGBA64); !ok || !m.Opaque() {
		t.Errorf("half is a %T", m)
	}
}
