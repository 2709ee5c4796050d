package jpegdct

import "iter"

// A tile has the quantised coefficients of n x n blocks of the source, n = 2, 4 or 8,
// that become one block of the picture scaled by 1/n. The samples of a tile are 8n x 8n.
// A filter (shrink.go) makes 8x8 of them, and the DCT of these is the new block. The
// inverse DCT of the tile's blocks, the filter and the DCT are linear and separable, so
// the new block is A·X·Aᵀ, where X has the coefficients of the tile and A is an 8 x 8n
// matrix. The samples are not needed.
//
// Of most blocks only the m x m lowest frequencies are taken, m = 8/n. For these, A maps
// n vectors of m coefficients to 8. By the symmetry of the cosines and of the filter,
// the vectors of the blocks t and n-1-t enter an even output as their sum and an odd
// output as their difference, if the odd coefficients of block n-1-t have changed sign.
// So the positions j and j+4 in low have the same coefficient of these two blocks, and
// the dequantisation changes the sign. For a column x of X:
//
//	S[j] = x[j] + x[j+4]    out[2u]   = sum of even[u][j] * S[j]
//	D[j] = x[j] - x[j+4]    out[2u+1] = sum of odd[u][j] * D[j]
//
// They are stored transposed, horizontal frequencies down: the one transposition
// between the two passes then gives a block that is not transposed.
//
// A block with a strong coefficient of a higher frequency is taken whole: stripes and
// dither must cancel in the filter, and they have all frequencies. So is each block that
// the picture ends in, and by 1/8 the one before it. The coefficients H of the higher
// frequencies of such a block add C·H·Rᵀ to the new block. C has the 8 columns of A that
// its row in the tile selects, R those that its column selects.
type tile struct {
	low  coefs
	high int32 // 1 + index of its last block in tilePlane.whole; 0 if it has none
}

// A tilePlane has the tiles of one component in a strip, row by row.
type tilePlane struct {
	tiles  []tile
	stride int // tiles in a row
	// The blocks of all tiles that are taken whole: low has their coefficients, column by
	// column, and high is as that of a tile: another such block of the same tile. They are
	// in chunks, so that none is ever moved.
	whole [][]tile // of chunkTiles each
	at    []uint8  // their positions in their tiles: row*n + column
}

// chunkTiles is the number of tiles that fit a page of memory.
const chunkTiles = 27

// clear sets all coefficients to 0.
func (p *tilePlane) clear() {
	clear(p.tiles)
	p.at = p.at[:0]
}

// addWhole adds a block that is taken whole, and returns where its coefficients go: into
// the low of one tile. They are all 0.
func (p *tilePlane) addWhole(t *tile, block int) []tile {
	// A chunk is a slice: a pointer to an array would be read here, before the first write,
	// and new memory is faulted in once more for that.
	i := len(p.at) % chunkTiles
	if len(p.at) == len(p.whole)*chunkTiles {
		p.whole = append(p.whole, make([]tile, chunkTiles))
	}
	b := p.whole[len(p.at)/chunkTiles][i:][:1]
	b[0] = tile{high: t.high}
	p.at = append(p.at, uint8(block))
	t.high = int32(len(p.at))
	return b
}

// wholeBlocks iterates over the blocks of a tile that are taken whole, with their positions
// in the tile.
func (p *tilePlane) wholeBlocks(t *tile) iter.Seq2[int, *coefs] {
	return func(yield func(int, *coefs) bool) {
		for i := int(t.high) - 1; i >= 0; {
			b := &p.whole[i/chunkTiles][i%chunkTiles]
			if !yield(int(p.at[i]), &b.low) {
				return
			}
			i = int(b.high) - 1
		}
	}
}

// A scaling has the constants for one n.
type scaling struct {
	n, m      int
	limit     int        // largest zigzag index of the lowest frequencies
	whole     places     // of a block that is taken whole: column by column
	lowest    uint64     // bit i is set if position i in such a block is one of the lowest frequencies
	strong    *strength  // nil if no coefficient is strong
	place     [64]places // in tile.low, by position of the block in the tile, row*n+column
	sign      [64]int8   // by position in tile.low: 1 or -1
	zig       [64]uint8  // by position in tile.low: the zigzag index of the coefficient
	row       [64]uint8  // by position in tile.low: the row in the tile, an index into an axis
	column    [64]uint8  // the same for the column
	even, odd matrix
	axes      map[extent]axis // made when needed
	products  []product       // by row or column of a block in the tile; made when needed
}

