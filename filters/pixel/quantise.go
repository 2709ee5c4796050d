package pixel

import (
	"cmp"
	"image"
	"image/color"
	"slices"
)

// Quantise converts an image to a palette of at most 256 colours, one of which
// may be transparent: to its own colours if they are few enough, else to those
// of a median cut, with the error diffused. A pixel that is less than half
// opaque becomes transparent, any other opaque, as GIF needs it.
func Quantise(m *image.NRGBA) *image.Paletted {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	out := image.NewPaletted(image.Rect(0, 0, w, h), nil)
	transparent := false
	counts := make(map[rgb]int)
	for y := range h {
		row := m.Pix[y*m.Stride:][:4*w]
		for i := 0; i < len(row); i += 4 {
			if row[i+3] < 128 {
				transparent = true
			} else {
				counts[rgb{row[i], row[i+1], row[i+2]}]++
			}
		}
	}
	most := 256
	if transparent {
		most--
	}
	colours := make([]weighted, 0, len(counts))
	for c, n := range counts {
		colours = append(colours, weighted{c, n})
	}
	slices.SortFunc(colours, func(a, b weighted) int { return a.compare(b, 0) })
	var table []rgb
	exact := len(colours) <= most
	if exact {
		for _, c := range colours {
			table = append(table, c.rgb)
		}
	} else {
		table = medianCut(colours, most)
	}
	for _, c := range table {
		out.Palette = append(out.Palette, color.RGBA{c[0], c[1], c[2], 255})
	}
	hole := uint8(len(table))
	if transparent {
		out.Palette = append(out.Palette, color.RGBA{})
	}
	if exact {
		index := make(map[rgb]uint8, len(table))
		for i, c := range table {
			index[c] = uint8(i)
		}
		for y := range h {
			row, dst := m.Pix[y*m.Stride:], out.Pix[y*out.Stride:]
			for x := range w {
				if p := row[4*x : 4*x+4]; p[3] < 128 {
					dst[x] = hole
				} else {
					dst[x] = index[rgb{p[0], p[1], p[2]}]
				}
			}
		}
		return out
	}
	diffuse(out, m, table, hole)
	return out
}

// QuantiseCost is about how many bytes Quantise takes for each colour of an
// image.
const QuantiseCost = 48

type rgb [3]uint8

type weighted struct {
	rgb
	n int // pixels of this colour
}

// compare orders by one channel, then by the others: colours have only one order,
// wherever sorting began.
func (a weighted) compare(b weighted, channel int) int {
	return cmp.Or(
		cmp.Compare(a.rgb[channel], b.rgb[channel]),
		cmp.Compare(a.rgb[(channel+1)%3], b.rgb[(channel+1)%3]),
		cmp.Compare(a.rgb[(channel+2)%3], b.rgb[(channel+2)%3]))
}

// medianCut splits the box of colours with the largest weighted spread at its
// weighted mean, until there are enough boxes, and averages each (Heckbert,
// 1982; splitting at the mean as Wu, 1991, rather than at the median keeps rare
// colours).
func medianCut(colours []weighted, most int) []rgb {
	boxes := []box{newBox(colours)}
	for len(boxes) < most {
		worst := 0
		for i := range boxes {
			if boxes[i].error > boxes[worst].error {
				worst = i
			}
		}
		b := boxes[worst]
		if b.error == 0 {
			break
		}
		slices.SortFunc(b.colours, func(x, y weighted) int { return x.compare(y, b.channel) })
		at, _ := slices.BinarySearchFunc(b.colours, b.mean[b.channel], func(c weighted, mean float64) int {
			return cmp.Compare(float64(c.rgb[b.channel]), mean)
		})
		at = max(1, min(at, len(b.colours)-1))
		boxes[worst] = newBox(b.colours[:at])
		boxes = append(boxes, newBox(b.colours[at:]))
	}
	table := make([]rgb, len(boxes))
	for i, b := range boxes {
		for k, v := range b.mean {
			table[i][k] = uint8(v + 0.5)
		}
	}
	return table
}

// A box is a set of an image's colours.
type box struct {
	colours []weighted
	mean    [3]float64
	channel int     // the channel that varies most
	error   float64 // sum of squared distances from the mean, in that channel
}

func newBox(colours []weighted) box {
	b := box{colours: colours}
	total, sum, squares := 0.0, [3]float64{}, [3]float64{}
	for _, c := range colours {
		n := float64(c.n)
		total += n
		for k, v := range c.rgb {
			sum[k] += n * float64(v)
			squares[k] += n * float64(v) * float64(v)
		}
	}
	for k := range sum {
		b.mean[k] = sum[k] / total
		if e := squares[k] - sum[k]*b.mean[k]; e > b.error && len(colours) > 1 {
			b.error, b.channel = e, k
		}
	}
	return b
}

// diffuse maps pixels to the nearest colour of the table and spreads the error
// over the neighbours (Floyd and Steinberg, 1976).
func diffuse(out *image.Paletted, m *image.NRGBA, table []rgb, hole uint8) {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	nearest := newNearest(table)
	this, next := make([][3]int32, w+2), make([][3]int32, w+2) // in 1/16, of pixel x at x+1
	for y := range h {
		row, dst := m.Pix[y*m.Stride:], out.Pix[y*out.Stride:]
		for x := range w {
			p := row[4*x : 4*x+4]
			if p[3] < 128 {
				dst[x] = hole
				continue
			}
			var want rgb
			for k := range want {
				want[k] = uint8(max(0, min(int32(p[k])+(this[x+1][k]+8)>>4, 255)))
			}
			dst[x] = nearest.index(want)
			got := table[dst[x]]
			for k := range want {
				lost := int32(want[k]) - int32(got[k])
				this[x+2][k] += 7 * lost
				next[x][k] += 3 * lost
				next[x+1][k] += 5 * lost
				next[x+2][k] += lost
			}
		}
		this, next = next, this
		clear(next)
	}
}

// A nearest finds the nearest colour of a table. It remembers the one that it
// found first in each cube of 8 x 8 x 8 colours.
type nearest struct {
	table []rgb
	found []int16 // by cube: an index of table, or -1
}

func newNearest(table []rgb) *nearest {
	n := &nearest{table, make([]int16, 1<<15)}
	for i := range n.found {
		n.found[i] = -1
	}
	return n
}

func (n *nearest) index(c rgb) uint8 {
	cube := int(c[0]>>3)<<10 | int(c[1]>>3)<<5 | int(c[2]>>3)
	if n.found[cube] < 0 {
		best, least := 0, 1<<30
		for i, t := range n.table {
			distance := 0
			for k := range c {
				d := int(c[k]) - int(t[k])
				distance += d * d
			}
			if distance < least {
				best, least = i, distance
			}
		}
		n.found[cube] = int16(best)
	}
	return uint8(n.found[cube])
}
