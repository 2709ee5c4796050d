package icc

// A grid holds three values for each node of a grid over 3 or 4 inputs.
type grid struct {
	points  []int // on each axis, at least 2
	strides []int // between neighbours on each axis, in values
	nodes   []float32
}

// newGrid returns a grid. The last input varies fastest.
func newGrid(points []int, nodes []float32) *grid {
	g := &grid{points: append([]int(nil), points...), strides: make([]int, len(points)), nodes: nodes}
	stride := 3
	for i := len(points) - 1; i >= 0; i-- {
		g.strides[i] = stride
		stride *= points[i]
	}
	return g
}

// nodesOf returns how many nodes a grid has.
func nodesOf(points []int) (int, error) {
	n := 1
	for _, k := range points { // at most 255 each
		if k < 2 {
			return 0, unusable("a grid of %d points", k)
		}
		n *= k
	}
	return n, nil
}

// readGrid reads the grid of a lutAToBType (section 10.12.3).
func readGrid(data []byte, inputs int) (*grid, error) {
	const header = 20
	if len(data) < header {
		return nil, unusable("a grid is cut off")
	}
	points := make([]int, inputs)
	for i := range points {
		points[i] = int(data[i])
	}
	nodes, err := nodesOf(points)
	if err != nil {
		return nil, err
	}
	width := int(data[16])
	if width != 1 && width != 2 {
		return nil, unusable("a grid of %d bytes a sample", width)
	}
	data = data[header:]
	if 3*nodes > len(data)/width {
		return nil, unusable("a grid is cut off")
	}
	return newGrid(points, values(data[:3*nodes*width], width)), nil
}

// at interpolates in the simplex of the cell that the inputs, 0 to 1, lie in: from the
// lowest node one axis after another, that of the largest fraction first. Of three
// inputs this is tetrahedral interpolation.
func (g *grid) at(v *[4]float32) (x, y, z float32) {
	var fraction [5]float32 // the largest first, and a zero behind the last
	var step [4]int
	node := 0
	n := len(g.points)
	for i, points := range g.points {
		f := float32(v[i&3] * float32(points-1))
		cell := min(int(f), points-2)
		node += cell * g.strides[i]
		at, this := i, f-float32(cell)
		for ; at > 0 && fraction[at-1] < this; at-- { // insertion sort
			fraction[at], step[at] = fraction[at-1], step[at-1]
		}
		fraction[at], step[at] = this, g.strides[i]
	}
	weight := 1 - fraction[0]
	p := g.nodes[node : node+3 : node+3]
	x, y, z = float32(weight*p[0]), float32(weight*p[1]), float32(weight*p[2])
	for i := range n {
		weight = fraction[i] - fraction[i+1]
		node += step[i]
		p := g.nodes[node : node+3 : node+3]
		x, y, z = x+float32(weight*p[0]), y+float32(weight*p[1]), z+float32(weight*p[2])
	}
	return x, y, z
}
