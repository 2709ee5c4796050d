package jpegdct

import "math"

// A tile becomes one block of a picture scaled by 1/n, n being 2, 4 or 8: it
// takes the m x m lowest frequencies, m = 8/n, of n x n blocks of the source.
// A DCT of m points on these is the source block at m x m pixels, so the
// picture need not be made: the way from the tile to the coefficients of the
// 8x8 pixels that the tile stands for is a matrix on both sides.
//
// That matrix A maps n vectors of m coefficients to 8. By the symmetry of
// cosines, the vectors of mirrored places t and n-1-t enter an even output as
// their sum and an odd one as their difference, once the odd coefficients of
// the latter have changed sign. So the halves of a tile are kept such that j
// and j+4 are partners, and the sign is put into the dequantisation:
//
//	S[j] = x[j] + x[j+4]    out[2u]   = sum of even[u][j] * S[j]
//	D[j] = x[j] - x[j+4]    out[2u+1] = sum of odd[u][j] * D[j]
//
// A tile is transposed, horizontal frequencies down, so that one transposition
// between the two passes gives a block that is not. What does not belong in it
// goes to the place tileJunk.
type tile [tileJunk + 8]int16

const tileJunk = 64

// places say where in a tile the k-th coefficient goes. What a valueTable may
// take for one beyond the 63rd goes to the junk.
type places [128]uint8

// A scaling is what all tiles of one n have in common.
type scaling struct {
	n, m      int
	limit     int        // last zigzag index that is needed
	place     [64]places // by place of the source block, row*n+column
	sign      [64]int8   // by place in the tile
	zig       [64]uint8  // by place in the tile: the zigzag index of what is there
	even, odd [16]float32
}

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

// position gives the place in one dimension of coefficient u of the t-th block.
func (s *scaling) position(t, u int) (j, sign int) {
	if t < s.n/2 {
		return t*s.m + u, 1
	}
	return (s.n-1-t)*s.m + u + 4, 1 - 2*(u&1)
}

// element is the element of A for output u and the place j < 4.
func (s *scaling) element(u, j int) float64 {
	t, w := j/s.m, j%s.m
	sum := 0.0
	for i := range s.m {
		sum += basis(8, u, t*s.m+i) * basis(s.m, w, i)
	}
	return sum
}

// basis is the orthonormal DCT's: frequency u of n at the sample i.
func basis(n, u, i int) float64 {
	scale := math.Sqrt(2 / float64(n))
	if u == 0 {
		scale = math.Sqrt(1 / float64(n))
	}
	return scale * math.Cos(float64(2*i+1)*float64(u)*math.Pi/float64(2*n))
}

// A tileMap turns the tiles of one component into blocks.
type tileMap struct {
	dequant   [64]float32 // by place in the tile
	requant   [64]float32 // by place in the block: 1 / its quantisation
	even, odd [16]float32
}

func (s *scaling) tileMap(from, to *QuantTable) *tileMap {
	t := &tileMap{even: s.even, odd: s.odd}
	for at := range t.dequant {
		// m/8 makes an orthonormal m x m block of an 8x8 one.
		t.dequant[at] = float32(from[s.zig[at]]) * float32(s.sign[at]) * float32(s.m) / 8
	}
	for k, q := range to {
		t.requant[zigzag[k]] = 1 / float32(q)
	}
	return t
}

// maxCoef bounds what leaves the map, so that every value has a code in the
// tables of T.81, annex K.
const maxCoef = 1023

// applyGo is the map in plain Go. It rounds after every operation, as the
// assembly does, so that both give the same.
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
		// Adding 1.5 * 2^23 leaves no bits for a fraction: it rounds half to even.
		const round = 3 << 22
		q := int16(float32(v+round) - round)
		out[i] = q
		if q != 0 {
			nonzero |= 1 << i
		}
	}
	return nonzero
}

// transformColumns maps the columns of x.
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

func dot(m []float32, v *[4]float32) float32 {
	p := float32(m[0] * v[0])
	p = float32(p + float32(m[1]*v[1]))
	p = float32(p + float32(m[2]*v[2]))
	return float32(p + float32(m[3]*v[3]))
}
