package jpegdct

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"
)

// TestPaddingStaysOut: what an encoder put beyond the edges of a picture gets neither into
// the output of Scale nor into that of Decode, at any size within an MCU. The picture is
// white; beyond it, all components are 0.
func TestPaddingStaysOut(t *testing.T) {
	for _, sampling := range [][]int{{1, 1}, {1, 1, 1, 1, 1, 1}, {2, 2, 1, 1, 1, 1}, {2, 1, 1, 1, 1, 1}, {1, 2, 1, 1, 1, 1}, {2, 2, 1, 2, 2, 1}} {
		for w := 33; w <= 48; w++ {
			for h := 33; h <= 48; h++ {
				if testing.Short() && h != 33+(w*7)%16 {
					continue
				}
				data := paddedWhite(t, w, h, sampling)
				for _, n := range []int{2, 4, 8} {
					checkWhite(t, fmt.Sprintf("%dx%d, sampling factors %v, by 1/%d", w, h, sampling, n), mustScale(t, data, n, 100))
				}
				for k := 1; k <= 8; k++ {
					checkWhite(t, fmt.Sprintf("%dx%d, sampling factors %v, decoded at %d/8", w, h, sampling, k), mustDecode(t, data, k))
				}
			}
		}
	}
}

// TestPaddingStaysOutProgressive is the same for progressive files, at some sizes.
func TestPaddingStaysOutProgressive(t *testing.T) {
	tool(t, "jpegtran")
	sizes := [][2]int{{40, 40}} // of 40 x 40 pixels, only chroma ends within a block
	for i := range 16 {
		sizes = append(sizes, [2]int{33 + i, 33 + (i*7+3)%16})
	}
	for _, size := range sizes {
		w, h := size[0], size[1]
		data, err := run(paddedWhite(t, w, h, []int{2, 2, 1, 1, 1, 1}), "jpegtran", "-progressive")
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{2, 4, 8} {
			checkWhite(t, fmt.Sprintf("%dx%d by 1/%d", w, h, n), mustScale(t, data, n, 100))
		}
		for k := 1; k <= 8; k++ {
			checkWhite(t, fmt.Sprintf("%dx%d, decoded at %d/8", w, h, k), mustDecode(t, data, k))
		}
	}
}

// paddedWhite returns a JPEG of w x h pixels, all samples of which are 255, cut out of one
// of whole MCUs whose other samples are 0. sampling has the two factors of each component.
func paddedWhite(t *testing.T, w, h int, sampling []int) []byte {
	t.Helper()
	hmax, vmax := sampling[0], sampling[1]
	for i := 0; i < len(sampling); i += 2 {
		hmax, vmax = max(hmax, sampling[i]), max(vmax, sampling[i+1])
	}
	p := &Planes{Width: ceilDiv(w, 8*hmax) * 8 * hmax, Height: ceilDiv(h, 8*vmax) * 8 * vmax, ColorSpace: Gray}
	if len(sampling) > 2 {
		p.ColorSpace = YCbCr
	}
	for i := 0; i < len(sampling); i += 2 {
		c := Plane{H: sampling[i], V: sampling[i+1]}
		c.Width, c.Height = p.Width*c.H/hmax, p.Height*c.V/vmax
		c.Stride = c.Width
		c.Pix = make([]byte, c.Width*c.Height)
		for y := range ceilDiv(h*c.V, vmax) {
			row := c.Pix[y*c.Stride:][:ceilDiv(w*c.H, hmax)]
			for x := range row {
				row[x] = 255
			}
		}
		p.Planes = append(p.Planes, c)
	}
	data, err := encoded(p, EncodeOptions{Quality: 100})
	if err != nil {
		t.Fatal(err)
	}
	sof := bytes.Index(data, []byte{0xFF, mSOF0})
	binary.BigEndian.PutUint16(data[sof+5:], uint16(h))
	binary.BigEndian.PutUint16(data[sof+7:], uint16(w))
	return data
}

// checkWhite checks that all samples are 255, up to 2.
func checkWhite(t *testing.T, name string, p *Planes) {
	t.Helper()
	for i, c := range p.Planes {
		for j, v := range tight(c) {
			if v < 253 {
				t.Fatalf("%s: sample %d,%d of component %d is %d, want 253 or more", name, j%c.Width, j/c.Width, i+1, v)
			}
		}
	}
}
