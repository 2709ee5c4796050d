package pixel

import (
	"image"
	"math/rand/v2"
	"testing"
)

// noise returns an image of n x n random opaque pixels.
func noise(n int, seed uint64) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, n, n))
	r := rand.New(rand.NewPCG(seed, 0))
	for i := range m.Pix {
		m.Pix[i] = uint8(r.Uint32()) | uint8(i%4/3)*255
	}
	return m
}

// TestExactPalette: up to 256 colours stay as they are, and transparent pixels do not
// count.
func TestExactPalette(t *testing.T) {
	m := noise(16, 1)
	m.Pix[3] = 127
	var c ColourCount
	c.Add(m)
	c.Add(m)
	if c.Len() != 255 {
		t.Fatalf("%d colours, want 255", c.Len())
	}
	p := c.Palette(255)
	if !p.Exact() || len(p.RGB) != 3*255 {
		t.Fatalf("exact %v, %d colours", p.Exact(), len(p.RGB)/3)
	}
	got := make([]uint8, 256)
	p.Map(got, m, 255)
	for i, v := range got {
		if i == 0 && v != 255 || i > 0 && string(p.RGB[3*int(v):][:3]) != string(m.Pix[4*i:][:3]) {
			t.Errorf("pixel %d has the index %d", i, v)
		}
	}
	if c.Palette(254).Exact() {
		t.Error("255 colours fit into 254")
	}
}

// TestCountOfManyColours: the table folds together similar colours and keeps their
// number and their mean.
func TestCountOfManyColours(t *testing.T) {
	m := noise(400, 2)
	var whole, merged, part ColourCount
	whole.Add(m)
	for y := range 4 {
		part = ColourCount{}
		part.Add(m.SubImage(image.Rect(0, 100*y, 400, 100*(y+1))).(*image.NRGBA))
		merged.Merge(&part)
	}
	for name, c := range map[string]*ColourCount{"whole": &whole, "merged": &merged} {
		if c.Len() <= 256 || c.Len() > maxCells {
			t.Errorf("%s: %d colours", name, c.Len())
		}
		pixels, sum, want := 0, [3]int{}, [3]int{}
		for _, w := range c.colours() {
			pixels += w.n
			for k, v := range w.rgb {
				sum[k] += w.n * int(v)
			}
		}
		for i, v := range m.Pix {
			if i%4 < 3 {
				want[i%4] += int(v)
			}
		}
		if pixels != 160000 {
			t.Errorf("%s: %d pixels, want 160000", name, pixels)
		}
		for k := range sum {
			if diff := float64(sum[k]-want[k]) / 160000; diff > 0.2 || diff < -0.2 {
				t.Errorf("%s: the mean of channel %d is off by %.2f", name, k, diff)
			}
		}
	}
}

// TestNearest compares with a search of the whole table.
func TestNearest(t *testing.T) {
	m := noise(16, 3)
	var table []rgb
	for i := 0; i < len(m.Pix); i += 4 {
		table = append(table, rgb{m.Pix[i], m.Pix[i+1], m.Pix[i+2]})
	}
	n := newNearest(table)
	queries := noise(60, 4)
	for i := 0; i < len(queries.Pix); i += 4 {
		c := rgb{queries.Pix[i], queries.Pix[i+1], queries.Pix[i+2]}
		best, least := 0, 1<<30
		for k, at := range table {
			d := 0
			for j := range at {
				d += (int(at[j]) - int(c[j])) * (int(at[j]) - int(c[j]))
			}
			if d < least {
				best, least = k, d
			}
		}
		if got := n.search(c); int(got) != best {
			t.Fatalf("colour %v: %d %v, want %d %v", c, got, table[got], best, table[best])
		}
	}
}

// TestGradientKeepsItsLevels: a palette for slow gradients is close to each colour.
func TestGradientKeepsItsLevels(t *testing.T) {
	m := image.NewNRGBA(image.Rect(0, 0, 512, 64))
	for i := 0; i < len(m.Pix); i += 4 {
		x, y := i/4%512, i/4/512
		m.Pix[i], m.Pix[i+1], m.Pix[i+2], m.Pix[i+3] = uint8(x/2), uint8(x/2), uint8(128+y/32), 255
	}
	var c ColourCount
	c.Add(m)
	out := make([]uint8, 512*64)
	p := c.Palette(256)
	p.Map(out, m, 0)
	for i, v := range out {
		for k := range 3 {
			if d := int(p.RGB[3*int(v)+k]) - int(m.Pix[4*i+k]); d > 8 || d < -8 {
				t.Fatalf("pixel %d: channel %d is off by %d", i, k, d)
			}
		}
	}
}

func BenchmarkQuantise(b *testing.B) {
	m := noise(1000, 5)
	out := make([]uint8, 1000*1000)
	for b.Loop() {
		var c ColourCount
		c.Add(m)
		c.Palette(256).Map(out, m, 0)
	}
}
