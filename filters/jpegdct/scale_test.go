package jpegdct

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"testing"

	"github.com/disintegration/imaging"
)

func TestScaledSize(t *testing.T) {
	tests := []struct{ w, h, n, wantW, wantH int }{
		{101, 75, 2, 51, 38}, {501, 377, 4, 125, 94}, {1, 1, 8, 1, 1}, {11, 12, 8, 1, 2}, {65500, 1, 2, 32750, 1},
	}
	for _, test := range tests {
		if w, h := ScaledSize(test.w, test.h, test.n); w != test.wantW || h != test.wantH {
			t.Errorf("%dx%d by 1/%d: got %dx%d, want %dx%d", test.w, test.h, test.n, w, h, test.wantW, test.wantH)
		}
	}
}

// scaleRefused has the error for each picture that Scale and Decode refuse.
var scaleRefused = map[string]error{
	"leading-zero.jpg": ErrCorrupt, "bitflip.jpg": ErrCorrupt,
	"trunc-half.jpg": ErrTruncated, "trunc-last-100.jpg": ErrTruncated,
}

// TestScaleAsDjpeg: djpeg accepts the output, and the pixels are similar to those of
// djpeg -scale. In the last row and column djpeg's may have padding. Stretched pictures
// are not compared.
func TestScaleAsDjpeg(t *testing.T) {
	tool(t, "djpeg")
	// djpeg scales subsampled components by less than others, so that they have more detail.
	worst := map[string]float64{"sub-luma-lt-chroma.jpg": 26, "video-001.rgb.jpeg": 19}
	for name, data := range pictures(t) {
		for _, n := range []int{2, 4, 8} {
			// Quality 100: with the coarse tables of some pictures, an error in the
			// arithmetic would not show.
			out, err := scaled(data, n, 100)
			if want := scaleRefused[name]; !errors.Is(err, want) {
				t.Errorf("%s by 1/%d: got error %v, want %v", name, n, err, want)
			}
			if err != nil {
				continue
			}
			r, _ := NewReader(bytes.NewReader(data), ReaderOptions{})
			h := r.Header()
			var args []string
			if h.ColorSpace == YCbCr {
				args = append(args, "-grayscale") // for the same reason
			}
			got, err := djpeg(t, out, args...)
			if err != nil {
				t.Errorf("%s by 1/%d: djpeg on the output: %v", name, n, err)
				continue
			}
			w, ht := ScaledSize(h.Width, h.Height, n)
			if got.w != w || got.h != ht {
				t.Errorf("%s by 1/%d: got %dx%d, want %dx%d", name, n, got.w, got.h, w, ht)
				continue
			}
			want, err := djpeg(t, data, append(args, "-scale", fmt.Sprintf("1/%d", n))...)
			if err != nil {
				continue // djpeg reports an error or a warning for the source
			}
			if s := newScaling(n); s.stretches(h.Width, w) || s.stretches(h.Height, ht) {
				continue
			}
			atLeast := worst[name]
			if atLeast == 0 {
				atLeast = 32.5
			}
			if db := psnr(crop(got, h.Width/n, h.Height/n), crop(want, h.Width/n, h.Height/n)); db < atLeast {
				t.Errorf("%-45s by 1/%d: PSNR against djpeg -scale is %.1f dB, want %.1f", name, n, db, atLeast)
			}
		}
	}
}

// crop returns the first w x h pixels.
func crop(p pnm, w, h int) []byte {
	var pix []byte
	for y := range min(h, p.h) {
		pix = append(pix, p.pix[y*p.w*p.channels:][:w*p.channels]...)
	}
	return pix
}

// TestScaleEdges: at quality 100, a ramp scaled by 1/n is nearly the ramp itself, up to
// the edges, at sizes that are no multiples of an MCU.
func TestScaleEdges(t *testing.T) {
	tool(t, "cjpeg")
	tool(t, "djpeg")
	for _, sampling := range []string{"1x1", "2x2", "2x1", "1x2", "4x1"} {
		for _, size := range []image.Point{{1, 1}, {7, 9}, {16, 16}, {17, 31}, {33, 40}, {70, 67}} {
			source := ramp(size.X, size.Y)
			data, err := run(source, "cjpeg", "-quality", "100", "-sample", sampling)
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range []int{2, 4, 8} {
				out, err := scaled(data, n, 0)
				if err != nil {
					t.Fatalf("%v %s by 1/%d: %v", size, sampling, n, err)
				}
				got, err := djpeg(t, out)
				if err != nil {
					t.Fatalf("%v %s by 1/%d: djpeg on the output: %v", size, sampling, n, err)
				}
				for y := range got.h {
					for x := range got.w {
						for c := range 3 {
							sx, sy := min(x*n+n/2, size.X-1), min(y*n+n/2, size.Y-1)
							want := source[len(source)-size.X*size.Y*3:][(sy*size.X+sx)*3+c]
							if d := int(got.pix[(y*got.w+x)*3+c]) - int(want); d < -24 || d > 24 {
								t.Fatalf("%v %s by 1/%d: channel %d of pixel %d,%d differs by %d, want at most 24", size, sampling, n, c, x, y, d)
							}
						}
					}
				}
			}
		}
	}
}

