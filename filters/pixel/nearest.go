package pixel

import "slices"

// A nearest finds the nearest colour of a table. It remembers the one that it
// found first in each cube of 8 x 8 x 8 colours.
type nearest struct {
	table   []rgb
	byGreen []uint8 // indices of table, ordered by green
	found   []int16 // by cube: an index of table plus 1, or 0
}

func newNearest(table []rgb) *nearest {
	n := &nearest{table, make([]uint8, len(table)), make([]int16, 1<<15)}
	for i := range table {
		n.byGreen[i] = uint8(i)
	}
	slices.SortStableFunc(n.byGreen, func(i, j uint8) int { return int(table[i][1]) - int(table[j][1]) })
	return n
}

// index returns the index of the nearest colour, or of one that is nearest to
// another colour of the same cube.
func (n *nearest) index(c rgb) uint8 {
	at := &n.found[int(c[0]>>3)<<10|int(c[1]>>3)<<5|int(c[2]>>3)]
	if *at == 0 {
		*at = 1 + int16(n.search(c))
	}
	return uint8(*at - 1)
}

// search returns the first of the nearest colours. It begins with the colour that
// is nearest in green, and ends where green alone is farther away than the best.
func (n *nearest) search(c rgb) uint8 {
	up, _ := slices.BinarySearchFunc(n.byGreen, c[1], func(i, green uint8) int { return int(n.table[i][1]) - int(green) })
	down := up - 1
	best, least := uint8(0), 1<<30
	try := func(at int) (further bool) {
		i := n.byGreen[at]
		t := n.table[i]
		r, g, b := int(c[0])-int(t[0]), int(c[1])-int(t[1]), int(c[2])-int(t[2])
		if d := r*r + g*g + b*b; d < least || d == least && i < best {
			best, least = i, d
		}
		return g*g <= least
	}
	for up < len(n.byGreen) || down >= 0 {
		if up < len(n.byGreen) {
			if up++; !try(up - 1) {
				up = len(n.byGreen)
			}
		}
		if down >= 0 {
			if down--; !try(down + 1) {
				down = -1
			}
		}
	}
	return best
}
