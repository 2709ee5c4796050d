package jpegdct

import "math"

// halfFilter and quarterFilter are the filters of Scale by 1/2 and 1/4 in one dimension:
// the weights of the samples of a tile in its first four outputs. The other four have
// the same weights, mirrored. By 1/8 an output is the mean of 8 samples.
//
// The filters are the closest to Lanczos' (three lobes) that see no sample outside of
// the tile: they minimise the expected square of the difference over a model of
// pictures. TestShrinkFilters has the model and computes them. Three responses are exact:
//
//   - A constant stays.
//   - What alternates from sample to sample, the finest pattern, becomes its mean.
//   - A sine with a period of two outputs that crosses its mean at the centre of an output
//     becomes its mean there, as it does with any symmetrical filter.
//
// At a period of 4 samples, quarterFilter has Lanczos' response.
var (
	halfFilter = [4][]float64{
		{0.519558, 0.441865, 0.085955, -0.039081, -0.016222, 0.028117, -0.035744, 0.011620, -0.002568, 0.016394, -0.017032, 0.022131, -0.018485, -0.004093, -0.015463, 0.023047},
		{-0.084753, 0.135511, 0.457349, 0.438728, 0.132784, -0.070152, -0.023942, 0.011726, 0.004662, -0.005550, 0.005106, -0.004355, 0.005293, -0.001822, 0.003499, -0.004085},
		{0.018206, -0.033725, -0.067175, 0.136518, 0.446275, 0.446630, 0.134454, -0.066221, -0.033990, 0.015970, 0.002932, -0.000071, -0.000586, 0.001031, -0.000117, -0.000131},
		{-0.000000, 0.003689, 0.015056, -0.033999, -0.066637, 0.135505, 0.446385, 0.446385, 0.135505, -0.066637, -0.033999, 0.015056, 0.003689, -0.000000, 0.000000, 0.000000},
	}
	quarterFilter = [4][]float64{
		{0.262959, 0.245469, 0.243344, 0.196110, 0.088733, 0.024911, -0.015202, -0.016984, -0.031990, -0.006578, 0.004814, 0.012091, -0.017092, -0.004852, 0.006089, 0.019941, -0.005553, 0.001087, -0.000311, 0.004491, -0.021002, -0.005312, 0.006089, 0.019941, -0.005553, 0.001087, -0.000311, 0.004491, -0.021002, -0.005313, 0.005988, 0.009420},
		{-0.055088, -0.021393, 0.029890, 0.107949, 0.196484, 0.244885, 0.242170, 0.187065, 0.111834, 0.030314, -0.021621, -0.038711, -0.021571, -0.006427, 0.003648, 0.003046, 0.006010, 0.000552, -0.000331, -0.001786, 0.004866, 0.001238, -0.001477, -0.004553, 0.002099, 0.000092, -0.000331, -0.001786, 0.004866, 0.001238, -0.001450, -0.001724},
		{0.011582, 0.005159, -0.007603, -0.025899, -0.037488, -0.021293, 0.030278, 0.110260, 0.191041, 0.243639, 0.243708, 0.192157, 0.109173, 0.030220, -0.021236, -0.036401, -0.027015, -0.007673, 0.005185, 0.008138, 0.003348, 0.000458, 0.000055, 0.000524, -0.000577, -0.000008, 0.000061, 0.000539, -0.000563, -0.000003, 0.000052, 0.000183},
		{-0.000000, 0.000000, 0.000461, 0.003911, 0.007599, 0.005124, -0.007665, -0.026438, -0.036925, -0.021291, 0.030223, 0.109735, 0.191618, 0.243647, 0.243647, 0.191618, 0.109735, 0.030223, -0.021291, -0.036925, -0.026438, -0.007665, 0.005124, 0.007599, 0.003911, 0.000461, -0.000000, 0.000000, -0.000000, -0.000000, 0.000000, 0.000000},
	}
)

// weight returns the weight of sample x of a tile in output i.
func (s *scaling) weight(i, x int) float64 {
	if i > 3 {
		i, x = 7-i, 8*s.n-1-x
	}
	switch {
	case s.n == 2:
		return halfFilter[i][x]
	case s.n == 4:
		return quarterFilter[i][x]
	case x/8 == i:
		return 1.0 / 8
	}
	return 0
}

// An axis is the matrix A, transposed: by block and frequency, block*8+frequency, the 8
// outputs.
type axis [][8]float32

// axis returns the matrix of a tile. What an encoder put beyond the end of the picture has no
// weight.
func (s *scaling) axis(e extent) axis {
	a := s.axes[e]
	if a == nil {
		a = s.newAxis(e)
		s.axes[e] = a
	}
	return a
}

func (s *scaling) newAxis(e extent) axis {
	a := make(axis, 8*s.n)
	var cosines [8][8]float64
	for u := range 8 {
		for i := range 8 {
			cosines[u][i] = basis(8, u, i)
		}
	}
	for i, weights := range s.weights(e) {
		for r := range a {
			sum := 0.0 // of the frequency r&7 in block r>>3
			for x, w := range weights[r&^7:][:8] {
				sum += float64(w * cosines[r&7][x])
			}
			for u := range 8 {
				a[r][u] += float32(sum * cosines[u][i])
			}
		}
	}
	return a
}

// weights returns the weights of the samples of a tile in its 8 outputs.
func (s *scaling) weights(e extent) (all [8][]float64) {
	if e.size < 8*s.n || e.after || e.outputs > 0 {
		f := newEdgeFilter(s.n, e)
		for i := range all {
			all[i] = append(f.weights(i), make([]float64, 8*s.n-e.size)...)
		}
		return all
	}
	for i := range all {
		for x := range 8 * s.n {
			all[i] = append(all[i], s.weight(i, x))
		}
	}
	return all
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

// transformEdge converts a tile to a block with the given matrices: a tile of which not all
// columns or rows of samples are in the picture.
func (t *tileMap) transformEdge(p *tilePlane, in *tile, columns, rows axis, out *coefBlock) (nonzero uint64) {
	var across [64][8]float32         // by row of the tile's coefficients: their sum after the horizontal pass
	var low, lowColumns [8][8]float32 // a column of in.low has one t.column, and a row one t.row
	for i := range lowColumns {
		lowColumns[i] = columns[t.column[i*8]]
	}
	values := dequantised(&in.low, &t.low)
	addProducts(&low, values[:], lowColumns[:])
	for i, sum := range low {
		across[t.row[i]&63] = sum
	}
	for block, c := range p.wholeBlocks(in) {
		row, column := block/t.n*8, block%t.n*8
		values := dequantised(c, &t.high)
		addProducts((*[8][8]float32)(across[row:]), values[:], columns[column:][:8])
	}
	var sums [8][8]float32
	addProducts(&sums, rows, across[:len(rows)])
	var y [64]float32
	for i := range sums {
		copy(y[i*8:], sums[i][:])
	}
	return t.quantise(&y, out)
}

// dequantised returns the coefficients of a block times their factors.
func dequantised(c *coefs, factors *[64]float32) (values [8][8]float32) {
	for i := range values {
		for j := range values[i] {
			values[i][j] = float32(c[i*8+j]) * factors[i*8+j]
		}
	}
	return values
}

// addProductsGo is addProducts in Go. It rounds after every operation, as the assembly does,
// so that both have the same result.
func addProductsGo(y *[8][8]float32, columns, rows [][8]float32) {
	for r, column := range columns {
		for j, c := range column {
			for i, v := range rows[r] {
				y[j][i] += float32(c * v)
			}
		}
	}
}
