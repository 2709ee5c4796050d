package jpegdct

import "math"

// An idct is an inverse DCT (T.81, A.3.3) from the k x k lowest frequencies of a block
// to k x k samples.
type idct struct {
	k     int
	limit int       // largest zigzag index that is needed
	basis [64]int32 // for k < 8: the matrix by sample*k + frequency, times 2^idctBits
	// For blocks that the picture ends in: the matrix from 8 samples to k, by
	// result*8 + sample, times 2^idctBits. It is made when needed.
	resample []int32
}

// idctBits is the number of fraction bits in idct.basis.
const idctBits = 13

// newIDCT makes a transform to k x k samples, k = 1..8.
func newIDCT(k int) *idct {
	d := &idct{k: k}
	for i, at := range zigzag {
		if int(at&7) < k && int(at>>3) < k {
			d.limit = i
		}
	}
	// Coefficients of a k x k DCT are k/8 of those of an 8x8 DCT. Each of the two
	// passes has the square root of this factor.
	scale := math.Sqrt(float64(k)/8) * (1 << idctBits)
	for x := range k {
		for u := range k {
			d.basis[x*k+u] = int32(math.Round(scale * basis(k, u, x)))
		}
	}
	return d
}

// transform dequantises a block, whose coefficients are stored row by row, and writes
// its samples to to, with stride bytes from row to row.
func (d *idct) transform(block *coefs, quant *[64]int32, to []byte, stride int) {
	switch {
	case d.k == 8:
		idct8x8(block, quant, to, stride)
	default:
		d.reduced(block, quant, to, stride)
	}
}

// reduced is transform for k < 8, as two multiplications by a matrix.
func (d *idct) reduced(block *coefs, quant *[64]int32, to []byte, stride int) {
	k := d.k
	var t [64]int32
	for u := range k {
		for y := range k {
			sum := int32(1) << (idctBits - 4)
			for v := range k {
				sum += d.basis[y*k+v] * int32(block[v*8+u]) * quant[v*8+u]
			}
			t[y*8+u] = sum >> (idctBits - 3)
		}
	}
	for y := range k {
		row := to[y*stride:][:k]
		for x := range row {
			sum := int32(1) << (idctBits + 2)
			for u := range k {
				sum += d.basis[x*k+u] * t[y*8+u]
			}
			row[x] = toSample(sum >> (idctBits + 3))
		}
	}
}

// transformEdge is transform for a block of which only width columns and height rows, 1..8,
// are in the picture, for k < 8. What an encoder put beyond them must not get into the
// samples. So the block is decoded in full, and in place of what lies beyond the edge,
// what lies before it is taken, mirrored. The DCT of these samples is cut to k x k
// frequencies, as in transform.
func (d *idct) transformEdge(block *coefs, quant *[64]int32, width, height int, to []byte, stride int) {
	if d.resample == nil {
		d.resample = resampleMatrix(d.k)
	}
	var full [64]byte
	idct8x8(block, quant, full[:], 8)
	var across [64]int32 // by row and result: with idctBits/2 fraction bits
	for y := range 8 {
		row := full[mirrored(y, height)*8:]
		for i := range d.k {
			sum := int32(0)
			for x := range 8 {
				sum += d.resample[i*8+x] * int32(row[mirrored(x, width)])
			}
			across[y*8+i] = sum >> (idctBits - idctBits/2)
		}
	}
	for j := range d.k {
		for i := range d.k {
			sum := int32(1) << (idctBits + idctBits/2 - 1)
			for y := range 8 {
				sum += d.resample[j*8+y] * across[y*8+i]
			}
			to[j*stride+i] = uint8(min(max(sum>>(idctBits+idctBits/2), 0), 255))
		}
	}
}

// resampleMatrix returns the matrix of a DCT of 8 points, of which k are kept, and an
// inverse DCT of k points.
func resampleMatrix(k int) []int32 {
	m := make([]int32, k*8)
	for i := range k {
		for x := range 8 {
			sum := 0.0
			for u := range k {
				sum += float64(basis(k, u, i) * basis(8, u, x))
			}
			m[i*8+x] = int32(math.Round(sum * math.Sqrt(float64(k)/8) * (1 << idctBits)))
		}
	}
	return m
}

// mirrored returns the sample that is taken for sample x if only the first size samples
// are in the picture: they are mirrored about the edge.
func mirrored(x, size int) int {
	if x %= 2 * size; x < size {
		return x
	}
	return 2*size - 1 - x
}

// toSample adds the level shift of 128 (T.81, A.3.1) and clamps to 0..255.
func toSample(v int32) byte {
	v += 128
	if uint32(v) > 255 {
		return byte(^v >> 31)
	}
	return byte(v)
}

