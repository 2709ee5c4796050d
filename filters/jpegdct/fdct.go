package jpegdct

// A quantiser quantises the output of fdct (T.81, A.3.4): it divides by the elements of
// a quantisation table times 8, which is the scale of fdct, and rounds half away from
// zero. The division is a multiplication by 2^36/divisor, rounded up, which is exact
// for dividends below 2^17.
type quantiser struct {
	half  [64]int64 // divisor/2
	scale [64]int64 // 2^36/divisor
}

// newQuantiser makes a quantiser for a quantisation table.
func newQuantiser(q *QuantTable) *quantiser {
	t := new(quantiser)
	for k, v := range q {
		at := zigzag[k]
		divisor := 8 * int64(v)
		t.half[at] = divisor / 2
		t.scale[at] = (1<<36 + divisor - 1) / divisor
	}
	return t
}

// quantise sets out to the quantised coefficients of a block. Bit i of nonzero is set
// if out[i] is not 0.
func (t *quantiser) quantise(in *[64]int32, out *coefBlock) (nonzero uint64) {
	// The loop runs backwards so that the mask is shifted by a constant.
	for i := len(in) - 1; i >= 0; i-- {
		v := in[i]
		sign := int64(v >> 31)
		n := (int64(v) ^ sign) - sign
		n = (n + t.half[i]) * t.scale[i] >> 36
		nonzero = nonzero<<1 | uint64(-n)>>63
		out[i] = int16((min(n, maxCoef) ^ sign) - sign)
	}
	return nonzero
}

// fdct is the forward DCT (T.81, A.3.3) by the method of idct8x8, rows first. The
// samples must be level-shifted (T.81, A.3.1). The coefficients are 8 times those of
// T.81.
func fdct(b *[64]int32) {
	for y := range 8 {
		r := (*[8]int32)(b[y*8:])
		c0, c1, c2, c3, c4, c5, c6, c7 := fdct1D(r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7])
		r[0], r[4] = c0<<2, c4<<2
		const round = 1 << 10
		r[2], r[6] = (c2+round)>>11, (c6+round)>>11
		r[1], r[3], r[5], r[7] = (c1+round)>>11, (c3+round)>>11, (c5+round)>>11, (c7+round)>>11
	}
	for x := range 8 {
		c0, c1, c2, c3, c4, c5, c6, c7 := fdct1D(b[x], b[8+x], b[16+x], b[24+x], b[32+x], b[40+x], b[48+x], b[56+x])
		b[x], b[32+x] = (c0+2)>>2, (c4+2)>>2
		const round = 1 << 14
		b[8+x], b[16+x], b[24+x] = (c1+round)>>15, (c2+round)>>15, (c3+round)>>15
		b[40+x], b[48+x], b[56+x] = (c5+round)>>15, (c6+round)>>15, (c7+round)>>15
	}
}

// fdct1D is the forward DCT of 8 points. All outputs but 0 and 4 are times 2^13.
func fdct1D(x0, x1, x2, x3, x4, x5, x6, x7 int32) (c0, c1, c2, c3, c4, c5, c6, c7 int32) {
	s0, s1, s2, s3 := x0+x7, x1+x6, x2+x5, x3+x4
	d0, d1, d2, d3 := x0-x7, x1-x6, x2-x5, x3-x4
	e0, e1, e2, e3 := s0+s3, s1+s2, s1-s2, s0-s3
	c0, c4 = e0+e1, e0-e1
	z := (e2 + e3) * c0541
	c2, c6 = z+e3*c0765, z-e2*c1847

	z1, z2, z3, z4 := d3+d0, d2+d1, d3+d1, d2+d0
	z5 := (z3 + z4) * c1175
	z1, z2 = -z1*c0899, -z2*c2562
	z3, z4 = z5-z3*c1961, z5-z4*c0390
	c7 = d3*c0298 + z1 + z3
	c5 = d2*c2053 + z2 + z4
	c3 = d1*c3072 + z2 + z3
	c1 = d0*c1501 + z1 + z4
	return c0, c1, c2, c3, c4, c5, c6, c7
}