// ramp returns a PPM whose channels rise linearly.
func ramp(w, h int) []byte {
	p := fmt.Appendf(nil, "P6\n%d %d\n255\n", w, h)
	for y := range h {
		for x := range w {
			p = append(p, byte(40+2*x), byte(60+2*y), byte(80+x+y))
		}
	}
	return p
}

// TestScaleQuality: the PSNR of Scale by 1/2 against a Lanczos filter is at least that
// of djpeg -scale 1/2 | cjpeg at the same quality. The hardest cases are a page of text
// and a zone plate.
func TestScaleQuality(t *testing.T) {
	if testing.Short() {
		t.Skip("short")
	}
	tool(t, "djpeg")
	tool(t, "cjpeg")
	sources := map[string][]byte{}
	for name, data := range pictures(t) {
		if len(data) > 100<<10 && name[:2] == "cc" {
			sources[name] = data
		}
	}
	for name, m := range map[string]*image.Gray{"zone plate": zonePlate(768), "text": page(768)} {
		data, err := run(append(fmt.Appendf(nil, "P5\n%d %d\n255\n", 768, 768), m.Pix...), "cjpeg", "-quality", "95")
		if err != nil {
			t.Fatal(err)
		}
		sources[name] = data
	}
	for name, data := range sources {
		full, err := djpeg(t, data)
		if err != nil {
			t.Fatal(err)
		}
		reference := lanczosHalf(full)
		half, err := run(data, "djpeg", "-pnm", "-scale", "1/2")
		if err != nil {
			t.Fatal(err)
		}
		for _, quality := range []int{75, 85, 95} {
			ours, err := scaled(data, 2, quality)
			if err != nil {
				t.Fatal(err)
			}
			r, _ := NewReader(bytes.NewReader(data), ReaderOptions{})
			c := r.Header().Components[0]
			theirs, err := run(half, "cjpeg", "-quality", fmt.Sprint(quality), "-sample", fmt.Sprintf("%dx%d", c.H, c.V))
			if err != nil {
				t.Fatal(err)
			}
			a, b := mustDjpeg(t, ours), mustDjpeg(t, theirs)
			got, want := psnr(a.pix, reference), psnr(b.pix, reference)
			t.Logf("%-45s quality %d: %5.2f dB, %7d bytes; djpeg|cjpeg %5.2f dB, %7d bytes", name, quality, got, len(ours), want, len(theirs))
			if got < want-0.05 {
				t.Errorf("%s at quality %d: PSNR is %.2f dB, that of djpeg|cjpeg %.2f", name, quality, got, want)
			}
		}
	}
}

// mustDjpeg is djpeg, but an error ends the test.
func mustDjpeg(t *testing.T, data []byte) pnm {
	t.Helper()
	p, err := djpeg(t, data)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// lanczosHalf scales p by 1/2 with a Lanczos filter.
func lanczosHalf(p pnm) []byte {
	m := image.NewNRGBA(image.Rect(0, 0, p.w, p.h))
	for i := range p.w * p.h {
		at := p.pix[i*p.channels:]
		m.Pix[i*4], m.Pix[i*4+1], m.Pix[i*4+2], m.Pix[i*4+3] = at[0], at[p.channels/2], at[p.channels-1], 255
	}
	w, h := ScaledSize(p.w, p.h, 2)
	half := imaging.Resize(m, w, h, imaging.Lanczos)
	var pix []byte
	for i := range w * h {
		pix = append(pix, half.Pix[i*4:][:p.channels]...)
	}
	return pix
}

// zonePlate returns a picture that has all frequencies up to a little more than the
// picture at 1/2 can show.
func zonePlate(size int) *image.Gray {
	m := image.NewGray(image.Rect(0, 0, size, size))
	for y := range size {
		for x := range size {
			dx, dy := float64(x)-float64(size)/2, float64(y)-float64(size)/2
			v := 127.5 + 127*math.Cos(math.Pi*(dx*dx+dy*dy)/float64(2*size))
			m.SetGray(x, y, color.Gray{Y: uint8(v)})
		}
	}
	return m
}

// page returns a picture of strokes one to three pixels wide, similar to text.
func page(size int) *image.Gray {
	m := image.NewGray(image.Rect(0, 0, size, size))
	for i := range m.Pix {
		m.Pix[i] = 255
	}
	seed := uint32(1)
	next := func(n uint32) int { seed = seed*1664525 + 1013904223; return int(seed >> 8 % n) }
	for top := 12; top < size-24; top += 20 {
		for left := 12; left < size-24; left += 9 {
			for range 4 {
				x, y, thick := left+next(7), top+next(12), 1+next(2)
				for i := range 3 + next(8) {
					for d := range thick {
						if next(2) == 0 {
							m.SetGray(x+d, y+i, color.Gray{})
						} else {
							m.SetGray(x+i, y+d, color.Gray{})
						}
					}
				}
			}
		}
	}
	return m
}
