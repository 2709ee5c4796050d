package jpegdct

import (
	"math"
	"math/bits"
)

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
// the picture ends in. A coefficient of a higher frequency adds to the new block its value
// times the product of a column of A, which its row in the tile selects, and a row of Aᵀ,
// which its column selects.
type tile struct {
	low  coefs
	high int32 // 1 + index of its last run in tilePlane.runs; 0 if it has none
}

// A tilePlane has the tiles of one component in a strip, row by row.
type tilePlane struct {
	tiles  []tile
	stride int        // tiles in a row
	high   []highCoef // of all tiles, block by block
	runs   []highRun  // one for each block that has highCoefs
}

// A highCoef is a coefficient of a block that is taken whole, but not one of its m x m
// lowest frequencies.
type highCoef struct {
	value int16
	at    uint8 // position in the block: column*8 + row
	block uint8 // position of the block in the tile: row*n + column
}

// A highRun has the highCoefs of a block.
type highRun struct {
	from, to int32 // indices into tilePlane.high
	next     int32 // as tile.high: the run of another block of the tile
}

// clear sets all coefficients to 0.
func (p *tilePlane) clear() {
	clear(p.tiles)
	p.high, p.runs = p.high[:0], p.runs[:0]
}

// addHigh adds the coefficients of a block that are not 0 and not of the lowest
// frequencies. c is column by column.
func (p *tilePlane) addHigh(t *tile, block int, c *coefs, lowest uint64) {
	from := int32(len(p.high))
	for mask := c.nonzero() &^ lowest; mask != 0; mask &= mask - 1 {
		at := bits.TrailingZeros64(mask) & 63
		p.high = append(p.high, highCoef{c[at], uint8(at), uint8(block)})
	}
	if to := int32(len(p.high)); to > from {
		p.runs = append(p.runs, highRun{from, to, t.high})
		t.high = int32(len(p.runs))
	}
}

// nonzeroGo is nonzero in Go.
func (c *coefs) nonzeroGo() (mask uint64) {
	for i, v := range c[:64] {
		if v != 0 {
			mask |= 1 << i
		}
	}
	return mask
}

// A scaling has the constants for one n.
type scaling struct {
	n, m      int
	limit     int        // largest zigzag index of the lowest frequencies
	whole     places     // of a block that is taken whole: column by column
	lowest    uint64     // bit i is set if position i in such a block is one of the lowest frequencies
	strong    *[8]int    // see strongHalf; nil if no coefficient is strong
	place     [64]places // in tile.low, by position of the block in the tile, row*n+column
	sign      [64]int8   // by position in tile.low: 1 or -1
	zig       [64]uint8  // by position in tile.low: the zigzag index of the coefficient
	row       [64]uint8  // by position in tile.low: the row in the tile, an index into an axis
	column    [64]uint8  // the same for the column
	even, odd matrix
	axes      [2][65]axis // see axis; made when needed
}

// A matrix has 4x4 elements, row by row, each of them eight times: as a vector.
type matrix [16][8]float32

// newScaling makes the constants for n = 2, 4 or 8.
func newScaling(n int) *scaling {
	s := &scaling{n: n, m: 8 / n, whole: transposedPlaces()}
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
	a := s.axis(8*n, 0)
	for u := range 4 {
		for j := range 4 {
			r := j/s.m*8 + j%s.m
			for i := range 8 {
				s.even[u*4+j][i] = a[r][2*u]
				s.odd[u*4+j][i] = a[r][2*u+1]
			}
		}
	}
	return s
}

// strongHalf and strongQuarter have the least absolute values, dequantised, of a strong
// coefficient: by 1/2 and by 1/4, by the larger one of its two frequencies. With lower
// values Scale is slower, and photos gain little. With higher values some patterns become
// worse than a mean of n x n samples makes them: see TestPatternsAsDjpeg of package
// filters. By 1/8 the filter is the mean, which is the lowest frequency.
var (
	strongHalf    = [8]int{4: 80, 80, 80, 80}
	strongQuarter = [8]int{2: 375, 300, 150, 90, 90, 90}
)

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

