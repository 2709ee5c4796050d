package jpegdct

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"strings"
	"testing"
)

// decoded decodes in at k/8.
func decoded(in []byte, k int) (*Planes, error) {
	r, err := NewReader(bytes.NewReader(in), ReaderOptions{})
	if err != nil {
		return nil, err
	}
	return r.Decode(DecodeOptions{Scale: k, Allow: allow128M})
}

// tight returns the samples of a plane with a stride of its width.
func tight(p Plane) []byte {
	var pix []byte
	for y := range p.Height {
		pix = append(pix, p.Pix[y*p.Stride:][:p.Width]...)
	}
	return pix
}

// maxDiff returns the largest absolute difference.
func maxDiff(a, b []byte) int {
	worst := 0
	for i := range a {
		d := int(a[i]) - int(b[i])
		worst = max(worst, d, -d)
	}
	return worst
}

// TestDecodeAsDjpeg: luma, gray and RGB samples differ by at most 1 from those of djpeg
// -dct int.
func TestDecodeAsDjpeg(t *testing.T) {
	tool(t, "djpeg")
	compared := 0
	for name, data := range pictures(t) {
		p, err := decoded(data, 8)
		if (err == nil) != (scaleRefused[name] == nil) {
			t.Errorf("%s: error %v, want %v", name, err, scaleRefused[name])
		}
		if err != nil || p.ColorSpace > RGB || p.Planes[0].Width != p.Width || p.Planes[0].Height != p.Height {
			continue
		}
		args := []string{"-dct", "int", "-grayscale"}
		if p.ColorSpace == RGB {
			args = args[:2]
			if p.Planes[1].Width != p.Width {
				continue
			}
		}
		want, err := djpeg(t, data, args...)
		if err != nil {
			continue
		}
		got := tight(p.Planes[0])
		if p.ColorSpace == RGB {
			got = interleave(p)
		}
		if strings.HasSuffix(name, "truncated.jpeg") {
			continue // djpeg smooths incomplete progressive files
		}
		compared++
		if len(got) != len(want.pix) || maxDiff(got, want.pix) > 1 {
			t.Errorf("%s: got %d samples, want %d; the largest difference is %d, want at most 1", name, len(got), len(want.pix), maxDiff(got, want.pix))
		}
	}
	if compared < 20 {
		t.Errorf("%d pictures were compared, want at least 20", compared)
	}
}

// interleave returns the samples of all planes, pixel by pixel.
func interleave(p *Planes) []byte {
	var pix []byte
	for y := range p.Height {
		for x := range p.Width {
			for _, c := range p.Planes {
				pix = append(pix, c.Pix[y*c.Stride+x])
			}
		}
	}
	return pix
}

// TestDecodeAsGo: luma, chroma and CMYK samples differ by at most 2 from those of
// image/jpeg.
func TestDecodeAsGo(t *testing.T) {
	for name, data := range pictures(t) {
		m, err := jpeg.Decode(bytes.NewReader(data))
		if err != nil || len(data) > 200<<10 || scaleRefused[name] != nil {
			continue
		}
		p, err := decoded(data, 8)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		switch m := m.(type) {
		case *image.YCbCr:
			if p.ColorSpace != YCbCr {
				continue
			}
			for i, pix := range [][]byte{m.Y, m.Cb, m.Cr} {
				stride := []int{m.YStride, m.CStride, m.CStride}[i]
				c := p.Planes[i]
				if maxDiff(tight(c), tight(Plane{Pix: pix, Stride: stride, Width: c.Width, Height: c.Height})) > 2 {
					t.Errorf("%s: plane %d differs from that of image/jpeg by more than 2", name, i+1)
				}
			}
		case *image.CMYK:
			if p.ColorSpace != CMYK || p.Planes[3].Width != p.Width {
				continue
			}
			pix := interleave(p)
			for i := range pix {
				if p.Adobe {
					pix[i] = 255 - pix[i]
				}
			}
			if maxDiff(pix, m.Pix) > 2 {
				t.Errorf("%s: samples differ from those of image/jpeg by up to %d, want at most 2", name, maxDiff(pix, m.Pix))
			}
		}
	}
}

// TestDecodeScaled: at k/8 the size is the same as with djpeg -scale k/8, and the
// samples are similar.
func TestDecodeScaled(t *testing.T) {
	tool(t, "djpeg")
	for _, name := range []string{"base-1x1.jpg", "gray.jpg", "prog-2x2.jpg", "9x17.jpg", "65500x1.jpg"} {
		data := variant(t, name)
		for k := 1; k <= 8; k++ {
			p, err := decoded(data, k)
			if err != nil {
				t.Fatalf("%s at %d/8: %v", name, k, err)
			}
			want, err := djpeg(t, data, "-dct", "int", "-grayscale", "-scale", fmt.Sprintf("%d/8", k))
			if err != nil {
				t.Fatal(err)
			}
			if p.Width != want.w || p.Height != want.h {
				t.Errorf("%s at %d/8: got %dx%d, want %dx%d", name, k, p.Width, p.Height, want.w, want.h)
				continue
			}
			atLeast := 45.0
			if k == 4 || k == 2 {
				atLeast = 32 // libjpeg-turbo also uses some higher frequencies
			}
			if db := psnr(tight(p.Planes[0]), want.pix); db < atLeast {
				t.Errorf("%s at %d/8: PSNR against djpeg is %.1f dB, want %.0f", name, k, db, atLeast)
			}
		}
	}
}

