package resample

// newRow returns a row of n samples. Its capacity allows vectors of four samples to
// be loaded and stored up to the last sample.
func newRow(n int) []float32 { return make([]float32, n, n+3) }

// Below, products are converted to float32 although they have that type already. The
// conversion prevents the compiler from fusing a product and a sum (Go specification,
// "Floating-point operators"), so that every machine computes the same results.

// addGo is add from sample start on, without assembly.
func addGo(sum []float32, rows *[batch][]float32, w *[batch]float32, start int) {
	n := len(sum)
	r0, r1, r2, r3 := rows[0][:n], rows[1][:n], rows[2][:n], rows[3][:n]
	for i := start; i < n; i++ {
		sum[i] += (float32(w[0]*r0[i]) + float32(w[1]*r1[i])) + (float32(w[2]*r2[i]) + float32(w[3]*r3[i]))
	}
}

// convolveGo is convolve without assembly.
func convolveGo(dst, src []float32, columns []contribution, ch int) {
	switch ch {
	case 1:
		for x, c := range columns {
			var s float32
			p := src[c.start:][:len(c.weights)]
			for i, w := range c.weights {
				s += float32(w * p[i])
			}
			dst[x] = s
		}
	case 2:
		for x, c := range columns {
			var s0, s1 float32
			p := src[c.start*2:][:len(c.weights)*2]
			for _, w := range c.weights {
				s0 += float32(w * p[0])
				s1 += float32(w * p[1])
				p = p[2:]
			}
			dst[x*2], dst[x*2+1] = s0, s1
		}
	case 3:
		for x, c := range columns {
			var s0, s1, s2 float32
			p := src[c.start*3:][:len(c.weights)*3]
			for _, w := range c.weights {
				s0 += float32(w * p[0])
				s1 += float32(w * p[1])
				s2 += float32(w * p[2])
				p = p[3:]
			}
			q := dst[x*3:][:3]
			q[0], q[1], q[2] = s0, s1, s2
		}
	case 4:
		for x, c := range columns {
			var s0, s1, s2, s3 float32
			p := src[c.start*4:][:len(c.weights)*4]
			for _, w := range c.weights {
				s0 += float32(w * p[0])
				s1 += float32(w * p[1])
				s2 += float32(w * p[2])
				s3 += float32(w * p[3])
				p = p[4:]
			}
			q := dst[x*4:][:4]
			q[0], q[1], q[2], q[3] = s0, s1, s2, s3
		}
	}
}
