package jpegdct

import "math"

// A tile holds the coefficients that become one block of the picture scaled by 1/n,
// n = 2, 4 or 8: the m x m lowest frequencies, m = 8/n, of n x n blocks of the source.
//
// An inverse DCT of m points on the m x m coefficients of a block would give this
// block at m x m pixels; n x n of these are 8x8 pixels, and their DCT is the new
// block. Both transforms are linear and separable, so the new block is A·X·Aᵀ, where X
// is the tile and A is an 8x8 matrix. The pixels are not needed.
//
// In one dimension, A maps n vectors of m coefficients to 8 coefficients. By the
// symmetry of the cosines, the vectors of the blocks t and n-1-t enter an even output
// as their sum and an odd output as their difference, if the odd coefficients of
// block n-1-t have changed sign. So a tile is arranged such that the positions j and
// j+4 have the same coefficient of these two blocks, and the dequantisation changes
// the sign. For a column x of X:
//
//	S[j] = x[j] + x[j+4]    out[2u]   = sum of even[u][j] * S[j]
//	D[j] = x[j] - x[j+4]    out[2u+1] = sum of odd[u][j] * D[j]
//
// A tile is stored transposed, horizontal frequencies down: the one transposition
// between the two passes then gives a block that is not transposed. Coefficients that
// are not kept are stored at tileJunk.
type tile [tileJunk + 8]int16

// tileJunk is the position in a tile for coefficients that are not kept.
const tileJunk = 64

// places maps the zigzag index of a coefficient to its position in a tile. Indices
// above 63, which a valueTable may produce, map to tileJunk.
type places [128]uint8

// A scaling has the constants for one n.
type scaling struct {
	n, m      int
	limit     int         // largest zigzag index that is kept
	place     [64]places  // by position of the source block in the tile, row*n+column
	sign      [64]int8    // by position in the tile: 1 or -1
	zig       [64]uint8   // by position in the tile: the zigzag index of the coefficient
	even, odd [16]float32 // the matrices, row by row
}

// newScaling makes the constants for n = 2, 4 or 8.
func newScaling(n int) *scaling {
	s := &scaling{n: n, m: 8 / n}
	for by := range n {
		for bx := range n {
			s.fillPlaces(by, bx)
		}
	}
	for u := range 4 {
		for j := range 4 {
			s.even[u*4+j] = float32(s.element(2*u, j))
			s.odd[u*4+j] = float32(s.element(2*u+1, j))
		}
	}
	return s
}

// fillPlaces sets the places of the source block in row by and column bx of the tile.
func (s *scaling) fillPlaces(by, bx int) {
	place := &s.place[by*s.n+bx]
	for k := range place {
		if place[k] = tileJunk; k > 63 {
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

// element returns the element of A for output u and position j < 4.
func (s *scaling) element(u, j int) float64 {
	t, w := j/s.m, j%s.m
	sum := 0.0
	for i := range s.m {
		sum += basis(8, u, t*s.m+i) * basis(s.m, w, i)
	}
	return sum
}

// basis returns the value at sample i of frequency u of the orthonormal DCT of n
// points.
func basis(n, u, i int) float64 {
	scale := math.Sqrt(2 / float64(n))
	if u == 0 {
		scale = math.Sqrt(1 / float64(n))
	}
	return scale * math.Cos(float64(2*i+1)*float64(u)*math.Pi/float64(2*n))
}

// A tileMap converts the tiles of a component to blocks. tilemap_amd64.s depends on the
// offsets of its fields.
type tileMap struct {
	dequant   [64]float32 // by position in the tile: the factor of a coefficient
	requant   [64]float32 // by position in the block: 1 / element of the quantisation table
	even, odd [16]float32
}

// tileMap returns the map from tiles quantised with from to blocks quantised with to.
func (s *scaling) tileMap(from, to *QuantTable) *tileMap {
	t := &tileMap{even: s.even, odd: s.odd}
	for at := range t.dequant {
		// The factor m/8 turns coefficients of an 8x8 DCT into those of an m x m DCT.
		t.dequant[at] = float32(from[s.zig[at]]) * float32(s.sign[at]) * float32(s.m) / 8
	}
	for k, q := range to {
		t.requant[zigzag[k]] = 1 / float32(q)
	}
	return t
}

// maxCoef limits the absolute value of coefficients: the AC Huffman tables of T.81,
// K.3, have codes for values of up to 10 bits.
const maxCoef = 1023

// applyGo is apply in Go. It rounds after every operation, as the assembly does, so
// that both have the same result.
func (t *tileMap) applyGo(in *tile, out *coefBlock) (nonzero uint64) {
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
func dot(m []float32, v *[4]float32) float32 {
	p := float32(m[0] * v[0])
	p = float32(p + float32(m[1]*v[1]))
	p = float32(p + float32(m[2]*v[2]))
	return float32(p + float32(m[3]*v[3]))
}