// TestEncodeAsCjpeg: Encode writes the same coefficients as cjpeg -dct int, in about as
// many bytes.
func TestEncodeAsCjpeg(t *testing.T) {
	tool(t, "cjpeg")
	p, err := decoded(variant(t, "gray.jpg"), 8)
	if err != nil {
		t.Fatal(err)
	}
	p.Planes[0].Quant = nil
	in := append(fmt.Appendf(nil, "P5\n%d %d\n255\n", p.Width, p.Height), tight(p.Planes[0])...)
	for _, o := range []EncodeOptions{{Quality: 30}, {Quality: 75}, {Quality: 98}, {Quality: 90, Optimise: true}, {Quality: 90, RestartInterval: 5}, {Quality: 90, RestartInterval: 7, Optimise: true}} {
		args := []string{"-dct", "int", "-quality", fmt.Sprint(o.Quality)}
		if o.Optimise {
			args = append(args, "-optimize")
		}
		if o.RestartInterval > 0 {
			args = append(args, "-restart", fmt.Sprintf("%dB", o.RestartInterval))
		}
		want, err := run(in, "cjpeg", args...)
		if err != nil {
			t.Fatal(err)
		}
		got, err := encoded(p, o)
		if err != nil {
			t.Fatal(err)
		}
		a, err := decoded(got, 8)
		if err != nil {
			t.Fatalf("%+v: %v", o, err)
		}
		b, err := decoded(want, 8)
		if err != nil {
			t.Fatal(err)
		}
		if d := maxDiff(tight(a.Planes[0]), tight(b.Planes[0])); d > 0 {
			t.Errorf("%+v: differs from cjpeg by up to %d", o, d)
		}
		if len(got) > len(want)+len(want)/500+20 {
			t.Errorf("%+v: got %d bytes, cjpeg has %d", o, len(got), len(want))
		}
	}
}

// encoded encodes p.
func encoded(p *Planes, o EncodeOptions) ([]byte, error) {
	var out bytes.Buffer
	err := Encode(&out, p, o)
	return out.Bytes(), err
}

// TestEncodeKeeps: decoded planes are encoded with the quantisation tables and sampling
// factors of the source, and decode to nearly the same samples.
func TestEncodeKeeps(t *testing.T) {
	for name, data := range pictures(t) {
		if scaleRefused[name] != nil || len(data) > 200<<10 {
			continue
		}
		p, err := decoded(data, 8)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, optimise := range []bool{false, true} {
			out, err := encoded(p, EncodeOptions{Optimise: optimise})
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			again, err := decoded(out, 8)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if again.ColorSpace != p.ColorSpace || again.Width != p.Width || again.Height != p.Height {
				t.Errorf("%s: %v %dx%d became %v %dx%d", name, p.ColorSpace, p.Width, p.Height, again.ColorSpace, again.Width, again.Height)
				continue
			}
			for i := range p.Planes {
				if *again.Planes[i].Quant != *p.Planes[i].Quant {
					t.Errorf("%s: the quantisation table of plane %d differs", name, i+1)
				}
				if db := psnr(tight(again.Planes[i]), tight(p.Planes[i])); db < 38 {
					t.Errorf("%s: PSNR of plane %d is %.1f dB, want 38", name, i+1, db)
				}
			}
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	gray := func(edit func(*Planes)) *Planes {
		p := &Planes{Width: 9, Height: 3, ColorSpace: Gray, Planes: []Plane{{Width: 9, Height: 3, Stride: 9, Pix: make([]byte, 27), H: 1, V: 1}}}
		edit(p)
		return p
	}
	tests := []struct {
		name string
		p    *Planes
		o    EncodeOptions
		text string
	}{
		{"no width", gray(func(p *Planes) { p.Width = 0 }), EncodeOptions{}, "size 0x3 is not possible"},
		{"too wide", gray(func(p *Planes) { p.Width = 65536 }), EncodeOptions{}, "size 65536x3 is not possible"},
		{"planes", gray(func(p *Planes) { p.ColorSpace = YCbCr }), EncodeOptions{}, "1 planes for YCbCr"},
		{"samples", gray(func(p *Planes) { p.Planes[0].Pix = p.Planes[0].Pix[:26] }), EncodeOptions{}, "too few samples"},
		{"stride", gray(func(p *Planes) { p.Planes[0].Stride = 8 }), EncodeOptions{}, "too few samples"},
		{"sampling", gray(func(p *Planes) { p.Planes[0].H = 5 }), EncodeOptions{}, "sampling factors 5x1"},
		{"size", gray(func(p *Planes) { p.Planes[0].Width = 8 }), EncodeOptions{}, "should be 9x3"},
		{"table", gray(func(p *Planes) { p.Planes[0].Quant = new(QuantTable) }), EncodeOptions{}, "has a zero"},
		{"interval", gray(func(*Planes) {}), EncodeOptions{RestartInterval: 65536}, "restart interval"},
	}
	for _, test := range tests {
		out, err := encoded(test.p, test.o)
		if err == nil || !strings.Contains(err.Error(), test.text) || len(out) > 0 {
			t.Errorf("%s: got error %v and %d bytes, want … %s … and 0", test.name, err, len(out), test.text)
		}
	}
}