// A matrix has 4x4 elements, row by row, each of them matrixLanes times.
type matrix [16][matrixLanes]float32

// A product has 8 columns of A, row by row, with elements as in a matrix.
type product [64][matrixLanes]float32

// newScaling makes the constants for n = 2, 4 or 8.
func newScaling(n int) *scaling {
	s := &scaling{n: n, m: 8 / n, whole: transposedPlaces(), axes: map[extent]axis{}}
	switch n {
	case 2:
		s.strong = &strongHalf
	case 4:
		s.strong = &strongQuarter
	}
	for by := range n {
		for bx := range n {
			s.placeBlock(by, bx)
		}
	}
	a := s.axis(extent{size: 8 * n})
	for u := range 4 {
		for j := range 4 {
			r := j/s.m*8 + j%s.m
			for i := range matrixLanes {
				s.even[u*4+j][i] = a[r][2*u]
				s.odd[u*4+j][i] = a[r][2*u+1]
			}
		}
	}
	return s
}

// placeBlock sets the places of the block in row by and column bx.
func (s *scaling) placeBlock(by, bx int) {
	place := &s.place[by*s.n+bx]
	for k := range place {
		if place[k] = coefJunk; k > 63 {
			continue
		}
		v, u := int(zigzag[k]>>3), int(zigzag[k]&7)
		if v >= s.m || u >= s.m {
			continue
		}
		y, ySign := s.position(by, v)
		x, xSign := s.position(bx, u)
		at := x*8 + y
		place[k] = uint8(at)
		s.sign[at] = int8(ySign * xSign)
		s.zig[at] = uint8(k)
		s.row[at], s.column[at] = uint8(by*8+v), uint8(bx*8+u)
		s.lowest |= 1 << s.whole[k]
		s.limit = max(s.limit, k)
	}
}

// position returns the position of coefficient u of block t in one dimension, and
// the sign that the coefficient gets.
func (s *scaling) position(t, u int) (j, sign int) {
	if t < s.n/2 {
		return t*s.m + u, 1
	}
	return (s.n-1-t)*s.m + u + 4, 1 - 2*(u&1)
}

// setLow sets the lowest frequencies of a block of the tile. c is column by column.
func (s *scaling) setLow(t *tile, block int, c *coefs) {
	to := t.low[s.place[block][0]:]
	switch s.m {
	case 4:
		*(*[4]int16)(to) = *(*[4]int16)(c[:])
		*(*[4]int16)(to[8:]) = *(*[4]int16)(c[8:])
		*(*[4]int16)(to[16:]) = *(*[4]int16)(c[16:])
		*(*[4]int16)(to[24:]) = *(*[4]int16)(c[24:])
	case 2:
		*(*[2]int16)(to) = *(*[2]int16)(c[:])
		*(*[2]int16)(to[8:]) = *(*[2]int16)(c[8:])
	default:
		to[0] = c[0]
	}
}

// A tileMap converts the tiles of a component to blocks. tilemap_amd64.s depends on the
// offsets of its first fields, tilemap_arm64.s on odd behind even.
type tileMap struct {
	dequant   [64]float32 // by position in tile.low: the factor of a coefficient
	requant   [64]float32 // by position in the block: 1 / element of the quantisation table
	even, odd matrix
	high      [64]float32 // column by column: the factor of a coefficient of a higher frequency; 0 for the lowest
	*scaling
	low [64]float32 // by position in tile.low: dequant without the sign
	sum [64]float32 // see sumHigh
}

// tileMap returns the map from tiles quantised with from to blocks quantised with to.
func (s *scaling) tileMap(from, to *QuantTable) *tileMap {
	t := &tileMap{even: s.even, odd: s.odd, scaling: s}
	for k := range zigzag {
		if at := s.whole[k]; s.lowest>>at&1 == 0 {
			t.high[at] = float32(from[k])
		}
		t.requant[zigzag[k]] = 1 / float32(to[k])
	}
	for at, k := range s.zig {
		t.low[at] = float32(from[k])
		t.dequant[at] = t.low[at] * float32(s.sign[at])
	}
	return t
}

