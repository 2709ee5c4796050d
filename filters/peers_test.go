package filters

import (
	"bytes"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestPixelsAreDjpegs compares every JPEG of the shared corpus with what djpeg
// makes of it.
func TestPixelsAreDjpegs(t *testing.T) {
	files, _ := filepath.Glob("../../shared/corpus/jpeg-variants/*.jpg")
	if len(files) == 0 {
		t.Skip("no ../shared/corpus/jpeg-variants beside the checkout")
	}
	if _, err := exec.LookPath("djpeg"); err != nil {
		t.Skip("djpeg is not installed")
	}
	// What djpeg takes without a warning and this package refuses, and the other
	// way round.
	refused := map[string]string{"arith.jpg": "arithmetic coding", "prog-arith.jpg": "arithmetic coding"}
	more := map[string]string{"no-eoi.jpg": "lacks its end, but not one coefficient"}
	for _, file := range files {
		name := filepath.Base(file)
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			djpeg := exec.Command("djpeg", "-ppm")
			djpeg.Stdin = bytes.NewReader(data)
			ppm, djpegErr := djpeg.Output()
			p, err := Decode(bytes.NewReader(data), Limits{})
			if _, known := refused[name]; known != (err != nil && djpegErr == nil) {
				t.Fatalf("djpeg: %v; here: %v", djpegErr, err)
			}
			if _, known := more[name]; known != (err == nil && djpegErr != nil) {
				t.Fatalf("djpeg: %v; here: %v", djpegErr, err)
			}
			if err != nil || djpegErr != nil {
				return
			}
			want := pnm(t, ppm)
			if most, psnr := compare(t, toRGB(p.Frames[0].Image), want); most > 4 || psnr < 50 {
				t.Errorf("differs from djpeg's by up to %d, PSNR %.1f dB; want at most 4, at least 50", most, psnr)
			}
		})
	}
}

// pnm reads a binary PGM or PPM without comments.
func pnm(t *testing.T, data []byte) image.Image {
	t.Helper()
	var magic string
	var w, h, most int
	r := bytes.NewReader(data)
	if _, err := fmt.Fscanf(r, "%s\n%d %d\n%d\n", &magic, &w, &h, &most); err != nil || most != 255 {
		t.Fatal("not a PNM", err)
	}
	pix := data[len(data)-r.Len():]
	if magic == "P5" {
		return &image.Gray{Pix: pix, Stride: w, Rect: image.Rect(0, 0, w, h)}
	}
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		copy(out.Pix[4*i:], pix[3*i:3*i+3])
		out.Pix[4*i+3] = 255
	}
	return out
}
