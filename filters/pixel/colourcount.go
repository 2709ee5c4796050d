package pixel

import (
	"image"
	"math/bits"
)

// A ColourCount counts the colours of images, to choose a palette for them. It
// takes up to 2 MiB: of many colours it counts similar ones as one. The zero value
// has counted nothing.
type ColourCount struct {
	dropped int // low bits of a channel that are not told apart
	cells   colourTable
	used    int // cells
}

// maxCells is how many colours are counted apart. With 3 bits dropped there are no
// more colours than that.
const maxCells = 1 << 15

// Add counts the pixels of an image that are at least half opaque.
func (c *ColourCount) Add(m *image.NRGBA) {
	last, at := ^uint32(0), (*cell)(nil)
	for y := range m.Rect.Dy() {
		row := m.Pix[y*m.Stride:][:4*m.Rect.Dx()]
		for ; len(row) >= 4; row = row[4:] {
			p := row[:4:4]
			if p[3] < 128 {
				continue
			}
			colour := uint32(p[0])<<16 | uint32(p[1])<<8 | uint32(p[2])
			if colour != last {
				last, at = colour, c.cell(colour)
			}
			at.n++
			at.low[0] += uint32(p[0]) & (1<<c.dropped - 1)
			at.low[1] += uint32(p[1]) & (1<<c.dropped - 1)
			at.low[2] += uint32(p[2]) & (1<<c.dropped - 1)
		}
	}
}

// Len returns how many colours have been counted: if more than 32,768, it returns a
// smaller number, but no less than 4,096.
func (c *ColourCount) Len() int { return c.used }

// cell returns the cell of a colour, for which there is room.
func (c *ColourCount) cell(colour uint32) *cell {
	at := c.cells.find(c.key(colour))
	if at != nil && at.n > 0 {
		return at
	}
	if 2*(c.used+1) > len(c.cells) {
		c.grow()
		return c.cell(colour)
	}
	c.used++
	at.key = c.key(colour)
	return at
}

// key returns a colour without the bits that are dropped.
func (c *ColourCount) key(colour uint32) uint32 {
	return colour &^ (uint32(1<<c.dropped-1) * 0x010101)
}

// grow makes room for another colour.
func (c *ColourCount) grow() {
	old := *c
	c.used = 0
	if old.used < maxCells {
		c.cells = make(colourTable, max(512, 2*len(old.cells)))
	} else {
		c.dropped++
		c.cells = make(colourTable, len(old.cells))
	}
	c.Merge(&old)
}

// Merge counts what other has counted.
func (c *ColourCount) Merge(other *ColourCount) {
	for _, from := range other.cells {
		if from.n == 0 {
			continue
		}
		to := c.cell(from.key)
		to.n += from.n
		for k := range to.low {
			beyond := from.key >> (16 - 8*k) & (1<<c.dropped - 1)
			to.low[k] += from.low[k] + beyond*from.n
		}
	}
}

// colours returns what was counted: the mean colour of each cell.
func (c *ColourCount) colours() []weighted {
	all := make([]weighted, 0, c.used)
	for _, from := range c.cells {
		if from.n == 0 {
			continue
		}
		w := weighted{n: int(from.n)}
		for k := range w.rgb {
			w.rgb[k] = uint8(from.key>>(16-8*k)) + uint8((from.low[k]+from.n/2)/from.n)
		}
		all = append(all, w)
	}
	return all
}

// A colourTable is a hash table with open addressing. Its length is a power of 2,
// and at most half of its cells are used.
type colourTable []cell

// A cell counts the pixels of a colour, or of all colours with the same high bits.
type cell struct {
	key uint32    // red, green, blue
	n   uint32    // pixels; 0: the cell is free
	low [3]uint32 // sums of what the pixels have more than key
}

// find returns the cell of a key, or the free cell where the key belongs; nil if
// the table is empty.
func (t colourTable) find(key uint32) *cell {
	if len(t) == 0 {
		return nil
	}
	mask := uint32(len(t) - 1)
	for i := key * 0x9e3779b1 >> (32 - bits.Len32(mask)); ; i++ {
		if at := &t[i&mask]; at.key == key && at.n > 0 || at.n == 0 {
			return at
		}
	}
}
