package codec

import (
	"bytes"
	"image"
	"image/color"
	"testing"
	"time"

	"imgpipe/filters/animation"
	"imgpipe/filters/internal/imagetest"
	"imgpipe/filters/pixel"
)

// TestAnimationRoundTrip writes animations in the formats that keep every pixel, and
// reads them again.
func TestAnimationRoundTrip(t *testing.T) {
	delays := []time.Duration{0, 33 * time.Millisecond, 500 * time.Millisecond, 7 * time.Second}
	for _, c := range []struct {
		name string
		l    pixel.Layout
		draw func(i, x, y int) color.NRGBA
	}{
		{"gray", pixel.Layout{Channels: 1, Depth: 8}, func(i, x, y int) color.NRGBA { return color.NRGBA{uint8(i * x), 0, 0, 255} }},
		{"gray and alpha", pixel.Layout{Channels: 2, Depth: 8}, func(i, x, y int) color.NRGBA { return color.NRGBA{uint8(i * x), 0, 0, uint8(9 * y)} }},
		{"RGB", pixel.Layout{Channels: 4, Depth: 8}, func(i, x, y int) color.NRGBA { return color.NRGBA{uint8(i * x), uint8(y), 3, 255} }},
		{"a moving hole", pixel.Layout{Channels: 4, Depth: 8}, func(i, x, y int) color.NRGBA {
			if x == i {
				return color.NRGBA{}
			}
			return color.NRGBA{uint8(x), uint8(y), 3, uint8(99 + i)}
		}},
		{"nothing moves", pixel.Layout{Channels: 4, Depth: 8}, func(_, x, y int) color.NRGBA { return color.NRGBA{uint8(x), uint8(y), 3, 255} }},
		{"RGB, 16 bits", pixel.Layout{Channels: 4, Depth: 16}, func(i, x, y int) color.NRGBA { return color.NRGBA{uint8(i * x), uint8(y), 3, 255} }},
	} {
		for _, format := range []Format{PNG, WebP} {
			if format == WebP && (c.l.Channels < 3 || c.l.Depth > 8) {
				continue
			}
			c.l.Width, c.l.Height = 20, 15
			p := &Picture{Format: format, Plays: 2}
			for i, delay := range delays {
				m := c.l.NewImage()
				drawFrame(m, func(x, y int) color.NRGBA { return c.draw(i, x, y) })
				p.Frames = append(p.Frames, Frame{Image: m, Delay: delay})
			}
			got, err := Decode(bytes.NewReader(encoded(t, p)), DecodeOptions{})
			if err != nil {
				t.Errorf("%s as %s: %v", c.name, format, err)
				continue
			}
			if got.Plays != 2 || len(got.Frames) != len(delays) {
				t.Errorf("%s as %s: %d plays, %d frames", c.name, format, got.Plays, len(got.Frames))
				continue
			}
			for i, f := range got.Frames {
				if f.Delay != delays[i] {
					t.Errorf("%s as %s: frame %d has the delay %v, want %v", c.name, format, i, f.Delay, delays[i])
				}
				if r := animation.Changed(pixel.WithAlpha(p.Frames[i].Image), pixel.WithAlpha(f.Image)); !r.Empty() {
					t.Errorf("%s as %s: frame %d differs in %v", c.name, format, i, r)
				}
			}
		}
	}
}

// drawFrame sets the samples of an image: of gray, to red and alpha.
func drawFrame(m image.Image, at func(x, y int) color.NRGBA) {
	r := pixel.StorageOf(m)
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	for y := range h {
		row := r.Row(y, w)
		for x := range w {
			c := at(x, y)
			samples := []uint8{c.R, c.G, c.B, c.A}
			if r.Samples < 4 {
				samples = []uint8{c.R, c.A}
			}
			for k := range r.Samples {
				for range r.Depth / 8 {
					row[0], row = samples[k], row[1:]
				}
			}
		}
	}
}

