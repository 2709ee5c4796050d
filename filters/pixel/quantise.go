package pixel

import (
	"image"
	"slices"
)

// A Palette maps opaque pixels to at most 256 colours.
type Palette struct {
	RGB []byte // red, green and blue of each colour

	exact   colourTable // if the palette has every colour that was counted: its index plus 1, as n
	nearest *nearest    // if it has not
}

// Palette returns at most n colours for what was counted: its own colours if they
// are few enough, else those of a median cut.
func (c *ColourCount) Palette(n int) *Palette {
	colours := c.colours()
	p := &Palette{}
	if c.dropped > 0 || len(colours) > n {
		table := medianCut(colours, n)
		for _, t := range table {
			p.RGB = append(p.RGB, t[:]...)
		}
		p.nearest = newNearest(table)
		return p
	}
	slices.SortFunc(colours, func(a, b weighted) int { return slices.Compare(a.rgb[:], b.rgb[:]) })
	p.exact = make(colourTable, 512)
	for i, w := range colours {
		p.RGB = append(p.RGB, w.rgb[:]...)
		key := uint32(w.rgb[0])<<16 | uint32(w.rgb[1])<<8 | uint32(w.rgb[2])
		*p.exact.find(key) = cell{key: key, n: uint32(i + 1)}
	}
	return p
}

// Exact tells whether the palette has every colour that was counted.
func (p *Palette) Exact() bool { return p.nearest == nil }

// Map writes the palette index of each pixel of m to dst. A pixel that is less than
// half opaque gets the index hole. If the palette is not exact, the error of each
// pixel is diffused. If it is, all colours of m must have been counted.
func (p *Palette) Map(dst []uint8, m *image.NRGBA, hole uint8) {
	if !p.Exact() {
		p.nearest.diffuse(dst, m, hole)
		return
	}
	last, index := ^uint32(0), uint8(0)
	w := m.Rect.Dx()
	for y := range m.Rect.Dy() {
		row, out := m.Pix[y*m.Stride:][:4*w], dst[y*w:][:w]
		for x := range out {
			s := row[4*x : 4*x+4 : 4*x+4]
			if s[3] < 128 {
				out[x] = hole
				continue
			}
			if key := uint32(s[0])<<16 | uint32(s[1])<<8 | uint32(s[2]); key != last {
				last, index = key, uint8(p.exact.find(key).n-1)
			}
			out[x] = index
		}
	}
}

// diffuse maps pixels to the nearest colour of the table and spreads the error
// over the neighbours (Floyd and Steinberg, 1976).
func (n *nearest) diffuse(dst []uint8, m *image.NRGBA, hole uint8) {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	this, next := make([][3]int32, w+2), make([][3]int32, w+2) // in 1/16, of pixel x at x+1
	for y := range h {
		n.diffuseRow(dst[y*w:][:w], m.Pix[y*m.Stride:][:4*w], this, next, hole)
		this, next = next, this
		clear(next)
	}
}

func (n *nearest) diffuseRow(dst, row []uint8, this, next [][3]int32, hole uint8) {
	this, next = this[:len(dst)+2], next[:len(dst)+2]
	for x := range dst {
		p := row[4*x : 4*x+4 : 4*x+4]
		if p[3] < 128 {
			dst[x] = hole
			continue
		}
		e := &this[x+1]
		want := rgb{corrected(p[0], e[0]), corrected(p[1], e[1]), corrected(p[2], e[2])}
		i := n.index(want)
		dst[x] = i
		got := &n.table[i]
		right, left, below, beyond := &this[x+2], &next[x], &next[x+1], &next[x+2]
		for k := range want {
			lost := int32(want[k]) - int32(got[k])
			right[k] += 7 * lost
			left[k] += 3 * lost
			below[k] += 5 * lost
			beyond[k] += lost
		}
	}
}

// corrected adds an error in 1/16 to a sample.
func corrected(v uint8, e int32) uint8 {
	return uint8(max(0, min(int32(v)+(e+8)>>4, 255)))
}