// sumHigh returns what the blocks of a tile that are taken whole add to the new block, or
// nil if there are none.
func (t *tileMap) sumHigh(p *tilePlane, in *tile) *[64]float32 {
	if in.high == 0 { // of most tiles: this much is inlined
		return nil
	}
	t.sumWhole(p, in)
	return &t.sum
}

// sumWhole sets t.sum for a tile with blocks that are taken whole.
func (t *tileMap) sumWhole(p *tilePlane, in *tile) {
	if t.products == nil {
		t.products = t.newProducts()
	}
	t.sum = [64]float32{}
	for block, c := range p.wholeBlocks(in) {
		t.addHigh(&t.sum, c, &t.products[block%t.n], &t.products[block/t.n])
	}
}

func (s *scaling) newProducts() []product {
	p := make([]product, s.n)
	for r, outputs := range s.axis(extent{size: 8 * s.n}) {
		for u, v := range outputs {
			for i := range matrixLanes {
				p[r/8][u*8+r%8][i] = v
			}
		}
	}
	return p
}

// addHighGo is addHigh in Go.
func (t *tileMap) addHighGo(sum *[64]float32, c *coefs, columns, rows *product) {
	var x, y [64]float32
	for i := range x {
		x[i] = float32(c[i]) * t.high[i]
	}
	columns.multiply(&x, &y)
	transpose(&y, &x)
	rows.multiply(&x, &y)
	for i, v := range y {
		sum[i] += v
	}
}

// multiply sets y to the product of the 8 columns of A and x.
func (p *product) multiply(x, y *[64]float32) {
	for c := range 8 {
		for u := range 8 {
			v := float32(p[u*8][0] * x[c])
			for r := 1; r < 8; r++ {
				v = float32(v + float32(p[u*8+r][0]*x[r*8+c]))
			}
			y[u*8+c] = v
		}
	}
}

// transpose sets to to the transposed matrix.
func transpose(from, to *[64]float32) {
	for r := range 8 {
		for c := range 8 {
			to[c*8+r] = from[r*8+c]
		}
	}
}

// maxCoef limits the absolute value of coefficients: the AC Huffman tables of T.81,
// K.3, have codes for values of up to 10 bits.
const maxCoef = 1023

// transformGo is transform in Go. It rounds after every operation, as the assembly
// does, so that both have the same result.
func (t *tileMap) transformGo(in *coefs, sum *[64]float32, out *coefBlock) (nonzero uint64) {
	var x, y [64]float32
	for i := range x {
		x[i] = float32(in[i]) * t.dequant[i]
	}
	t.transformColumns(&x, &y)
	transpose(&y, &x)
	t.transformColumns(&x, &y)
	if sum != nil {
		for i, v := range sum {
			y[i] += v
		}
	}
	return t.quantise(&y, out)
}

// transformColumns sets the columns of y to A times the columns of x.
func (t *tileMap) transformColumns(x, y *[64]float32) {
	for c := range 8 {
		var s, d [4]float32
		for j := range 4 {
			a, b := x[j*8+c], x[j*8+32+c]
			s[j], d[j] = a+b, a-b
		}
		for u := range 4 {
			y[u*16+c] = dot(t.even[u*4:u*4+4], &s)
			y[u*16+8+c] = dot(t.odd[u*4:u*4+4], &d)
		}
	}
}

// dot returns the dot product of a row of a matrix and v.
func dot(m [][matrixLanes]float32, v *[4]float32) float32 {
	p := float32(m[0][0] * v[0])
	p = float32(p + float32(m[1][0]*v[1]))
	p = float32(p + float32(m[2][0]*v[2]))
	return float32(p + float32(m[3][0]*v[3]))
}

// quantise rounds the coefficients of a block after the division by the quantisation
// table. Bit i of nonzero is set if out[i] is not 0.
func (t *tileMap) quantise(y *[64]float32, out *coefBlock) (nonzero uint64) {
	for i, v := range y {
		v = float32(v * t.requant[i])
		v = min(max(v, -maxCoef), maxCoef)
		// The sum with 1.5 * 2^23 has no bits for a fraction: it is rounded half to even.
		const round = 3 << 22
		q := int16(float32(v+round) - round)
		out[i] = q
		if q != 0 {
			nonzero |= 1 << i
		}
	}
	return nonzero
}