// The constants of idct1D and fdct1D, times 2^13; ck is cos(k*pi/16).
const (
	c0298 = 2446  // sqrt(2) * (-c1+c3+c5-c7)
	c0390 = 3196  // sqrt(2) * (c5-c3)
	c0541 = 4433  // sqrt(2) * c6
	c0765 = 6270  // sqrt(2) * (c2-c6)
	c0899 = 7373  // sqrt(2) * (c3-c7)
	c1175 = 9633  // sqrt(2) * c3
	c1501 = 12299 // sqrt(2) * (c1+c3-c5-c7)
	c1847 = 15137 // sqrt(2) * (c2+c6)
	c1961 = 16069 // sqrt(2) * (c3+c5)
	c2053 = 16819 // sqrt(2) * (c1+c3-c5+c7)
	c2562 = 20995 // sqrt(2) * (c1+c3)
	c3072 = 25172 // sqrt(2) * (c1+c3+c5-c7)
)

// idct8x8 is transform for k = 8, by the method of Loeffler, Ligtenberg and Moschytz
// (ICASSP 1989) with 12 multiplications in one dimension. Columns are transformed
// first, to values with 2 fraction bits.
func idct8x8(block *coefs, quant *[64]int32, to []byte, stride int) {
	var t [64]int32
	rows := byte(0)
	for x := range 8 {
		if block[8+x]|block[16+x]|block[24+x]|block[32+x]|block[40+x]|block[48+x]|block[56+x] == 0 {
			dc := int32(block[x]) * quant[x] << 2
			if dc != 0 && x > 0 {
				rows = 1
			}
			for y := range 8 {
				t[y*8+x] = dc
			}
			continue
		}
		rows = 1
		const round = 1 << 10
		a, b, c, d, p, q, r, s := idct1D(
			int32(block[x])*quant[x], int32(block[8+x])*quant[8+x], int32(block[16+x])*quant[16+x], int32(block[24+x])*quant[24+x],
			int32(block[32+x])*quant[32+x], int32(block[40+x])*quant[40+x], int32(block[48+x])*quant[48+x], int32(block[56+x])*quant[56+x])
		t[x], t[56+x] = (a+p+round)>>11, (a-p+round)>>11
		t[8+x], t[48+x] = (b+q+round)>>11, (b-q+round)>>11
		t[16+x], t[40+x] = (c+r+round)>>11, (c-r+round)>>11
		t[24+x], t[32+x] = (d+s+round)>>11, (d-s+round)>>11
	}
	if rows == 0 {
		fillBlock(toSample((t[0]+16)>>5), to, stride)
		return
	}
	for y := range 8 {
		in := (*[8]int32)(t[y*8:])
		out := (*[8]byte)(to[y*stride:])
		const round = 1 << 17
		a, b, c, d, p, q, r, s := idct1D(in[0], in[1], in[2], in[3], in[4], in[5], in[6], in[7])
		out[0], out[7] = toSample((a+p+round)>>18), toSample((a-p+round)>>18)
		out[1], out[6] = toSample((b+q+round)>>18), toSample((b-q+round)>>18)
		out[2], out[5] = toSample((c+r+round)>>18), toSample((c-r+round)>>18)
		out[3], out[4] = toSample((d+s+round)>>18), toSample((d-s+round)>>18)
	}
}

// idct1D is the inverse DCT of 8 points. It returns the even parts a to d and the odd
// parts p to s, times 2^13: sample 0 is a+p and sample 7 is a-p, samples 1 and 6 are
// b+q and b-q, and so on.
func idct1D(x0, x1, x2, x3, x4, x5, x6, x7 int32) (a, b, c, d, p, q, r, s int32) {
	z := (x2 + x6) * c0541
	t2, t3 := z-x6*c1847, z+x2*c0765
	t0, t1 := (x0+x4)<<13, (x0-x4)<<13
	a, d, b, c = t0+t3, t0-t3, t1+t2, t1-t2

	z1, z2, z3, z4 := x7+x1, x5+x3, x7+x3, x5+x1
	z5 := (z3 + z4) * c1175
	z1, z2 = -z1*c0899, -z2*c2562
	z3, z4 = z5-z3*c1961, z5-z4*c0390
	p = x1*c1501 + z1 + z4
	q = x3*c3072 + z2 + z3
	r = x5*c2053 + z2 + z4
	s = x7*c0298 + z1 + z3
	return a, b, c, d, p, q, r, s
}

// fillBlock sets all samples of a block to v.
func fillBlock(v byte, to []byte, stride int) {
	for y := range 8 {
		row := to[y*stride:][:8]
		for x := range row {
			row[x] = v
		}
	}
}