// bounds returns the bounds, by zigzag index, that no coefficient of a block quantised
// with q exceeds unless it is strong.
func (s *scaling) bounds(q *QuantTable) (bounds [64]int16) {
	for k := range bounds {
		bounds[k] = math.MaxInt16
		if s.strong != nil && s.lowest>>s.whole[k]&1 == 0 && q[k] > 0 {
			bounds[k] = int16((s.strong[max(zigzag[k]>>3, zigzag[k]&7)] - 1) / int(q[k]))
		}
	}
	return bounds
}

// isStrong reports whether a coefficient of c, which is column by column, exceeds its bound.
func (s *scaling) isStrong(c *coefs, bounds *[64]int16) bool {
	if s.strong == nil {
		return false
	}
	for k, b := range bounds {
		if v := c[s.whole[k]]; v > b || -v > b {
			return true
		}
	}
	return false
}

// A tileMap converts the tiles of a component to blocks. tilemap_amd64.s depends on the
// offsets of its first fields.
type tileMap struct {
	dequant   [64]float32 // by position in tile.low: the factor of a coefficient
	requant   [64]float32 // by position in the block: 1 / element of the quantisation table
	even, odd matrix
	*scaling
	quant [64]float32 // the quantisation table of the source, column by column
	terms []term      // of the tile that is converted
}

// A term is a highCoef dequantised.
type term struct {
	value       float32
	row, column int32 // in the tile: indices into an axis
}

// tileMap returns the map from tiles quantised with from to blocks quantised with to.
func (s *scaling) tileMap(from, to *QuantTable) *tileMap {
	t := &tileMap{even: s.even, odd: s.odd, scaling: s}
	for k := range zigzag {
		t.quant[s.whole[k]] = float32(from[k])
		t.requant[zigzag[k]] = 1 / float32(to[k])
	}
	for at, k := range s.zig {
		t.dequant[at] = float32(from[k]) * float32(s.sign[at])
	}
	return t
}

// setTerms sets terms to the highCoefs of a tile.
func (t *tileMap) setTerms(p *tilePlane, in *tile) {
	t.terms = t.terms[:0]
	for i := in.high; i != 0; i = p.runs[i-1].next {
		run := &p.runs[i-1]
		row, column := int32(int(p.high[run.from].block)/t.n*8), int32(int(p.high[run.from].block)%t.n*8)
		for _, h := range p.high[run.from:run.to] {
			at := h.at & 63
			t.terms = append(t.terms, term{float32(h.value) * t.quant[at], row + int32(at&7), column + int32(at>>3)})
		}
	}
}

// maxCoef limits the absolute value of coefficients: the AC Huffman tables of T.81,
// K.3, have codes for values of up to 10 bits.
const maxCoef = 1023

// transformGo is transform in Go. It rounds after every operation, as the assembly
// does, so that both have the same result.
func (t *tileMap) transformGo(in *coefs, out *coefBlock) (nonzero uint64) {
	var x, y [64]float32
	for i := range x {
		x[i] = float32(in[i]) * t.dequant[i]
	}
	t.transformColumns(&x, &y)
	for r := range 8 {
		for c := range 8 {
			x[c*8+r] = y[r*8+c]
		}
	}
	t.transformColumns(&x, &y)
	a := t.axis(8*t.n, 0)
	for _, e := range t.terms {
		addProduct(&y, e.value, &a[e.row], &a[e.column])
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
func dot(m [][8]float32, v *[4]float32) float32 {
	p := float32(m[0][0] * v[0])
	p = float32(p + float32(m[1][0]*v[1]))
	p = float32(p + float32(m[2][0]*v[2]))
	return float32(p + float32(m[3][0]*v[3]))
}

// addProduct adds v times the product of a column and a row to y.
func addProduct(y *[64]float32, v float32, column, row *[8]float32) {
	var p [8]float32
	for i := range p {
		p[i] = v * row[i]
	}
	for j, c := range column {
		for i := range p {
			y[j*8+i] += float32(c * p[i])
		}
	}
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