func TestFraction(t *testing.T) {
	for _, c := range []struct {
		delay    time.Duration
		num, den uint16
	}{
		{0, 0, 1},
		{time.Second / 30, 1, 30},
		{1001 * time.Second / 30000, 1001, 30000},
		{70 * time.Millisecond, 7, 100},
		{7 * time.Second, 7, 1},
		{65535 * time.Second, 65535, 1},
		{100000 * time.Second, 65535, 1},
		{time.Nanosecond, 0, 1},
	} {
		if num, den := fraction(c.delay); num != c.num || den != c.den {
			t.Errorf("%v: %d/%d s, want %d/%d", c.delay, num, den, c.num, c.den)
		}
	}
	for _, den := range []uint16{1, 24, 25, 29, 30, 60, 100, 1000, 9973, 65535} {
		for _, num := range []uint16{1, 2, 7, 99, 1000, 65534} {
			d := time.Duration(num) * time.Second / time.Duration(den)
			n, m := fraction(d)
			if again := time.Duration(n) * time.Second / time.Duration(m); again-d > 1 || d-again > 1 {
				t.Errorf("%d/%d s became %d/%d", num, den, n, m)
			}
		}
	}
}

// TestClock: delays are rounded without a drift.
func TestClock(t *testing.T) {
	c := clock{unit: 10 * time.Millisecond}
	total := 0
	for i := range 30 {
		n := c.ticks(33333333, 1000)
		if total += n; total != (10*(i+1)+1)/3 {
			t.Errorf("after %d frames: %d ticks", i+1, total)
		}
	}
}

// TestSharedFrameIsConvertedOnce: frames of an animation that share an image share
// what becomes of it.
func TestSharedFrameIsConvertedOnce(t *testing.T) {
	m := image.NewNRGBA(image.Rect(0, 0, 2, 2))
	drawFrame(m, func(x, y int) color.NRGBA { return color.NRGBA{200, 100, uint8(x), 255} })
	one := image.NewNRGBA(m.Rect)
	copy(one.Pix, m.Pix)
	j, err := Decode(bytes.NewReader(imagetest.Input(t, "displayp3.jpg")), DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	profile := j.Frames[0].Meta.ICC
	encode := func(frames ...image.Image) {
		p := &Picture{Format: PNG}
		for _, m := range frames {
			p.Frames = append(p.Frames, Frame{Image: m})
			p.Frames[len(p.Frames)-1].Meta.ICC = profile
		}
		if err := Encode(new(bytes.Buffer), p, EncodeOptions{Strip: true}); err != nil {
			t.Fatal(err)
		}
	}
	encode(m, m, m)
	encode(one)
	if !bytes.Equal(m.Pix, one.Pix) || m.Pix[0] == 200 {
		t.Errorf("%v, want %v", m.Pix, one.Pix)
	}
}

// TestEveryPrefixOfAnAnimation: no prefix of an animated PNG or WebP passes for all of
// it, unless every pixel is there.
func TestEveryPrefixOfAnAnimation(t *testing.T) {
	for _, format := range []Format{PNG, WebP} {
		p := &Picture{Format: format}
		for i := range 3 {
			m := image.NewNRGBA(image.Rect(0, 0, 5, 5))
			drawFrame(m, func(x, y int) color.NRGBA { return color.NRGBA{uint8(x * i), uint8(y * i), 9, 255} })
			p.Frames = append(p.Frames, Frame{Image: m})
		}
		data := encoded(t, p)
		for n := range data {
			got, err := Decode(bytes.NewReader(data[:n]), DecodeOptions{})
			if err != nil {
				continue
			}
			if len(got.Frames) != 3 || !animation.Changed(p.Frames[2].Image, pixel.WithAlpha(got.Frames[2].Image)).Empty() {
				t.Errorf("%s: the first %d of %d bytes pass for the file", format, n, len(data))
			}
		}
	}
}
